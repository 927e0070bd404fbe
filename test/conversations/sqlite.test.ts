import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent, conversation } from '@pawl/core';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { asAssistant, asUser, createEchoAgent, openSqliteStore } from './stores.ts';

test('a host with resumeAll finishes the run of a dead process in its conversation', async () => {
  const file = createFile();
  const before = openSqlite(file);
  await conversation({ id: 'chat', store: openSqliteStore(file) }).append([asUser('Hello.')]);
  const record = { schemaVersion: 1, agent: 'agent', limits: {}, metadata: { user: 'ada' }, at: 0 };
  const part = { id: 'chat', version: 1, kept: 1 };
  await before.start({ ...record, runId: 'within', messages: [asUser('Hello.'), asUser('A')], conversation: part });
  await before.start({ ...record, runId: 'alone', messages: [asUser('B')] });
  await before.close({ graceMs: 0 });

  const host = openSqlite(file);
  const store = openSqliteStore(file);
  const asked: string[] = [];
  const runs = await host.resumeAll([
    {
      agent: createEchoAgent(),
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
    messages: [asUser('Hello.'), asUser('A'), asAssistant('2: A')],
    details: { lastAgent: 'agent' },
  });
});

test('resumes an agent with its context and its conversation', async () => {
  const file = createFile();
  const host = openSqlite(file);
  const chat = conversation({ id: 'chat', store: openSqliteStore(file) });
  const left = openSqlite(file);
  const record = {
    schemaVersion: 1,
    agent: 'agent',
    limits: {},
    metadata: { user: 'ada' },
    at: 0,
    messages: [asUser('A')],
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
  expect(await chat.getMessages()).toEqual([asUser('A'), asAssistant('a')]);
});

test('does not resume a run without its conversation', async () => {
  const file = createFile();
  const host = openSqlite(file);
  const part = { id: 'chat', version: 0, kept: 0 };
  const left = openSqlite(file);
  const record = { schemaVersion: 1, agent: 'agent', limits: {}, metadata: {}, at: 0, messages: [asUser('A')] };
  await left.start({ ...record, runId: 'run', conversation: part });
  await left.close({ graceMs: 0 });
  const [run] = await host.resumeAll([createEchoAgent()]);
  await expect(run?.outcome()).rejects.toMatchObject({ code: 'run.conversation' });
  await expect(host.getRun('run')).resolves.toMatchObject({ status: 'interrupted' });
});

test('two processes write each message once into one conversation, which is a valid history', async () => {
  const file = createFile();
  const path = join(import.meta.dirname, 'conversation-writer.ts');
  const startWriter = async (name: string): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(process.execPath, [path, file, name]);
    return JSON.parse(stdout);
  };
  await Promise.all([startWriter('one'), startWriter('two')]);
  const messages = await conversation({ id: 'chat', store: openSqliteStore(file) }).getMessages();
  expect(checkHistory(messages)).toEqual([]);
  for (const name of ['one', 'two']) {
    const texts = messages.flatMap(({ role, content }) => (role === 'user' ? [String(content)] : []));
    expect(texts.filter((text) => text.startsWith(name))).toEqual(Array.from({ length: 20 }, (_, n) => `${name} ${n}`));
  }
  const responses = messages.filter(({ role }) => role === 'assistant');
  expect(responses).toHaveLength(40);
});
