// Three workers share runs on one PostgreSQL; one dies during a run, and the others finish it. This file starts itself as the workers.
// Set PAWL_TEST_POSTGRES_URL to use your server; otherwise one is started.
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, tool } from '@pawl/core';
import { dbosClient, dbosHost } from '@pawl/dbos';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';
import { startPostgres } from '../scripts/postgres.ts';

const ORDERS = ['lamp', 'chair', 'table', 'shelf', 'clock', 'carpet'];

const [url, executorId] = process.argv.slice(2);
if (url === undefined || executorId === undefined) await runShop();
else await runWorker(url, executorId);

/** Runs a worker, which executes runs of its agent until SIGTERM. */
async function runWorker(url: string, executorId: string): Promise<void> {
  const input = z.object({ order: z.string() });
  const pack = tool({
    name: 'pack',
    description: 'Packs an order.',
    input,
    effect: 'idempotent', // Safe to repeat after a crash, by the same idempotency key.
    execute: ({ order }) => {
      if (executorId === 'ann') process.kill(process.pid, 'SIGKILL'); // Simulates a crash.
      return `${order} is packed`;
    },
  });
  const send = tool({
    name: 'send',
    description: 'Sends an order.',
    input,
    execute: ({ order }) => `${order} is sent`,
  });
  const model = scriptedModel(({ messages }) => {
    const order = String(messages.find(({ role }) => role === 'user')?.content);
    const done = messages.filter(({ role }) => role === 'tool').length;
    return (
      [respond.call('pack', { order }), respond.call('send', { order })][done] ??
      respond.text(`The ${order} is on its way.`)
    );
  });
  const agent = new Agent({ name: 'shop', model, tools: [pack, send] });
  const host = await dbosHost({ url, executorId, agents: [agent], queue: { workerConcurrency: 1 } });
  process.once('SIGTERM', () => void host.close());
}

/** Enqueues runs and waits for them. This process has no agent. */
async function runShop(): Promise<void> {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase();
  const client = await dbosClient({ url });
  for (const order of ORDERS) await client.enqueue('shop', order, { runId: order });
  const signal = await waitForExit(startWorker(url, 'ann'));
  console.log(`a worker was killed while it packed: ${signal}`);
  const others = ['bob', 'cid'].map((name) => startWorker(url, name));
  for (const order of ORDERS) {
    for await (const _ of client.followRun(order)); // Waits until the run has ended.
    const { outcome } = await client.getRun(order);
    console.log(outcome?.status === 'completed' ? outcome.output : outcome?.status);
  }
  const attempts = (await client.listRuns()).map((run) => run.attempts).filter((count) => count > 1);
  console.log(`its run took ${attempts} attempts`);
  await client.close();
  for (const each of others) each.kill('SIGTERM');
  await Promise.all(others.map(waitForExit));
  await postgres.stop();
}

function startWorker(url: string, name: string): ChildProcess {
  const self = process.argv[1] ?? '';
  return spawn(process.execPath, [self, url, name], { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function waitForExit(child: ChildProcess): Promise<string | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.signalCode;
  return new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
}
