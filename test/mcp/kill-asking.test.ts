import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Host, PendingCall } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { dbosClient } from '@pawl/dbos';
import { expect, onTestFinished, test } from 'vitest';
import { startPostgres } from '../../scripts/postgres.ts';
import { createFolder } from '../folder.ts';
import { startModernServer, withoutMarks } from './kit.ts';

interface WorkerReport {
  readonly status: string;
  readonly content: string;
}

/** Starts a worker. Resolves what it prints about the run, and a function that kills it. */
function startWorker(...args: readonly string[]): {
  readonly report: Promise<WorkerReport>;
  readonly kill: () => Promise<void>;
} {
  const worker = spawn(process.execPath, [join(import.meta.dirname, 'asking-worker.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(worker, 'exit');
  const kill = async (): Promise<void> => {
    worker.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  const lines = createInterface({ input: worker.stdout });
  const report = Promise.race([
    once(lines, 'line').then(([line]) => JSON.parse(line)),
    ended.then(() => Promise.reject(new Error('The worker ended.'))),
  ]);
  return { report, kill };
}

async function readPending(host: Pick<Host, 'getRun'>): Promise<PendingCall> {
  const { events } = await host.getRun('run');
  const pending = events.flatMap(({ event }) => (event.type === 'approval.requested' ? [event.pending] : [])).at(-1);
  if (pending === undefined) throw new Error('No call is pending.');
  return pending;
}

async function answer(host: Pick<Host, 'getRun' | 'answer'>): Promise<void> {
  const { id, fingerprint } = await readPending(host);
  const value = { size: { action: 'accept', content: { size: 'large' } } };
  await host.answer('run', id, { type: 'resume', fingerprint, value });
}

const LEGS = ['order tea null', 'order tea {"size":{"action":"accept","content":{"size":"large"}}}'];

test('a question of an MCP server survives kill -9, and is answered by another process, on SQLite', async () => {
  const server = await startModernServer();
  const file = join(createFolder(), 'runs.db');
  const first = startWorker('sqlite', file, server.url);
  expect((await first.report).status).toBe('suspended');
  await first.kill();
  const host = sqliteHost(file);
  await answer(host);
  await host.close();
  const second = startWorker('sqlite', file, server.url);
  const { status, content } = await second.report;
  expect(status).toBe('completed');
  expect(withoutMarks(content)).toBe('tea in large, for table seven');
  // The server worked once on each leg.
  expect(server.legs).toEqual(LEGS);
});

test('a question of an MCP server survives kill -9, and is answered by another process, on DBOS', async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const url = await postgres.createDatabase();
  const server = await startModernServer();
  const client = await dbosClient({ url });
  onTestFinished(() => client.close());
  const first = startWorker('dbos', url, server.url);
  await client.enqueue('orderer', 'Go.', { runId: 'run' });
  expect((await first.report).status).toBe('suspended');
  await first.kill();
  await answer(client);
  const second = startWorker('dbos', url, server.url);
  const { status, content } = await second.report;
  expect(status).toBe('completed');
  expect(withoutMarks(content)).toBe('tea in large, for table seven');
  expect(server.legs).toEqual(LEGS);
});
