import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { Agent, type Clock, systemClock } from '@pawl/core';
import type { RunRecord } from '@pawl/core/host';
import type { SqliteHost } from '@pawl/core/sqlite';
import { scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createFile, openSqlite } from './hosts.ts';

const COUNT = 1_500;

async function keepRuns(host: SqliteHost, how: 'ended' | 'waiting'): Promise<void> {
  const runIds = Array.from({ length: COUNT }, (_, index) => `${how} ${index}`);
  const record: Omit<RunRecord, 'runId'> = { agent: 'agent', messages: [], limits: {}, metadata: {}, at: 0 };
  const status = how === 'ended' ? 'completed' : 'suspended';
  const outcome = { status, pending: [], text: 'Done.' } as never; // What a host keeps of it is its JSON.
  await Promise.all(runIds.map((runId) => host.start({ ...record, runId })));
  await Promise.all(runIds.map((runId) => host.release(runId, outcome)));
}

/** How often the event loop comes round while something is done. */
async function countTurns(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const over = work.finally(() => (isOver = true));
  for (; !isOver; turns++) await setImmediate();
  await over;
  return turns;
}

test('many ended runs are deleted in parts, between which the file is free for other processes', async () => {
  const file = createFile();
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  let pauses = 0;
  // Each pause that the host makes is another process's chance.
  const clock: Clock = {
    ...systemClock,
    sleep: async () => {
      pauses++;
      other.exec('BEGIN IMMEDIATE; COMMIT');
    },
  };
  const host = openSqlite(file, { synchronous: 'normal', clock });
  await keepRuns(host, 'ended');
  await host.enqueue('agent', 'Go.', { runId: 'queued' });
  expect(await host.deleteRuns({ olderThanMs: -60_000 })).toBe(COUNT);
  expect(pauses).toBeGreaterThan(0);
  expect(await host.listRuns()).toMatchObject([{ runId: 'queued' }]);
});

test('a host that closes ends a deletion, which the next one goes on with', async () => {
  const file = createFile();
  const clock: Clock = { ...systemClock, sleep: async () => void host.close() };
  const host = openSqlite(file, { synchronous: 'normal', clock });
  await keepRuns(host, 'ended');
  const first = await host.deleteRuns({ olderThanMs: -60_000 });
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(COUNT);
  expect(await openSqlite(file).deleteRuns({ olderThanMs: -60_000 })).toBe(COUNT - first);
});

test('many runs are listed in pages, between which this process goes on with other things', async () => {
  const host = openSqlite(createFile(), { synchronous: 'normal' });
  await keepRuns(host, 'ended');
  const listing = host.listRuns({ limit: COUNT });
  expect(await countTurns(listing)).toBeGreaterThan(10);
  expect(await listing).toHaveLength(COUNT);
});

test('of many runs that wait, only those that were answered or cancelled are resumed', async () => {
  const host = openSqlite(createFile(), { synchronous: 'normal' });
  await keepRuns(host, 'waiting');
  await host.cancel('waiting 7', { reason: 'No more.' });
  const resumed = await host.resumeAll([new Agent({ name: 'agent', model: scriptedModel([]) })]);
  expect(resumed.map(({ runId: id }) => id)).toEqual(['waiting 7']);
  await resumed[0]?.outcome().catch(() => undefined); // It has no facts to go on from.
});
