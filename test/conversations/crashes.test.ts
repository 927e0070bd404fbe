import { Agent, type Conversation, conversation, type Host, tool } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost, HostWrapper } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { assistant, echo, stores, user } from './stores.ts';

/** Its process ends between the end of a run and its being told to the host. */
class DiesAtRelease extends HostWrapper {
  #hasDied = false;

  override async release(...[runId, outcome]: Parameters<Host['release']>): Promise<void> {
    if (outcome === undefined || this.#hasDied) return super.release(runId, outcome);
    this.#hasDied = true;
    await super.release(runId, undefined);
    throw new Error('The process is gone.');
  }
}

/** Fails once at one of its methods. */
function failingOnce(store: ConversationStore, at: 'load' | 'save'): ConversationStore {
  let hasFailed = false;
  const fail = (method: 'load' | 'save'): void => {
    if (method !== at || hasFailed) return;
    hasFailed = true;
    throw new Error('No network');
  };
  return {
    load: async (id) => {
      fail('load');
      return store.load(id);
    },
    save: async (id, change) => {
      fail('save');
      return store.save(id, change);
    },
  };
}

function paying(): Agent {
  const pay = tool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    needsApproval: true,
    execute: () => 'paid',
  });
  const model = scriptedModel(({ messages }) => {
    return messages.at(-1)?.role === 'tool' ? respond.text('Done.') : respond.call('pay');
  });
  return new Agent({ model, tools: [pay] });
}

async function suspended(host: Host, chat: Conversation): Promise<void> {
  const outcome = await paying().run('Pay.', { conversation: chat, host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`It ended as ${outcome.status}.`);
  await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
}

describe.each(stores)('a run in a conversation on $name', ({ open }) => {
  test.each(['before', 'within', 'after'] as const)(
    'that breaks off %s a step leaves nothing, and all when it has ended',
    async (moment) => {
      const { store, host: inner } = open();
      const host = new FaultyHost(inner, { at: 2, moment });
      const chat = conversation({ id: 'chat', store });
      await chat.append([user('Hello.')]);
      const options = { conversation: chat, host, runId: 'run' };
      await expect(echo().run('A', options).outcome()).rejects.toMatchObject({ name: 'HostError' });
      await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [user('Hello.')] });
      await echo().resume('run', { conversation: chat, host });
      await expect(store.load('chat')).resolves.toEqual({
        version: 2,
        messages: [user('Hello.'), user('A'), assistant('2: A')],
      });
    },
  );

  test('that breaks off after its instructions failed leaves the conversation as it was, and what the user said', async () => {
    const { store, host: inner } = open();
    const host = new FaultyHost(inner, { at: 1, moment: 'after' });
    const chat = conversation({ id: 'chat', store });
    await chat.append([user('Hello.')]);
    const instructions = (): never => {
      throw new Error('No template.');
    };
    const options = { conversation: chat, host };
    const agent = echo({ instructions });
    await expect(agent.run('A', { ...options, runId: 'run' }).outcome()).rejects.toMatchObject({
      name: 'HostError',
    });
    const outcome = await agent.resume('run', options).outcome();
    expect(outcome).toMatchObject({ status: 'failed', messages: [user('Hello.'), user('A')] });
    await expect(chat.messages()).resolves.toEqual([user('Hello.'), user('A')]);
  });

  test('that breaks off after its messages were stored stores them once', async () => {
    const { store, host: inner } = open();
    const host = new DiesAtRelease(inner);
    const chat = conversation({ id: 'chat', store });
    const options = { conversation: chat, host, runId: 'run' };
    await expect(echo().run('A', options).outcome()).rejects.toMatchObject({ name: 'HostError' });
    await expect(chat.messages()).resolves.toEqual([user('A'), assistant('1: A')]);
    await echo().run('B', { conversation: chat, host });
    await expect(echo().resume('run', { conversation: chat, host })).resolves.toMatchObject({
      output: '1: A',
    });
    await expect(chat.messages()).resolves.toEqual([user('A'), assistant('1: A'), user('B'), assistant('3: B')]);
  });

  test('whose store fails at the end is resumed, and no model is asked again', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store: failingOnce(store, 'save') });
    const model = scriptedModel([respond.text('a')]);
    const agent = new Agent({ model });
    const run = agent.run('A', { conversation: chat, host, runId: 'run' });
    const told: string[] = [];
    run.on('run.finished', ({ outcome }) => told.push(outcome.status));
    await expect(run.outcome()).rejects.toMatchObject({
      name: 'HostError',
      code: 'conversation.store',
      message: expect.stringContaining('The store of conversation "chat" failed: No network.'),
    });
    expect(told).toEqual([]);
    await expect(host.getRun('run')).resolves.toMatchObject({ status: 'interrupted' });
    await expect(agent.resume('run', { conversation: chat, host })).resolves.toMatchObject({ output: 'a' });
    await expect(chat.messages()).resolves.toEqual([user('A'), assistant('a')]);
  });

  test('whose store fails at the beginning never begins', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store: failingOnce(store, 'load') });
    const options = { conversation: chat, host, runId: 'run' };
    await expect(echo().run('A', options).outcome()).rejects.toMatchObject({ code: 'conversation.store' });
    await expect(host.getRun('run')).rejects.toMatchObject({ code: 'run.unknown' });
    await expect(echo().run('A', options)).resolves.toMatchObject({ output: '1: A' });
  });

  test('that is suspended leaves what the user said, and the rest when it has ended', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await suspended(host, chat);
    await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [user('Pay.')] });
    const { messages } = await paying().resume('run', { conversation: chat, host });
    expect(await chat.messages()).toEqual(messages);
    expect(messages.map(({ content }) => content)).toEqual(['Pay.', null, 'paid', 'Done.']);
  });

  test('that is suspended while others go on fails with what is not stored, if the conversation fails on conflicts', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store, onConflict: 'fail' });
    await suspended(host, chat);
    await echo().run('Meanwhile.', { conversation: chat });
    await expect(paying().resume('run', { conversation: chat, host }).outcome()).rejects.toMatchObject({
      code: 'conversation.conflict',
      added: [{ role: 'assistant' }, { role: 'tool', content: 'paid' }, assistant('Done.')],
    });
    const messages = await chat.messages();
    expect(messages).toEqual([user('Pay.'), user('Meanwhile.'), assistant('2: Meanwhile.')]);
    expect(checkHistory(messages)).toEqual([]);
  });

  test('is not resumed without it, nor in another, nor is a run without one resumed in one', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await suspended(host, chat);
    const agent = paying();
    const fix =
      'Pass { conversation: conversation({ id: "chat", store }) }; a host that resumes runs by itself takes { agent, conversation: (record) => … }.';
    await expect(agent.resume('run', { host }).outcome()).rejects.toMatchObject({
      name: 'HostError',
      code: 'run.conversation',
      message: `Run "run" is part of conversation "chat". ${fix}`,
    });
    const other = conversation({ id: 'other', store });
    await expect(agent.resume('run', { host, conversation: other }).outcome()).rejects.toMatchObject({
      message: `Run "run" is part of conversation "chat", not of "other". ${fix}`,
    });
    await expect(host.getRun('run')).resolves.toMatchObject({ status: 'suspended' });
    await echo().run('A', { host, runId: 'alone' });
    await host.enqueue('agent', 'B', { runId: 'enqueued' });
    for (const runId of ['alone', 'enqueued']) {
      await expect(echo().resume(runId, { host, conversation: chat }).outcome()).rejects.toMatchObject({
        code: 'run.conversation',
        message: `Run "${runId}" is part of no conversation. Leave out conversation "chat".`,
      });
    }
  });

  test('is attached to by who says the same in it, and not by who says something else', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([user('Hello.'), assistant('Hello.')]);
    const options = { conversation: chat, host, runId: 'run', onExistingRun: 'attach' } as const;
    const [one, other] = await Promise.all([echo().run('A', options), echo().run('A', options)]);
    expect([one.output, other.output]).toEqual(['3: A', '3: A']);
    await expect(echo().run('A', options)).resolves.toMatchObject({ output: '3: A' });
    await expect(echo().run('B', options).outcome()).rejects.toMatchObject({ code: 'run.conflict' });
    await expect(store.load('chat')).resolves.toMatchObject({ version: 2 });
  });

  test('has a fork that is no part of it', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([user('Hello.'), assistant('Hello.')]);
    await echo().run('A', { conversation: chat, host, runId: 'run' });
    const before = await store.load('chat');
    const fork = await host.fork('run', { before: 'model:1', input: 'B' });
    await expect(echo().resume(fork, { host })).resolves.toMatchObject({ output: '4: B' });
    await expect(store.load('chat')).resolves.toEqual(before);
  });
});
