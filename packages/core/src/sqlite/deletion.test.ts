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

/** What a host keeps of a run is the outcome's JSON. */
const OUTCOME = { status: 'completed', text: 'Done.' } as Outcome<unknown>;

function open(): DatabaseSync {
  const database = openDatabase(':memory:', { synchronous: 'normal' });
  onTestFinished(() => database.close());
  return database;
}

function record(runId: string): RunRecord {
  return { runId, agent: 'agent', messages: [], limits: {}, metadata: { user: 'ada' }, at: 0 };
}

/** A run with something in every table, that ended at a time. Gives its number. */
function keepRun(database: DatabaseSync, runId: string, { endedAt, steps = 1 }: Ended): number {
  const [runs, kept] = [new RunTable(database), new StepTable(database)];
  const token = `token of ${runId}`;
  const run = runs.insert(record(runId), { ...LEASE, token });
  for (let step = 0; step < steps; step++) kept.putStep({ run, name: `model:${step}` }, { token, value: '{}' });
  kept.putStep({ run, name: 'tool:1.0' }, { token, value: JSON.stringify('x'.repeat(70_000)) });
  kept.putIntent({ run, name: 'tool:1.0' }, token);
  kept.putWaits(run, new Map([['a', { fingerprint: 'f', accepts: [], expiresAt: 5, isDelivered: false }]]));
  if (endedAt !== undefined) runs.release({ runId, token }, { outcome: OUTCOME, now: endedAt });
  return run;
}

interface Ended {
  readonly endedAt: number | undefined;
  readonly steps?: number;
}

/** Goes on by four milliseconds with each look, so that a part does three things. */
function slow(): () => number {
  let time = 0;
  return () => (time += 4);
}

function countsOf(database: DatabaseSync): Readonly<Record<string, number>> {
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

test('all that is kept of ended runs is deleted, and nothing of others', () => {
  const database = open();
  for (let run = 0; run < 5; run++) keepRun(database, `old ${run}`, { endedAt: 10 });
  keepRun(database, 'at work', { endedAt: undefined });
  const part = new Deletion(database).deletePart({ before: 11, now: () => 0 });
  expect(part).toEqual({ count: 5, isDone: true });
  expect(countsOf(database)).toEqual(ONE_RUN);
  expect(new RunTable(database).find('at work')).toMatchObject({ status: 'running' });
});

test('a part ends with its time, and the next ones do the rest', () => {
  const database = open();
  for (let run = 0; run < 7; run++) keepRun(database, `old ${run}`, { endedAt: 10 });
  const deletion = new Deletion(database);
  const counts: number[] = [];
  for (let isDone = false; !isDone; ) {
    const part = deletion.deletePart({ before: 11, now: slow() });
    counts.push(part.count);
    isDone = part.isDone;
  }
  expect(counts.length).toBeGreaterThan(4);
  expect(counts.reduce((sum, count) => sum + count)).toBe(7);
  expect(Object.values(countsOf(database)).every((count) => count === 0)).toBe(true);
});

test('a run with many steps takes several parts, and is gone with the first', () => {
  const database = open();
  keepRun(database, 'long', { endedAt: 10, steps: 1_000 });
  const deletion = new Deletion(database);
  expect(deletion.deletePart({ before: 11, now: slow() })).toEqual({ count: 1, isDone: false });
  expect(new RunTable(database).find('long')).toBeUndefined();
  expect(countsOf(database)['steps']).toBeGreaterThan(700);
});

test('what a crash left of a deleted run goes with the next deletion, and is never another run’s', () => {
  const database = open();
  keepRun(database, 'again', { endedAt: 10, steps: 500 });
  new Deletion(database).deletePart({ before: 11, now: slow() }); // And no more: the process is gone.
  const run = keepRun(database, 'again', { endedAt: undefined });
  expect(new StepTable(database).listSteps(run, 0).map(({ name }) => name)).toEqual(['model:0', 'tool:1.0']);
  expect(new Deletion(database).deletePart({ before: 0, now: () => 0 })).toEqual({ count: 0, isDone: true });
  expect(countsOf(database)).toEqual(ONE_RUN);
});

test('runs that ended at that time or later are kept', () => {
  const database = open();
  keepRun(database, 'old', { endedAt: 10 });
  expect(new Deletion(database).deletePart({ before: 10, now: () => 0 })).toEqual({ count: 0, isDone: true });
});
