import { appendFileSync, writeSync } from 'node:fs';
import { Agent, type Effect, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';

/**
 * Makes four parallel calls: `node batch.ts <file> <journal>`. In the first process two of them never end, and the process kills itself when
 * two results are recorded. The second process resumes the run, and prints the results that the model gets.
 */
const [file = '', journal = ''] = process.argv.slice(2);
const host = sqliteHost(file);
const isFirst = (await host.listRuns()).length === 0;

function createTool(name: string, effect: Effect) {
  return tool({
    name,
    description: 'Works.',
    input: z.object({}),
    effect,
    execute: (_, { idempotencyKey }) => {
      appendFileSync(journal, `${idempotencyKey}\n`);
      return isFirst && name.startsWith('slow') ? new Promise<string>(() => undefined) : `${name} done`;
    },
  });
}

const tools = [
  createTool('quick', 'non-idempotent'),
  createTool('slow', 'idempotent'),
  createTool('swift', 'read'),
  createTool('slowly', 'non-idempotent'),
];
const model = scriptedModel(({ messages }) =>
  messages.some(({ role }) => role === 'tool')
    ? respond.text('Done.')
    : respond.calls(tools.map(({ name }) => ({ name }))),
);
const agent = new Agent({ model, tools });
const run = isFirst ? agent.run('Go.', { host, runId: 'run' }) : agent.resume('run', { host });
let recordedCount = 0;
run.on('tool.finished', () => {
  if (isFirst && ++recordedCount === 2) process.kill(process.pid, 'SIGKILL');
});
const { messages } = await run.outcome();
await host.close();
writeSync(1, JSON.stringify(messages.filter(({ role }) => role === 'tool').map(({ content }) => content)));
