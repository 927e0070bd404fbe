import type { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { Outcome } from '../event/outcome.ts';
import type { RunRecord } from '../host/host.ts';
import { openDatabase } from './database.ts';
import { Deletion } from './deletion.ts';
import type { Lease } from './leases.ts';
import { RunTable } from './run-table.ts';
import { StepTable } from './step-table.ts';

const LEASE: Omit<Lease, 'token'> = {
  place: 'here',
  pid: 1,
  processStartedAt: undefined,
  durationMs: 1_000,
  timeline: 'now',
  until: 1_000,
  untilDate: 1_000,
};

/** A host stores only the JSON of the outcome. */
const OUTCOME = { status: 'completed', text: 'Done.' } as Outcome<unknown>;

function open(): DatabaseSync {
  const database = openDatabase(':memory:', { synchronous: 'normal' });
  onTestFinished(() => database.close());
  return database;
}

function createRecord(runId: string): RunRecord {
  return { runId, schemaVersion: 1, agent: 'agent', messages: [], limits: {}, metadata: { user: 'ada' }, at: 0 };
}

/** Stores a run with rows in every table that ended at a time. Returns its number. */
function storeRun(database: DatabaseSync, runId: string, { endedAt, steps = 1 }: StoredRunOptions): number {
  const [runs, kept] = [new RunTable(database), new StepTable(database)];
  const token = `token of ${runId}`;
  const run = runs.insert(createRecord(runId), { ...LEASE, token });
  for (let step = 0; step < steps; step++) kept.putStep({ run, name: `model:${step}` }, { token, value: '{}' });
  kept.putStep({ run, name: 'tool:1.0' }, { token, value: JSON.stringify('x'.repeat(70_000)) });
  kept.putIntent({ run, name: 'tool:1.0' }, token);
  kept.putWaits(run, new Map([['a', { fingerprint: 'f', accepts: [], expiresAt: 5, isDelivered: false }]]));
  if (endedAt !== undefined) runs.release({ runId, token }, { outcome: OUTCOME, now: endedAt });
  return run;
}

interface StoredRunOptions {
  readonly endedAt: number | undefined;
  readonly steps?: number;
}

/** Advances by 4 ms with each read, so that a part does three deletions. */
function createSlowClock(): () => number {
  let time = 0;
  return () => (time += 4);
}

function countRows(database: DatabaseSync): Readonly<Record<string, number>> {
  const tables = [
    'runs',
    'records',
    'outcomes',
    'run_metadata',
    'steps',
    'large_values',
    'intents',
    'waits',
    'deleted_runs',
  ];
  return Object.fromEntries(
    tables.map((table) => [table, Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'])]),
  );
}

const before = (time: number) => ({ deletion: { type: 'ended_before', time }, from: 0 }) as const;

const ONE_RUN = {
  runs: 1,
  records: 1,
  outcomes: 0,
  run_metadata: 1,
  steps: 2,
  large_values: 1,
  intents: 1,
  waits: 1,
  deleted_runs: 0,
};

test('deletes all rows of ended runs, and none of other runs', () => {
  const database = open();
  for (let run = 0; run < 5; run++) storeRun(database, `old ${run}`, { endedAt: 10 });
  storeRun(database, 'at work', { endedAt: undefined });
  const part = new Deletion(database).deletePart({ ...before(11), now: () => 0 });
  expect(part).toEqual({ count: 5, isDone: true, next: 5 });
  expect(countRows(database)).toEqual(ONE_RUN);
  expect(new RunTable(database).find('at work')).toMatchObject({ status: 'running' });
});

test('a part ends after its time, and later parts delete the rest', () => {
  const database = open();
  for (let run = 0; run < 7; run++) storeRun(database, `old ${run}`, { endedAt: 10 });
  const deletion = new Deletion(database);
  const counts: number[] = [];
  for (let isDone = false; !isDone; ) {
    const part = deletion.deletePart({ ...before(11), now: createSlowClock() });
    counts.push(part.count);
    isDone = part.isDone;
  }
  expect(counts.length).toBeGreaterThan(4);
  expect(counts.reduce((sum, count) => sum + count)).toBe(7);
  expect(Object.values(countRows(database)).every((count) => count === 0)).toBe(true);
});

test('a run with many steps is deleted in several parts, and cannot be found after the first', () => {
  const database = open();
  storeRun(database, 'long', { endedAt: 10, steps: 1_000 });
  const deletion = new Deletion(database);
  expect(deletion.deletePart({ ...before(11), now: createSlowClock() })).toEqual({ count: 1, isDone: false, next: 1 });
  expect(new RunTable(database).find('long')).toBeUndefined();
  expect(countRows(database)['steps']).toBeGreaterThan(700);
});

test('the next deletion removes what a crash left of a deleted run, and no other run gets it', () => {
  const database = open();
  storeRun(database, 'again', { endedAt: 10, steps: 500 });
  new Deletion(database).deletePart({ ...before(11), now: createSlowClock() }); // The process ends after this part.
  const run = storeRun(database, 'again', { endedAt: undefined });
  expect(new StepTable(database).listSteps(run, 0).map(({ name }) => name)).toEqual(['model:0', 'tool:1.0']);
  expect(new Deletion(database).deletePart({ ...before(0), now: () => 0 })).toEqual({
    count: 0,
    isDone: true,
    next: 0,
  });
  expect(countRows(database)).toEqual(ONE_RUN);
});

test('keeps runs that ended at the given time or later', () => {
  const database = open();
  storeRun(database, 'old', { endedAt: 10 });
  expect(new Deletion(database).deletePart({ ...before(10), now: () => 0 })).toEqual({
    count: 0,
    isDone: true,
    next: 0,
  });
});

test('deletes runs by their ids in parts, and neither open nor other runs', () => {
  const database = open();
  for (let run = 0; run < 5; run++) storeRun(database, `old ${run}`, { endedAt: 10 });
  storeRun(database, 'at work', { endedAt: undefined });
  const deletion = new Deletion(database);
  const runIds = ['old 0', 'unknown', 'at work', 'old 1', 'old 3', 'old 4'];
  let count = 0;
  let parts = 0;
  for (let part = { count: 0, isDone: false, next: 0 }; !part.isDone; parts++) {
    part = deletion.deletePart({ deletion: { type: 'ids', runIds }, from: part.next, now: createSlowClock() });
    count += part.count;
  }
  expect(count).toBe(4);
  expect(parts).toBeGreaterThan(2);
  const left = ['old 2', 'at work'].map((runId) => new RunTable(database).find(runId)?.runId);
  expect(left).toEqual(['old 2', 'at work']);
  expect(countRows(database)).toMatchObject({ runs: 2, records: 2, steps: 4, deleted_runs: 0 });
});
