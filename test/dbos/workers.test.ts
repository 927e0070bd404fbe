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

test('killed at each kind of thing that it does, a worker has its runs finished by another, which needs to look but once', async () => {
  const { client, workers, isHeld } = await open({ time: 'told' });
  await workers.start();
  await workers.start();
  const undisturbed = await runUndisturbed(client, 'run-0');
  const points = listKillPoints(workers.readJournal('run-0').map(({ what }) => what));
  expect(points.length).toBeGreaterThanOrEqual(12);
  const doubted = new Set<string>();
  for (const [index, fatal] of points.entries()) {
    const runId = `run-${index + 1}`;
    workers.makeFatal(runId, fatal);
    const death = workers.waitForExit();
    await client.enqueue('traveller', 'Go.', { runId });
    const ended = waitForStatus(client, runId, ['completed']);
    const dead = await death;
    await expect.poll(() => isHeld(dead)).toBe(false);
    workers.advanceTime(TICK_MS);
    const replacement = workers.start();
    const progress = await ended;
    for (const call of expectSameTranscript(progress, undisturbed)) doubted.add(call);
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
  expect([...doubted].sort()).toEqual(['call_0_1', 'call_3_0', 'call_4_0']);
});

test('a worker that is told to end finishes its step, and another goes on with the run at once', async () => {
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

test('a worker that comes back under its name goes on with what it had', async () => {
  const { client, workers } = await open();
  const executorId = await workers.start();
  workers.makeFatal('run-0', 'ask traveller 1');
  const death = workers.waitForExit();
  await client.enqueue('traveller', 'Go.', { runId: 'run-0' });
  await death;
  await workers.start(executorId);
  expect((await waitForStatus(client, 'run-0', ['completed'])).status).toBe('completed');
});

test('a worker that stands still loses its runs to another, writes nothing of them when it goes on, and says so', async () => {
  const { client, workers, isHeld } = await open({ leaseMs: 1_500 });
  const still = await workers.start();
  workers.makeStopping('run-0', 'start look run/tool:1.0:look');
  await client.enqueue('traveller', 'Go.', { runId: 'run-0' });
  await expect.poll(() => workers.readJournal('run-0').at(-1)?.what).toBe('start look run/tool:1.0:look');
  const other = await workers.start();
  const { outcome, events: facts } = await waitForStatus(client, 'run-0', ['completed']);
  const before = workers.readJournal('run-0').length;
  workers.continue(still);
  const late = () => workers.readJournal('run-0').slice(before);
  await expect.poll(() => late().at(-1)?.what).toBe('error run.lost');
  expect(late().map(({ executorId }) => executorId)).toEqual(late().map(() => still));
  // Those that stood beside the one at work begin, if they may be repeated.
  expect(listStarted(late().map(({ what }) => what)).filter((name) => /:(pay|fly)$/.test(name))).toEqual([]);
  expect(await client.getRun('run-0')).toMatchObject({ outcome, events: facts });
  // Its lock is its own again, and it takes runs.
  await expect.poll(() => isHeld(still)).toBe(true);
  await workers.end(other, 'SIGTERM');
  await client.enqueue('traveller', 'Go.', { runId: 'run-1' });
  await waitForStatus(client, 'run-1', ['completed']);
});

test('two live workers never have the same name', async () => {
  const { workers } = await open();
  const executorId = await workers.start();
  await expect(workers.start(executorId)).rejects.toThrow(/executorId "worker-1"/);
});

/** How often a worker looks whether others have died. */
const TICK_MS = 1_000;

interface OpenDatabase {
  readonly client: DbosClient;
  readonly workers: Workers;
  /** Whether PostgreSQL takes a worker for alive: the end of a session takes it a moment to see. */
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

/** Where a worker dies: at the first of each kind of thing, and in each call that may not be repeated. SQLite's turn is every one. */
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

/** The same transcript, but for calls whose outcome nobody knows; gives their ids. */
function expectSameTranscript(progress: RunProgress, undisturbed: RunProgress): readonly string[] {
  const messages = progress.outcome?.messages ?? [];
  expect(checkHistory(messages)).toEqual([]);
  const doubted = messages.flatMap((each) =>
    isUnknownOutcome(each) && each.role === 'tool' ? [each.tool_call_id] : [],
  );
  const known = ({ outcome }: RunProgress): readonly Message[] =>
    (outcome?.messages ?? []).filter((each) => each.role !== 'tool' || !doubted.includes(each.tool_call_id));
  expect(known(progress)).toEqual(known(undisturbed));
  return doubted;
}
