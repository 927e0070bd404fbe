import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { Agent, type ToolContext, tool } from '@pawl/core';
import type { RunRecord, Step } from '@pawl/core/host';
import { sqliteHost } from '@pawl/core/sqlite';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { APPROVAL, claimRun, createFile, openSqlite } from './hosts.ts';

function createRecord(runId: string): RunRecord {
  return {
    runId,
    schemaVersion: 1,
    agent: 'agent',
    messages: [{ role: 'user', content: 'Go.' }],
    limits: {},
    metadata: {},
    at: 0,
  };
}

function createStep(name: string, value: unknown): Step<unknown> {
  return { type: 'step', name, effect: 'read', work: async () => value, onRecorded: () => {} };
}

describe('sqliteHost reports a file that it cannot use, and says what to do:', () => {
  test('a folder that does not exist', () => {
    expect(() => sqliteHost('/no/such/folder/runs.db')).toThrow(
      /^The file "\/no\/such\/folder\/runs.db" cannot be used: .* Check that the folder exists/,
    );
    expect(() => sqliteHost('/no/such/folder/runs.db')).toThrow(expect.objectContaining({ code: 'host.unreachable' }));
  });

  test('a file that is not a database, which stays unchanged', () => {
    const file = createFile();
    writeFileSync(file, 'Dear diary, '.repeat(1_000));
    expect(() => sqliteHost(file)).toThrow(expect.objectContaining({ code: 'host.foreign' }));
    expect(readFileSync(file, 'utf8')).toBe('Dear diary, '.repeat(1_000));
  });

  test('a database of another application', () => {
    const file = createFile();
    executeSql(file, 'CREATE TABLE recipes (name TEXT)');
    expect(() => sqliteHost(file)).toThrow(expect.objectContaining({ code: 'host.foreign' }));
  });

  test('a newer format', async () => {
    const file = createFile();
    await sqliteHost(file).close();
    executeSql(file, 'PRAGMA user_version = 7');
    expect(() => sqliteHost(file)).toThrow(
      `The file "${file}" has format 7, and this version of Pawl reads formats up to 4. Use the newer version that wrote it.`,
    );
    expect(() => sqliteHost(file)).toThrow(expect.objectContaining({ code: 'host.newer' }));
  });

  test('a damaged database', async () => {
    const file = createFile();
    await sqliteHost(file).close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(7, 100, 2_000));
    expect(() => sqliteHost(file)).toThrow(expect.objectContaining({ code: 'host.damaged' }));
  });
});

function executeSql(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

test('waits for a locked file without blocking the process', async () => {
  const file = createFile();
  const host = openSqlite(file);
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  const started = host.start(createRecord('run'));
  for (let turns = 0; turns < 20; turns++) await setImmediate();
  await expect(host.listRuns()).resolves.toEqual([]);
  other.exec('COMMIT');
  other.close();
  await started;
  expect(await host.listRuns()).toMatchObject([{ runId: 'run', status: 'running' }]);
});

test('reports a locked database file and leaves the run resumable', async () => {
  const file = createFile();
  const host = openSqlite(file, { lockTimeoutMs: 30 });
  const other = new DatabaseSync(file);
  const agent = new Agent({
    model: scriptedModel(() => {
      if (!other.isTransaction) other.exec('BEGIN IMMEDIATE');
      return respond.text('Hello.');
    }),
  });
  const run = agent.run('Hi.', { host, runId: 'run' });
  await expect(run.outcome()).rejects.toMatchObject({ name: 'HostError', code: 'host.locked' });
  other.exec('ROLLBACK');
  other.close();
  // The release could not be written either, so the run stays with this process until its lease ends.
  const again = new Agent({ model: scriptedModel([respond.text('Hello.')]) });
  await expect(again.resume('run', { host: openSqlite(file, { clock: createLaterClock() }) })).resolves.toMatchObject({
    text: 'Hello.',
  });
});

/** Creates a clock that is a minute ahead. */
function createLaterClock() {
  return manualClock({ startMs: Date.now() + 60_000 });
}

describe('a process that works on a run', () => {
  test('keeps the run as long as it renews its lease', async () => {
    const file = createFile();
    const clock = manualClock();
    const one = openSqlite(file, { clock, leaseMs: 9_000 });
    const other = openSqlite(file, { clock });
    await one.start(createRecord('run'));
    for (let turns = 0; turns < 10; turns++) {
      await clock.advance(3_000);
      for (let waits = 0; waits < 5; waits++) await setImmediate();
    }
    expect(await other.claim('run')).toMatchObject({ type: 'busy' });
    await expect(other.listRuns({ status: 'interrupted' })).resolves.toEqual([]);
  });

  test('loses the run when its lease ends, and cannot write any more', async () => {
    const file = createFile();
    const one = openSqlite(file, { clock: manualClock() });
    const other = openSqlite(file, { clock: manualClock({ startMs: 10_001 }) });
    const durable = await one.start(createRecord('run'));
    await durable.step(createStep('model:1', 'a'));
    expect(await other.listRuns({ status: 'interrupted' })).toMatchObject([{ runId: 'run' }]);
    const taken = await claimRun(other, 'run');
    await expect(durable.step(createStep('model:2', 'late'))).rejects.toMatchObject({ code: 'run.lost' });
    await expect(durable.step({ ...createStep('tool:1', 'x'), effect: 'non-idempotent' })).rejects.toMatchObject({
      code: 'run.lost',
    });
    await expect(durable.waitFor('approve', APPROVAL)).rejects.toMatchObject({ code: 'run.lost' });
    await one.release('run', undefined);
    await expect(taken.stepRunner.step(createStep('model:1', 'again'))).resolves.toBe('a');
    await expect(taken.stepRunner.step(createStep('model:2', 'b'))).resolves.toBe('b');
  });
});

test('stores a large value once for each run, and returns it whole', async () => {
  const file = createFile();
  const large = 'x'.repeat(100_000);
  const host = openSqlite(file);
  const durable = await host.start(createRecord('run'));
  await durable.step(createStep('tool:1.0', large));
  await durable.step(createStep('tool:1.1', large));
  await host.release('run', undefined);
  const { stepRunner: again } = await claimRun(host, 'run');
  await expect(again.step(createStep('tool:1.1', ''))).resolves.toBe(large);
  const database = new DatabaseSync(file, { readOnly: true });
  expect(database.prepare('SELECT count(*) AS count FROM large_values').get()).toEqual({ count: 1 });
  expect(database.prepare('SELECT max(length(value)) AS longest FROM steps').get()).toEqual({ longest: null });
  database.close();
});

test('stores infinite limits', async () => {
  const file = createFile();
  const host = openSqlite(file);
  const limits = { turns: Number.POSITIVE_INFINITY, tokens: 5 };
  await host.start({ ...createRecord('run'), limits });
  await host.release('run', undefined);
  expect((await host.claim('run')).record).toEqual({ ...createRecord('run'), limits });
});

test('reports a step whose value is not JSON, and stores the others', async () => {
  const host = openSqlite(createFile());
  const durable = await host.start(createRecord('run'));
  await expect(durable.step(createStep('tool:1.0', 1n))).rejects.toMatchObject({ code: 'step.not_json' });
  await expect(durable.step(createStep('tool:1.1', undefined))).rejects.toMatchObject({ code: 'step.not_json' });
  await expect(durable.step(createStep('tool:1.2', 'a'))).resolves.toBe('a');
});

describe('the runs of a file', () => {
  test('are listed, resumed after their process has ended, and deleted', async () => {
    const file = createFile();
    const before = openSqlite(file, { clock: manualClock() });
    const asking = createAsker();
    await asking.run('Go.', { runId: 'waits', host: before }).outcome();
    await asking.run('Go.', { runId: 'answered', host: before }).outcome();
    await before.start({ ...createRecord('left'), agent: 'asker' });
    await before.start({ ...createRecord('other'), agent: 'another agent' });
    const [pending] = (await before.listRuns({ status: 'suspended' })).flatMap(({ runId, outcome }) =>
      runId === 'answered' && outcome?.status === 'suspended' ? outcome.pending : [],
    );
    if (pending === undefined) throw new Error('Nothing is pending.');
    await before.answer('answered', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
    await before.close({ graceMs: 0 });

    const clock = manualClock({ startMs: 1_000 });
    const host = openSqlite(file, { clock });
    expect((await host.listRuns({ status: 'interrupted' })).map(({ runId }) => runId)).toEqual(['left', 'other']);
    const outcomes = await Promise.all((await host.resumeAll([createAsker()])).map((run) => run.outcome()));
    expect(outcomes.map(({ runId, status }) => `${runId} ${status}`).sort()).toEqual([
      'answered completed',
      'left suspended',
    ]);
    expect((await host.listRuns({ agent: 'asker' })).map(({ runId, status }) => `${runId} ${status}`).sort()).toEqual([
      'answered completed',
      'left suspended',
      'waits suspended',
    ]);
    await expect(host.deleteRuns({ olderThanMs: 0 })).resolves.toBe(0);
    await clock.advance(5);
    await expect(host.deleteRuns({ olderThanMs: 0 })).resolves.toBe(1);
    expect((await host.listRuns()).map(({ runId }) => runId).sort()).toEqual(['left', 'other', 'waits']);
  });
});

test('resumeAll ends a cancelled suspended run, once', async () => {
  const host = openSqlite(createFile());
  expect(await createAsker().run('Pay.', { host, runId: 'run' }).outcome()).toMatchObject({ status: 'suspended' });
  expect(await host.resumeAll([createAsker()])).toEqual([]);
  await host.cancel('run', { reason: 'Never mind.' });
  const outcomes = await Promise.all((await host.resumeAll([createAsker()])).map((run) => run.outcome()));
  expect(outcomes).toMatchObject([{ status: 'aborted', reason: 'Never mind.' }]);
  expect(await host.resumeAll([createAsker()])).toEqual([]);
});

test('resumeAll passes the context that is made from the run’s record', async () => {
  const file = createFile();
  const before = openSqlite(file);
  await before.start({ ...createRecord('run'), metadata: { user: 'ada' } });
  await before.close({ graceMs: 0 });
  const greet = tool({
    name: 'greet',
    description: 'Greets.',
    input: z.object({}),
    execute: (_, { context }: ToolContext<{ readonly user: string }>) => `Hello ${context.user}.`,
  });
  const agent = new Agent({ tools: [greet], model: scriptedModel([respond.call('greet'), respond.text('Done.')]) });
  const host = openSqlite(file);
  // @ts-expect-error: the agent needs a context.
  const without: Parameters<typeof host.resumeAll> = [[agent]];
  expect(without).toHaveLength(1);
  const runs = await host.resumeAll([{ agent, context: ({ metadata }) => ({ user: metadata['user'] }) }]);
  const outcomes = await Promise.all(runs.map((run) => run.outcome()));
  expect(outcomes.map(({ messages }) => messages[2])).toMatchObject([{ role: 'tool', content: 'Hello ada.' }]);
});

function createAsker() {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  return new Agent({
    name: 'asker',
    tools: [pay],
    model: scriptedModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool') ? respond.text('Paid.') : respond.call('pay'),
    ),
  });
}

test('a closing host lets the running step finish, begins no other, and another host can resume the run', async () => {
  const file = createFile();
  const host = openSqlite(file);
  let finish: (value: string) => void = () => {};
  const work = new Promise<string>((resolve) => (finish = resolve));
  const wait = tool({
    name: 'wait',
    description: 'Waits.',
    input: z.object({}),
    effect: 'non-idempotent',
    execute: () => work,
  });
  const define = () =>
    new Agent({
      tools: [wait],
      model: scriptedModel(({ messages }) =>
        messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('wait'),
      ),
    });
  const run = define().run('Go.', { host, runId: 'run' });
  await new Promise((resolve) => run.on('tool.started', resolve));
  const closed = host.close();
  finish('waited');
  await expect(run.outcome()).rejects.toMatchObject({ code: 'host.closing' });
  await closed;
  const next = openSqlite(file);
  const { messages } = await define().resume('run', { host: next });
  expect(messages).toMatchObject([{}, {}, { role: 'tool', content: 'waited' }, { content: 'Done.' }]);
});

test('a long interrupted run continues where it stopped, and repeats no request', async () => {
  const file = createFile();
  const turns = 300;
  const noop = tool({ name: 'noop', description: 'Nothing.', input: z.object({ n: z.number() }), execute: () => 'ok' });
  const define = (onLast: () => void) => {
    const model = scriptedModel(({ messages }) => {
      const turn = messages.filter(({ role }) => role === 'assistant').length;
      if (turn === turns) onLast();
      return turn <= turns ? respond.call('noop', { n: turn }) : respond.text('Done.');
    });
    return { model, agent: new Agent({ tools: [noop], model, limits: { turns: 1_000, toolCalls: 1_000 } }) };
  };
  const host = openSqlite(file, { synchronous: 'normal' });
  const first = define(() => void host.close());
  const run = first.agent.run('Go.', { host, runId: 'run' });
  await expect(run.outcome()).rejects.toMatchObject({ code: 'host.closing' });
  const second = define(() => {});
  const { messages } = await second.agent.resume('run', { host: openSqlite(file) });
  expect(messages).toHaveLength((turns + 1) * 2 + 2);
  expect(first.model.requests).toHaveLength(turns + 1);
  expect(second.model.requests).toHaveLength(1);
});
