import { appendFileSync, writeSync } from 'node:fs';
import { Agent, DurableError, tool } from '@pawl/core';
import { sqlite } from '@pawl/core/sqlite';
import { reply, scriptedModel } from '@pawl/testing';
import { z } from 'zod';
import { startTogether } from './start-together.ts';

/** Starts, or takes over, a hundred runs of a file, as another process does at the same time. Prints what it got. */
const [file = '', journal = '', how = 'start'] = process.argv.slice(2);

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({}),
  effect: 'once',
  execute: (_, { idempotencyKey }) => appendFileSync(journal, `${idempotencyKey}\n`),
});

const agent = new Agent({
  tools: [pay],
  model: scriptedModel(({ messages }) => {
    return messages.some(({ role }) => role === 'tool') ? reply.text('Paid.') : reply.call('pay');
  }),
});

const host = sqlite(file);
await startTogether();
const racing = Array.from({ length: 100 }, async (_, index): Promise<string> => {
  const runId = `run-${index}`;
  const run = how === 'start' ? agent.run('Go.', { durable: host, runId }) : agent.resume(runId, { durable: host });
  const end = await run.outcome().catch((error: unknown) => {
    if (!DurableError.isInstance(error)) throw error;
    return { status: error.code };
  });
  return end.status;
});
const ends = await Promise.all(racing);
await host.close();
writeSync(1, JSON.stringify(ends));
