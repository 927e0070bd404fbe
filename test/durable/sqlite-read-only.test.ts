import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { Agent, ConfigError } from '@pawl/core';
import { SCHEMA_VERSION } from '@pawl/core/host';
import { type SqliteHost, sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFile, openSqlite } from './hosts.ts';

const RECORD = {
  schemaVersion: SCHEMA_VERSION,
  agent: 'agent',
  messages: [],
  limits: {},
  metadata: {},
  at: 0,
} as const;

/** Creates a file with a run that has ended, one that waits and one that is queued, which no process has open. */
async function createRuns(): Promise<string> {
  const file = createFile();
  const host = sqliteHost(file);
  await new Agent({ model: scriptedModel([respond.text('Done.')]) }).run('Go.', { host, runId: 'ended' });
  const stepRunner = await host.start({ ...RECORD, runId: 'waiting' });
  await stepRunner.waitFor('approval:1.0', { fingerprint: 'f', accepts: ['approve'] });
  await host.release('waiting', undefined);
  await host.enqueue('agent', 'Go.', { runId: 'queued' });
  await host.close();
  return file;
}

test('a host with readOnly reads every run', async () => {
  const host = openSqlite(await createRuns(), { readOnly: true });
  expect(await host.listRuns()).toMatchObject([
    { runId: 'ended', status: 'completed' },
    { runId: 'waiting', status: 'interrupted' },
    { runId: 'queued', status: 'queued' },
  ]);
  expect(await host.countRuns()).toMatchObject({ completed: 1, interrupted: 1, queued: 1 });
  const { events, outcome } = await host.getRun('ended');
  expect(outcome).toMatchObject({ status: 'completed', text: 'Done.' });
  const followed: unknown[] = [];
  for await (const event of host.followRun('ended')) followed.push(event);
  expect(followed).toEqual(events);
});

const agent = new Agent({ model: scriptedModel([]) });
const writes: readonly (readonly [method: string, write: (host: SqliteHost) => Promise<unknown>])[] = [
  ['start', (host) => host.start({ ...RECORD, runId: 'new' })],
  ['claim', (host) => host.claim('queued')],
  ['answer', (host) => host.answer('waiting', 'approval:1.0', { type: 'approve', fingerprint: 'f' })],
  ['sendMessage', (host) => host.sendMessage('waiting', { role: 'user', content: 'Stop.' })],
  ['enqueue', (host) => host.enqueue('agent', 'Go.')],
  ['cancel', (host) => host.cancel('queued')],
  ['resumeAll', (host) => host.resumeAll([agent])],
  ['deleteRuns by age', (host) => host.deleteRuns({ olderThanMs: -1e9 })],
  ['deleteRuns by id', (host) => host.deleteRuns({ runIds: ['ended'] })],
  ['fork', (host) => host.fork('ended', { before: 'model:1' })],
  ['agent.run', (host) => agent.run('Go.', { host }).outcome()],
  ['agent.resume', (host) => agent.resume('queued', { host }).outcome()],
];

describe('a host with readOnly rejects with host.read_only, and writes nothing:', () => {
  test.each(writes)('%s', async (_, write) => {
    const file = await createRuns();
    const before = readFileSync(file);
    const host = openSqlite(file, { readOnly: true });
    const runs = await host.listRuns();
    await expect(write(host)).rejects.toMatchObject({ name: 'HostError', code: 'host.read_only' });
    expect(await host.listRuns()).toEqual(runs);
    await host.close();
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});

test('a host with readOnly sees what another process writes meanwhile, and does not disturb it', async () => {
  const file = createFile();
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'steady-writer.ts'), file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void writer.kill('SIGKILL'));
  const lines = createInterface({ input: writer.stdout })[Symbol.asyncIterator]();
  expect(await lines.next()).toMatchObject({ value: 'working' });
  const host = openSqlite(file, { readOnly: true });
  expect(await host.listRuns()).toMatchObject([{ runId: 'run', status: 'running' }]);
  const types: string[] = [];
  for await (const { event } of host.followRun('run')) {
    types.push(event.type);
    if (types.length === 2) writer.stdin.write('go on\n'); // The tool of the other process waits for this line.
  }
  expect(types).toEqual(['run.started', 'model.responded', 'tool.finished', 'model.responded']);
  expect(await host.getRun('run')).toMatchObject({ status: 'completed' });
  expect(await lines.next()).toMatchObject({ value: 'completed' });
  await once(writer, 'exit');
  expect(writer.exitCode).toBe(0);
  expect(await host.getRun('run')).toMatchObject({ status: 'completed' });
});

describe('a host with readOnly refuses', () => {
  test('a file that does not exist, and creates none', () => {
    const file = createFile();
    expect(() => sqliteHost(file, { readOnly: true })).toThrow(expect.objectContaining({ code: 'host.unreachable' }));
    expect(existsSync(file)).toBe(false);
  });

  test('an empty database', () => {
    expect(() => sqliteHost(':memory:', { readOnly: true })).toThrow(ConfigError);
    const file = createFile();
    new DatabaseSync(file).close();
    expect(() => sqliteHost(file, { readOnly: true })).toThrow(expect.objectContaining({ code: 'host.older' }));
  });

  test('a file of an older format, which it leaves unchanged', async () => {
    const file = await createRuns();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 2');
    database.close();
    expect(() => sqliteHost(file, { readOnly: true })).toThrow(/format 2.* Open it once without readOnly\.$/);
    const again = new DatabaseSync(file, { readOnly: true });
    expect(again.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
    again.close();
  });
});
