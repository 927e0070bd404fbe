// A flow: code plans, searches in parallel and writes, with three agents under one budget. A crash repeats no finished step.
import { Agent, openai } from '@pawl/core';
import { flow } from '@pawl/core/flow';
import { sqliteHost } from '@pawl/core/sqlite';
import { offlineServer, respond } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { z } from 'zod';

const usage = { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50 };
const server = await offlineServer({
  script: ({ messages }) => {
    const text = String(messages.at(-1)?.content);
    if (text.startsWith('Search')) return respond.text(`${text.slice(8)}: found.`, { usage });
    if (text.startsWith('Write')) return respond.text(`Report on ${text.match(/found/g)?.length} findings.`, { usage });
    return respond.text('{"searches":["tides","dunes","storms"]}', { usage });
  },
});
const model = openai('any', { baseURL: server.baseURL, price: { input: 1, output: 4 } });
const modelSettings = { max_completion_tokens: 30 };
const planner = new Agent({
  name: 'planner',
  model,
  modelSettings,
  output: z.object({ searches: z.array(z.string()) }),
});
const searcher = new Agent({ name: 'searcher', model, modelSettings });
const writer = new Agent({ name: 'writer', model, modelSettings });

const research = flow({
  name: 'research',
  limits: { cost: 0.05 },
  run: async (topic: string, { run }) => {
    const { output: plan } = await run(planner, topic, { step: 'plan' });
    const found = await Promise.all(
      plan.searches.map((search, index) => run(searcher, `Search: ${search}`, { step: `search-${index}` })),
    );
    const findings = found.map(({ output }) => output).join('\n');
    return (await run(writer, `Write about:\n${findings}`, { step: 'write' })).output;
  },
});

const host = sqliteHost(':memory:');
// Ends the process, as far as the run can tell, when the writer is about to be asked.
const crashing = new FaultyHost(host, { at: 16, moment: 'before' });
await research
  .run('The coast', { host: crashing, runId: 'coast' })
  .outcome()
  .catch(({ message }) => console.log(message));
console.log(`${server.requests.length} requests`);

const run = research.resume('coast', { host });
run.on('step.finished', ({ label, target, replayed }) =>
  console.log(label, target, replayed ? 'was finished' : 'finished'),
);
const { output, usage: spent } = await run;
console.log(`${output} ${spent.requests} requests, $${spent.cost.toFixed(4)}`);

const outcome = await research.run('The coast', { limits: { tokens: 155 } }).outcome();
if (outcome.status === 'limited') console.log(outcome.limit, outcome.usage.totalTokens, 'of', outcome.max);
await host.close();
await server.close();
