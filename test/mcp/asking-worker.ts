// Works on a run whose tool asks a question by an MCP server: node asking-worker.ts (sqlite FILE | dbos URL) SERVER
// Prints the outcome's status, and what the model read, and waits to be killed.
import { writeSync } from 'node:fs';
import { Agent, type Outcome } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { dbosHost } from '@pawl/dbos';
import { createMcpClient } from '@pawl/mcp';
import { respond, scriptedModel } from '@pawl/testing';

const [kind = '', place = '', url = ''] = process.argv.slice(2);

const client = await createMcpClient({ name: 'shop', url });
const model = scriptedModel(({ messages }) =>
  messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('shop__order', { dish: 'tea' }),
);
const agent = new Agent({ name: 'orderer', model, tools: client.tools });

function print({ status, messages }: Outcome<unknown>): void {
  const content = messages.find(({ role }) => role === 'tool')?.content ?? '';
  writeSync(1, `${JSON.stringify({ status, content })}\n`);
}

if (kind === 'sqlite') {
  const host = sqliteHost(place);
  const isStarted = (await host.listRuns()).length > 0;
  const run = isStarted ? agent.resume('run', { host }) : agent.run('Go.', { host, runId: 'run' });
  print(await run.outcome());
} else {
  const onRun = (run: { outcome(): Promise<Outcome<unknown>> }): void => void run.outcome().then(print);
  await dbosHost({ url: place, executorId: `worker-${process.pid}`, agents: [agent], queue: { pollingMs: 50 }, onRun });
}
setInterval(() => {}, 1000);
