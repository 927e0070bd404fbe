import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Agent, type Clock, memoryHost, systemClock, tool } from '@pawl/core';
import { SCHEMA_VERSION } from '@pawl/core/host';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { claimRun, createFile, openSqlite } from './hosts.ts';
import { FORMAT_1 } from './sqlite-format-1.ts';

const OPENERS = [
  ['sqliteHost', sqliteHost],
  ['sqliteConversations', sqliteConversations],
] as const;

describe.each(OPENERS)('%s throws for a path that is not the path of a file', (caller, open) => {
  test.each<[shown: string, path: unknown]>([
    ['""', ''],
    ['"  \\n"', '  \n'],
    ['"runs\\u0000.db"', 'runs\0.db'],
    ['undefined', undefined],
    ['null', null],
    ['7', 7],
    ['[object Object]', {}],
    ['runs.db', Buffer.from('runs.db')],
  ])('%s', (shown, path) => {
    expect(() => open(path as string)).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message: expect.stringContaining(
          `${caller}: path is ${shown}, which is not the path of a file. Pass the path of a file, or ":memory:"`,
        ),
      }),
    );
  });

  test.each(['file:', 'file::memory:', 'file:runs.db?mode=memory', 'FILE:///tmp/runs.db'])('the text %s', (path) => {
    expect(() => open(path)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(`Pass new URL("${path}")`) }),
    );
  });

  test.each(['https://example.com/runs.db', 'file:///tmp/runs.db?mode=memory', 'file:///tmp/runs.db#a'])(
    'the URL %s',
    (url) => {
      expect(() => open(new URL(url))).toThrow(
        `${caller}: path is ${url}. Pass a file: URL without parameters, or a path.`,
      );
    },
  );
});

test('opens a file by its URL', async () => {
  const file = createFile().replace(/runs/, 'runs with blanks');
  await openSqlite(file).enqueue('agent', 'Go.');
  const host = sqliteHost(pathToFileURL(file));
  onTestFinished(() => host.close());
  expect(await host.listRuns()).toHaveLength(1);
});

test.each<[option: string, options: object, says: string]>([
  ['leaseMs', { leaseMs: Number.NaN }, 'sqliteHost: leaseMs is NaN. Pass a number from 1 to 86400000.'],
  ['leaseMs', { leaseMs: 0 }, 'sqliteHost: leaseMs is 0. Pass a number from 1 to 86400000.'],
  [
    'leaseMs',
    { leaseMs: Number.POSITIVE_INFINITY },
    'sqliteHost: leaseMs is Infinity. Pass a number from 1 to 86400000.',
  ],
  ['lockTimeoutMs', { lockTimeoutMs: -1 }, 'sqliteHost: lockTimeoutMs is -1. Pass a number from 0, or Infinity.'],
  ['lockTimeoutMs', { lockTimeoutMs: '5' }, 'sqliteHost: lockTimeoutMs is the text "5". Pass a number.'],
  ['synchronous', { synchronous: 'off' }, 'sqliteHost: synchronous is the text "off". Pass "full" or "normal".'],
])('throws for an invalid %s: %o', (_, options, says) => {
  expect(() => sqliteHost(':memory:', options)).toThrow(
    expect.objectContaining({ name: 'ConfigError', message: says }),
  );
});

describe('fractional times', () => {
  const precise: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() };

  test.each([
    ['memory', () => memoryHost({ clock: precise })],
    ['SQLite', () => openSqlite(':memory:', { clock: precise, leaseMs: 10_000 / 3 })],
  ] as const)('an approval may expire at a fraction of a millisecond, on %s', async (_, open) => {
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      input: z.object({}),
      needsApproval: true,
      approvalTimeoutMs: (24 * 3_600_000) / 7,
      execute: () => 'paid',
    });
    const model = scriptedModel([respond.call('pay'), respond.text('Paid.')]);
    const agent = new Agent({ model, tools: [pay], clock: precise });
    const host = open();
    const outcome = await agent.run('Go.', { host, runId: 'run' }).outcome();
    const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
    if (pending === undefined) throw new Error(`The run is ${outcome.status}.`);
    await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
    expect(await agent.resume('run', { host }).outcome()).toMatchObject({ status: 'completed' });
    const [run] = await host.listRuns();
    expect(Number.isInteger(run?.startedAt)).toBe(true);
    expect(Number.isInteger(run?.updatedAt)).toBe(true);
  });

  test.each(['soon', Number.NaN, -1])(
    'refuses an agent with a copied tool whose approvalTimeoutMs is %s',
    (approvalTimeoutMs) => {
      const pay = tool({ name: 'pay', description: 'Pays.', input: z.object({}), execute: () => 'paid' });
      const tools = [{ ...pay, approvalTimeoutMs: approvalTimeoutMs as number }];
      expect(() => new Agent({ model: scriptedModel([]), tools })).toThrow(/^Tool "pay": approvalTimeoutMs is /);
    },
  );
});

describe('a file that is removed while it is open is reported as host.lost', () => {
  const createLooker = (count: number, onLast: () => void) => {
    const look = tool({
      name: 'look',
      description: 'Looks.',
      input: z.object({}),
      effect: 'read',
      execute: () => 'seen',
    });
    const model = scriptedModel(({ messages }) => {
      const turn = messages.filter(({ role }) => role === 'tool').length;
      if (turn === count) onLast();
      return turn === count ? respond.text('Done.') : respond.call('look');
    });
    return new Agent({ model, tools: [look] });
  };

  test.each([
    ['deleted', (file: string) => rmSync(file)],
    ['moved', (file: string) => renameSync(file, `${file}.old`)],
    [
      'replaced by a copy',
      (file: string) => {
        copyFileSync(file, `${file}.copy`);
        renameSync(`${file}.copy`, file);
      },
    ],
  ] as const)('%s', async (_, change) => {
    const file = createFile();
    const host = sqliteHost(file);
    const run = createLooker(1, () => change(file)).run('Go.', { host, runId: 'run' });
    await expect(run.outcome()).rejects.toMatchObject({
      name: 'HostError',
      code: 'host.lost',
      message: expect.stringContaining(`The file "${file}" was deleted or replaced while it was open`),
    });
    await expect.poll(() => host.listRuns().catch(({ code }) => code)).toBe('host.lost');
    await expect(
      host.start({ runId: 'next', schemaVersion: 1, agent: 'a', messages: [], limits: {}, metadata: {}, at: 0 }),
    ).rejects.toMatchObject({ code: 'host.lost' });
    await expect(host.close()).rejects.toMatchObject({ code: 'host.lost' });
  });

  test('when a conversation is saved', async () => {
    const file = createFile();
    const store = sqliteConversations(file);
    const change = { version: 0, keep: 0, messages: [{ role: 'user', content: 'Hi.' }] } as const;
    expect(await store.save('chat', change)).toBe(true);
    rmSync(file);
    await expect.poll(() => store.save('chat', { ...change, version: 1 }).catch(({ code }) => code)).toBe('host.lost');
    await store.close().catch(() => undefined);
  });

  test('a database in memory needs no file', async () => {
    const outcome = await createLooker(2, () => {})
      .run('Go.', { host: openSqlite(':memory:') })
      .outcome();
    expect(outcome.status).toBe('completed');
    expect(existsSync(':memory:')).toBe(false);
  });
});

test('on a Node without SQLite, the import works, and opening a file names the Node that is needed', () => {
  const args = ['--import', join(import.meta.dirname, 'without-sqlite.ts'), join(import.meta.dirname, 'old-node.ts')];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const says = `This is Node ${process.versions.node}, which has no SQLite (node:sqlite). Run Node ^22.19, ^24 or >=26, without --no-experimental-sqlite.\n`;
  expect(stderr).toBe('');
  expect(stdout).toBe(says.repeat(2));
});

test('converts a file of format 2, which has neither owners nor who answered', async () => {
  const file = createFile();
  const old = openSqlite(file);
  const wait = { fingerprint: 'f', accepts: ['approve'] } as const;
  const stepRunner = await old.start({
    schemaVersion: SCHEMA_VERSION,
    runId: 'run',
    agent: 'agent',
    messages: [],
    limits: {},
    metadata: {},
    at: 1,
  });
  await stepRunner.waitFor('approval:1.0', wait);
  await old.release('run', undefined);
  await old.close();
  const database = new DatabaseSync(file);
  database.exec(
    'DROP INDEX runs_by_owner; ALTER TABLE runs DROP COLUMN owner; ALTER TABLE waits DROP COLUMN answered_by; ALTER TABLE conversations DROP COLUMN details; PRAGMA user_version = 2',
  );
  database.close();
  const host = openSqlite(file);
  await host.enqueue('agent', 'Go.', { runId: 'next', owner: 'ada' });
  expect(await host.listRuns()).toMatchObject([{ runId: 'run' }, { runId: 'next', owner: 'ada' }]);
  expect(await host.listRuns({ owner: 'ada' })).toMatchObject([{ runId: 'next' }]);
  await host.answer('run', 'approval:1.0', { type: 'approve', fingerprint: 'f' }, { by: 'bob' });
  const { stepRunner: next } = await claimRun(host, 'run');
  expect(await next.waitFor('approval:1.0', wait)).toMatchObject({ type: 'answered', by: 'bob' });
});

test('converts a file of format 1', async () => {
  const file = createFile();
  const old = new DatabaseSync(file);
  old.exec(FORMAT_1);
  old.close();
  const host = openSqlite(file);
  expect(await host.listRuns()).toMatchObject([
    {
      runId: 'ended',
      status: 'completed',
      metadata: { user: 'ada' },
      startedAt: 100,
      updatedAt: 200,
      outcome: { text: 'Done.' },
    },
    { runId: 'at work', status: 'interrupted', metadata: {}, attempts: 1 },
    { runId: 'waiting', status: 'suspended', outcome: { status: 'suspended' } },
  ]);
  expect(await host.listRuns({ metadata: { user: 'ada' } })).toMatchObject([{ runId: 'ended' }]);
  expect(await host.listRuns({ conversation: 'chat' })).toMatchObject([{ runId: 'waiting' }]);
  const { events } = await host.getRun('ended');
  expect(events.map(({ event }) => event.type)).toEqual(['run.started', 'user.interrupted']);
  const [first] = events;
  expect((await host.getRun('ended', { after: first?.position ?? 0 })).events).toHaveLength(1);
  await host.answer('waiting', 'approval:1.0', { type: 'approve', fingerprint: 'f' });
  const opened = await host.claim('at work');
  expect(opened).toMatchObject({ type: 'claimed', record: { runId: 'at work' } });
  const step = {
    type: 'step',
    name: 'tool:1.0',
    effect: 'non-idempotent',
    onRecorded: () => {},
    work: async () => 'did it',
  } as const;
  if (opened.type !== 'claimed') throw new Error('The run is held.');
  expect(await opened.stepRunner.step({ ...step, onUnknownOutcome: () => 'unknown' })).toBe('unknown');
  expect(await host.deleteRuns({ olderThanMs: 0 })).toBe(1);
  await host.close();
  const tables = new DatabaseSync(file, { readOnly: true });
  const names = tables.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'old_%'").all();
  tables.close();
  expect(names).toEqual([]);
});
