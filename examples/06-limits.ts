// Limits are never exceeded. Near a limit, the last request has no tools, so that the run still ends with an answer.
import { Agent, openai, RunLimitedError, tool } from '@pawl/core';
import { offlineServer, respond } from '@pawl/testing';
import { z } from 'zod';

const dig = tool({
  name: 'dig',
  description: 'Digs deeper.',
  input: z.object({ depth: z.number() }),
  effect: 'read',
  execute: ({ depth }) => `earth at ${depth} m`,
});

const server = await offlineServer({
  script: ({ tool_choice, messages }) =>
    tool_choice === 'none' ? respond.text('Only earth so far.') : respond.call('dig', { depth: messages.length }),
});
const model = openai('any', { baseURL: server.baseURL, price: { input: 1, output: 4 } });
const agent = new Agent({ model, tools: [dig], limits: { turns: 4, cost: 0.5 } });

const outcome = await agent.run('Find gold.').outcome();
if (outcome.status === 'limited') {
  const { limit, max, output } = outcome;
  console.log(`limited by ${limit}, at most ${max}: ${output}`);
}

try {
  await agent.run('Find gold.', { limits: { toolCalls: 1 } });
} catch (error) {
  if (RunLimitedError.isInstance(error)) console.log(`${error.code}: ${error.outcome.limit}`);
}
await server.close();
