import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent, conversation } from '@pawl/core';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { assistant, echo, sqliteStore, user } from './stores.ts';

test('what a dead process left in a conversation is finished there by a host that resumes by itself', async () => {
  const file = createFile();
  const before = openSqlite(file);
  await conversation({ id: 'chat', store: sqliteStore(file) }).append([user('Hello.')]);
  const record = { schemaVersion: 1, agent: 'agent', limits: {}, metadata: { user: 'ada' }, at: 0 };
  const part = { id: 'chat', version: 1, kept: 1 };
  await before.start({ ...record, runId: 'within', messages: [user('Hello.'), user('A')], conversation: part });
  await before.start({ ...record, runId: 'alone', messages: [user('B')] });
  await before.close({ graceMs: 0 });

  const host = openSqlite(file);
  const store = sqliteStore(file);
  const asked: string[] = [];
  const runs = await host.resumeAll([
    {
      agent: echo(),
      conversation: ({ runId, conversation: { id } }) => {
        asked.push(runId);
        return conversation({ id, store });
      },
    },
  ]);
  const outcomes = await Promise.all(runs.map((run) => run.outcome()));
  expect(outcomes).toMatchObject([{ output: '2: A' }, { output: '1: B' }]);
  expect(asked).toEqual(['within']);
  await expect(store.load('chat')).resolves.toEqual({
    version: 2,
    messages: [user('Hello.'), user('A'), assistant('2: A')],
  });
});

test('an agent that needs a context is resumed with it, and with the conversation', async () => {
  const file = createFile();
  const host = openSqlite(file);
  const chat = conversation({ id: 'chat', store: sqliteStore(file) });
  const left = openSqlite(file);
  const record = {
    schemaVersion: 1,
    agent: 'agent',
    limits: {},
    metadata: { user: 'ada' },
    at: 0,
    messages: [user('A')],
  };
  await left.start({ ...record, runId: 'run', conversation: { id: 'chat', version: 0, kept: 0 } });
  await left.close({ graceMs: 0 });
  const heard: unknown[] = [];
  const agent = new Agent<{ readonly user: string }>({
    model: scriptedModel([respond.text('a')]),
    middleware: [
      {
        prepareTurn: (plan, { context }) => {
          heard.push(context);
          return plan;
        },
      },
    ],
  });
  const context = ({ metadata }: { readonly metadata: { readonly [key: string]: unknown } }) => ({
    user: String(metadata['user']),
  });
  for (const run of await host.resumeAll([{ agent, context, conversation: () => chat }])) await run;
  expect(heard).toEqual([{ user: 'ada' }]);
  expect(await chat.messages()).toEqual([user('A'), assistant('a')]);
});

test('without it the run that would be resumed is left as it is', async () => {
  const file = createFile();
  const host = openSqlite(file);
  const part = { id: 'chat', version: 0, kept: 0 };
  const left = openSqlite(file);
  const record = { schemaVersion: 1, agent: 'agent', limits: {}, metadata: {}, at: 0, messages: [user('A')] };
  await left.start({ ...record, runId: 'run', conversation: part });
  await left.close({ graceMs: 0 });
  const [run] = await host.resumeAll([echo()]);
  await expect(run?.outcome()).rejects.toMatchObject({ code: 'run.conversation' });
  await expect(host.getRun('run')).resolves.toMatchObject({ status: 'interrupted' });
});

test('two processes write one conversation: each message is there once, in a conversation that can be sent', async () => {
  const file = createFile();
  const path = join(import.meta.dirname, 'talker.ts');
  const talk = async (name: string): Promise<{ told: number }> => {
    const { stdout } = await promisify(execFile)(process.execPath, [path, file, name]);
    return JSON.parse(stdout);
  };
  await Promise.all([talk('one'), talk('two')]);
  const messages = await conversation({ id: 'chat', store: sqliteStore(file) }).messages();
  expect(checkHistory(messages)).toEqual([]);
  for (const name of ['one', 'two']) {
    const said = messages.flatMap(({ role, content }) => (role === 'user' ? [String(content)] : []));
    expect(said.filter((text) => text.startsWith(name))).toEqual(Array.from({ length: 20 }, (_, n) => `${name} ${n}`));
  }
  const answered = messages.filter(({ role }) => role === 'assistant');
  expect(answered).toHaveLength(40);
});
