import type { Message } from '@pawl/core/chat';
import type { RunProgress } from '@pawl/core/host';
import { type DbosClient, dbosClient } from '@pawl/dbos';
import { checkHistory } from '@pawl/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { Workers, type WorkersOptions, waitForStatus } from './workers.ts';

let postgres: Postgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

const UNKNOWN_OUTCOME = 'The outcome of this call is unknown';

test('another worker completes the runs of a worker that is killed at any kind of action, within one tick', async () => {
  const { client, workers, isHeld } = await open({ time: 'manual' });
  await workers.start();
  await workers.start();
  const undisturbed = await runUndisturbed(client, 'run-0');
  const points = listKillPoints(workers.readJournal('run-0').map(({ what }) => what));
  expect(points.length).toBeGreaterThanOrEqual(12);
  const unknownCalls = new Set<string>();
  for (const [index, fatal] of points.entries()) {
    const runId = `run-${index + 1}`;
    workers.makeFatal(runId, fatal);
    const exit = workers.waitForExit();
    await client.enqueue('traveller', 'Go.', { runId });
    const ended = waitForStatus(client, runId, ['completed']);
    const dead = await exit;
    await expect.poll(() => isHeld(dead)).toBe(false);
    workers.advanceTime(TICK_MS);
    const replacement = workers.start();
    const progress = await ended;
    for (const call of expectSameTranscript(progress, undisturbed)) unknownCalls.add(call);
    const done = workers.readJournal(runId);
    expect(new Set(done.map(({ executorId }) => executorId)).size).toBeGreaterThan(1);
    const names = listStarted(done.map(({ what }) => what));
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    expect(twice.filter((name) => /:(pay|fly)$/.test(name))).toEqual([]);
    const point = done.findIndex(({ what }) => what === fatal) + 1;
    const before = done.slice(0, point).map(({ what }) => what);
    const finished = before.flatMap((what) => /^kept (tool:.*\d)$/.exec(what)?.[1] ?? []);
    const after = listStarted(done.slice(point).map(({ what }) => what));
    expect(after.filter((name) => finished.some((call) => name.startsWith(`${call}:`)))).toEqual([]);
    await replacement;
  }
  expect([...unknownCalls].sort()).toEqual(['call_0_1', 'call_3_0', 'call_4_0']);
});

test('a worker that gets SIGTERM finishes its step, and another continues the run at once', async () => {
  const { client, workers } = await open();
  const first = await workers.start();
  await client.enqueue('traveller', 'Go.', { runId: 'run-0' });
  while (workers.readJournal('run-0').length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  const second = await workers.start();
  await workers.end(first, 'SIGTERM');
  const progress = await waitForStatus(client, 'run-0', ['completed']);
  const journal = workers.readJournal('run-0');
  const names = listStarted(journal.map(({ what }) => what));
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(journal.map(({ executorId }) => executorId))).toEqual(new Set([first, second]));
  expect(progress.outcome?.messages.some(isUnknownOutcome)).toBe(false);
});

test('a worker that restarts with the same name continues its runs', async () => {
  const { client, workers } = await open();
  const executorId = await workers.start();
  workers.makeFatal('run-0', 'ask traveller 1');
  const exit = workers.waitForExit();
  await client.enqueue('traveller', 'Go.', { runId: 'run-0' });
  await exit;
  await workers.start(executorId);
  expect((await waitForStatus(client, 'run-0', ['completed'])).status).toBe('completed');
});

test('a stopped worker loses its runs to another, and gets run.lost when it continues', async () => {
  const { client, workers, isHeld } = await open({ leaseMs: 1_500 });
  const stopped = await workers.start();
  workers.makeStopping('run-0', 'start look run/tool:1.0:look');
  await client.enqueue('traveller', 'Go.', { runId: 'run-0' });
  await expect.poll(() => workers.readJournal('run-0').at(-1)?.what).toBe('start look run/tool:1.0:look');
  const other = await workers.start();
  const { outcome, events } = await waitForStatus(client, 'run-0', ['completed']);
  const before = workers.readJournal('run-0').length;
  workers.continue(stopped);
  const late = () => workers.readJournal('run-0').slice(before);
  await expect.poll(() => late().at(-1)?.what).toBe('error run.lost');
  expect(late().map(({ executorId }) => executorId)).toEqual(late().map(() => stopped));
  // Of the calls parallel to the running one, only repeatable calls begin.
  expect(listStarted(late().map(({ what }) => what)).filter((name) => /:(pay|fly)$/.test(name))).toEqual([]);
  expect(await client.getRun('run-0')).toMatchObject({ outcome, events });
  // The worker has its lock again, and takes runs.
  await expect.poll(() => isHeld(stopped)).toBe(true);
  await workers.end(other, 'SIGTERM');
  await client.enqueue('traveller', 'Go.', { runId: 'run-1' });
  await waitForStatus(client, 'run-1', ['completed']);
});

test('refuses a second live worker with the same name', async () => {
  const { workers } = await open();
  const executorId = await workers.start();
  await expect(workers.start(executorId)).rejects.toThrow(/executorId is "worker-1"/);
});

/** How often a worker checks for dead workers. */
const TICK_MS = 1_000;

interface OpenDatabase {
  readonly client: DbosClient;
  readonly workers: Workers;
  /** Whether PostgreSQL sees a worker as alive. It takes a moment to notice the end of a session. */
  readonly isHeld: (executorId: string) => Promise<boolean>;
}

async function open(options: WorkersOptions = {}): Promise<OpenDatabase> {
  const url = await postgres.createDatabase();
  const client = await dbosClient({ url });
  const database = new Client({ connectionString: url });
  await database.connect();
  onTestFinished(async () => {
    await client.close();
    await database.end();
  });
  const isHeld = async (executorId: string): Promise<boolean> => {
    const { rows } = await database.query('SELECT pawl.is_alive($1) AS held', [executorId]);
    return rows[0].held;
  };
  return { client, workers: new Workers(url, options), isHeld };
}

async function runUndisturbed(client: DbosClient, runId: string): Promise<RunProgress> {
  await client.enqueue('traveller', 'Go.', { runId });
  return waitForStatus(client, runId, ['completed']);
}

/** Lists the actions at which a worker is killed: the first of each kind, and each `non-idempotent` call. The SQLite test kills at every action. */
function listKillPoints(journal: readonly string[]): readonly string[] {
  const kinds = journal.map((what) => (/ (pay|fly) /.test(what) ? what : what.replaceAll(/[\d.]+|run\/.*/g, '')));
  return journal.filter(
    (what, index) =>
      kinds.indexOf(kinds[index] ?? '') === index && !/^end (look|book)|run\.(started|finished)$/.test(what),
  );
}

function listStarted(journal: readonly string[]): readonly string[] {
  return journal.flatMap((what) => /^start \w+ [^/]+\/(.*)$/.exec(what)?.[1] ?? []);
}

function isUnknownOutcome(message: Message): boolean {
  return message.role === 'tool' && String(message.content).startsWith(UNKNOWN_OUTCOME);
}

/** Expects the same transcript, except for calls of unknown outcome. Returns the ids of those. */
function expectSameTranscript(progress: RunProgress, undisturbed: RunProgress): readonly string[] {
  const messages = progress.outcome?.messages ?? [];
  expect(checkHistory(messages)).toEqual([]);
  const unknown = messages.flatMap((each) =>
    isUnknownOutcome(each) && each.role === 'tool' ? [each.tool_call_id] : [],
  );
  const known = ({ outcome }: RunProgress): readonly Message[] =>
    (outcome?.messages ?? []).filter((each) => each.role !== 'tool' || !unknown.includes(each.tool_call_id));
  expect(known(progress)).toEqual(known(undisturbed));
  return unknown;
}
