import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { Agent, type Clock, systemClock } from '@pawl/core';
import type { RunRecord } from '@pawl/core/host';
import type { SqliteHost } from '@pawl/core/sqlite';
import { scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createFile, openSqlite } from './hosts.ts';

const COUNT = 1_500;

async function storeRuns(host: SqliteHost, how: 'ended' | 'waiting'): Promise<void> {
  const runIds = Array.from({ length: COUNT }, (_, index) => `${how} ${index}`);
  const record: Omit<RunRecord, 'runId'> = {
    schemaVersion: 1,
    agent: 'agent',
    messages: [],
    limits: {},
    metadata: {},
    at: 0,
  };
  const status = how === 'ended' ? 'completed' : 'suspended';
  const outcome = { status, pending: [], text: 'Done.' } as never; // A host stores only the JSON of the outcome.
  await Promise.all(runIds.map((runId) => host.start({ ...record, runId })));
  await Promise.all(runIds.map((runId) => host.release(runId, outcome)));
}

/** Counts the turns of the event loop until the work settles. */
async function countTurns(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const over = work.finally(() => (isOver = true));
  for (; !isOver; turns++) await setImmediate();
  await over;
  return turns;
}

test('deletes many ended runs in parts, between which other processes can write', async () => {
  const file = createFile();
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  let pauses = 0;
  // In each pause of the host, another process writes.
  const clock: Clock = {
    ...systemClock,
    sleep: async () => {
      pauses++;
      other.exec('BEGIN IMMEDIATE; COMMIT');
    },
  };
  const host = openSqlite(file, { synchronous: 'normal', clock });
  await storeRuns(host, 'ended');
  await host.enqueue('agent', 'Go.', { runId: 'queued' });
  expect(await host.deleteRuns({ olderThanMs: -60_000 })).toBe(COUNT);
  expect(pauses).toBeGreaterThan(0);
  expect(await host.listRuns()).toMatchObject([{ runId: 'queued' }]);
});

test('closing a host ends a deletion, and the next deletion continues it', async () => {
  const file = createFile();
  const clock: Clock = { ...systemClock, sleep: async () => void host.close() };
  const host = openSqlite(file, { synchronous: 'normal', clock });
  await storeRuns(host, 'ended');
  const first = await host.deleteRuns({ olderThanMs: -60_000 });
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThan(COUNT);
  expect(await openSqlite(file).deleteRuns({ olderThanMs: -60_000 })).toBe(COUNT - first);
});

test('lists many runs in pages, and yields to the event loop in between', async () => {
  const host = openSqlite(createFile(), { synchronous: 'normal' });
  await storeRuns(host, 'ended');
  const listing = host.listRuns({ limit: COUNT });
  expect(await countTurns(listing)).toBeGreaterThan(10);
  expect(await listing).toHaveLength(COUNT);
});

test('resumes only the answered and cancelled ones of many suspended runs', async () => {
  const host = openSqlite(createFile(), { synchronous: 'normal' });
  await storeRuns(host, 'waiting');
  await host.cancel('waiting 7', { reason: 'No more.' });
  const resumed = await host.resumeAll([new Agent({ name: 'agent', model: scriptedModel([]) })]);
  expect(resumed.map(({ runId: id }) => id)).toEqual(['waiting 7']);
  await resumed[0]?.outcome().catch(() => undefined); // The run has no events to continue from.
});
