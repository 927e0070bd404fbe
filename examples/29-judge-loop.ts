// A judge loop: code lets one agent write and another judge, at most three times, until the judge is content.
import { Agent, openai } from '@pawl/core';
import { flow } from '@pawl/core/flow';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

const server = await offlineServer({
  script: ({ messages }) => {
    const [system] = messages;
    const text = String(messages.at(-1)?.content);
    if (system?.content === 'You write outlines.')
      return respond.text(text.includes('Feedback') ? 'A whale dreams of stars, and finds one.' : 'A whale swims.');
    return text.includes('stars')
      ? respond.text('{"verdict":"pass","feedback":""}')
      : respond.text('{"verdict":"improve","feedback":"Nothing happens."}');
  },
});
const model = openai('any', { baseURL: server.baseURL });
const writer = new Agent({ name: 'writer', instructions: 'You write outlines.', model });
const judge = new Agent({
  name: 'judge',
  instructions: 'You judge outlines.',
  model,
  output: z.object({ verdict: z.enum(['pass', 'improve']), feedback: z.string() }),
});

const outline = flow({
  name: 'outline',
  limits: { requests: 6 },
  run: async (topic: string, { run }) => {
    let prompt = topic;
    for (let round = 1; ; round++) {
      const { output: draft } = await run(writer, prompt, { step: `write-${round}` });
      const { output: judged } = await run(judge, draft, { step: `judge-${round}` });
      if (judged.verdict === 'pass' || round === 3) return { draft, round };
      prompt = `${topic}\nDraft: ${draft}\nFeedback: ${judged.feedback}`;
    }
  },
});

const run = outline.run('A whale');
run.on('step.finished', ({ label, target }) => console.log(`${label}: ${target}`));
const { output, usageBy } = await run;
console.log(`Round ${output.round}: ${output.draft}`);
for (const { agent, usage } of usageBy) console.log(`${agent}: ${usage.requests} requests`);
await server.close();
