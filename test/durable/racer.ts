import { appendFileSync, writeSync } from 'node:fs';
import { Agent, HostError, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';
import { startTogether } from './start-together.ts';

/** Starts or resumes a hundred runs of a file, while another process does the same. Prints how each ended. */
const [file = '', journal = '', how = 'start'] = process.argv.slice(2);

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({}),
  effect: 'non-idempotent',
  execute: (_, { idempotencyKey }) => appendFileSync(journal, `${idempotencyKey}\n`),
});

const agent = new Agent({
  tools: [pay],
  model: scriptedModel(({ messages }) => {
    return messages.some(({ role }) => role === 'tool') ? respond.text('Paid.') : respond.call('pay');
  }),
});

const host = sqliteHost(file);
await startTogether();
const racing = Array.from({ length: 100 }, async (_, index): Promise<string> => {
  const runId = `run-${index}`;
  const run = how === 'start' ? agent.run('Go.', { host, runId }) : agent.resume(runId, { host });
  const end = await run.outcome().catch((error: unknown) => {
    if (!HostError.isInstance(error)) throw error;
    return { status: error.code };
  });
  return end.status;
});
const ends = await Promise.all(racing);
await host.close();
writeSync(1, JSON.stringify(ends));
