import { Agent, type Conversation, conversation, type Host, tool } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost, HostWrapper } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asAssistant, asUser, createEchoAgent, stores } from './stores.ts';

/** Simulates a process that dies after the end of a run, before the host stores the outcome. */
class HostDyingAtRelease extends HostWrapper {
  #hasDied = false;

  override async release(...[runId, outcome]: Parameters<Host['release']>): Promise<void> {
    if (outcome === undefined || this.#hasDied) return super.release(runId, outcome);
    this.#hasDied = true;
    await super.release(runId, undefined);
    throw new Error('The process is gone.');
  }
}

/** Wraps a store so that one method fails once. */
function failOnce(store: ConversationStore, at: 'load' | 'save'): ConversationStore {
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

function createPaymentAgent(): Agent {
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

async function suspendAndApprove(host: Host, chat: Conversation): Promise<void> {
  const outcome = await createPaymentAgent().run('Pay.', { conversation: chat, host, runId: 'run' }).outcome();
  const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
  if (pending === undefined) throw new Error(`It ended as ${outcome.status}.`);
  await host.answer('run', pending.id, { type: 'approve', fingerprint: pending.fingerprint });
}

describe.each(stores)('a run in a conversation on $name', ({ open }) => {
  test.each(['before', 'within', 'after'] as const)(
    'that crashes %s a step adds no messages until it has ended',
    async (moment) => {
      const { store, host: inner } = open();
      const host = new FaultyHost(inner, { at: 2, moment });
      const chat = conversation({ id: 'chat', store });
      await chat.append([asUser('Hello.')]);
      const options = { conversation: chat, host, runId: 'run' };
      await expect(createEchoAgent().run('A', options).outcome()).rejects.toMatchObject({ name: 'HostError' });
      await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [asUser('Hello.')] });
      await createEchoAgent().resume('run', { conversation: chat, host });
      await expect(store.load('chat')).resolves.toEqual({
        version: 2,
        messages: [asUser('Hello.'), asUser('A'), asAssistant('2: A')],
        details: { lastAgent: 'agent' },
      });
    },
  );

  test('that crashes after its instructions failed adds only the message of the user', async () => {
    const { store, host: inner } = open();
    const host = new FaultyHost(inner, { at: 1, moment: 'after' });
    const chat = conversation({ id: 'chat', store });
    await chat.append([asUser('Hello.')]);
    const instructions = (): never => {
      throw new Error('No template.');
    };
    const options = { conversation: chat, host };
    const agent = createEchoAgent({ instructions });
    await expect(agent.run('A', { ...options, runId: 'run' }).outcome()).rejects.toMatchObject({
      name: 'HostError',
    });
    const outcome = await agent.resume('run', options).outcome();
    expect(outcome).toMatchObject({ status: 'failed', messages: [asUser('Hello.'), asUser('A')] });
    await expect(chat.getMessages()).resolves.toEqual([asUser('Hello.'), asUser('A')]);
  });

  test('that crashes after its messages were stored stores them once', async () => {
    const { store, host: inner } = open();
    const host = new HostDyingAtRelease(inner);
    const chat = conversation({ id: 'chat', store });
    const options = { conversation: chat, host, runId: 'run' };
    await expect(createEchoAgent().run('A', options).outcome()).rejects.toMatchObject({ name: 'HostError' });
    await expect(chat.getMessages()).resolves.toEqual([asUser('A'), asAssistant('1: A')]);
    await createEchoAgent().run('B', { conversation: chat, host });
    await expect(createEchoAgent().resume('run', { conversation: chat, host })).resolves.toMatchObject({
      output: '1: A',
    });
    await expect(chat.getMessages()).resolves.toEqual([
      asUser('A'),
      asAssistant('1: A'),
      asUser('B'),
      asAssistant('3: B'),
    ]);
  });

  test('whose store fails at the end is resumed without another model request', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store: failOnce(store, 'save') });
    const model = scriptedModel([respond.text('a')]);
    const agent = new Agent({ model });
    const run = agent.run('A', { conversation: chat, host, runId: 'run' });
    const statuses: string[] = [];
    run.on('run.finished', ({ outcome }) => statuses.push(outcome.status));
    await expect(run.outcome()).rejects.toMatchObject({
      name: 'HostError',
      code: 'conversation.store',
      message: expect.stringContaining('The store of conversation "chat" failed: No network.'),
    });
    expect(statuses).toEqual([]);
    await expect(host.getRun('run')).resolves.toMatchObject({ status: 'interrupted' });
    await expect(agent.resume('run', { conversation: chat, host })).resolves.toMatchObject({ output: 'a' });
    await expect(chat.getMessages()).resolves.toEqual([asUser('A'), asAssistant('a')]);
  });

  test('whose store fails at the start does not start', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store: failOnce(store, 'load') });
    const options = { conversation: chat, host, runId: 'run' };
    await expect(createEchoAgent().run('A', options).outcome()).rejects.toMatchObject({ code: 'conversation.store' });
    await expect(host.getRun('run')).rejects.toMatchObject({ code: 'run.unknown' });
    await expect(createEchoAgent().run('A', options)).resolves.toMatchObject({ output: '1: A' });
  });

  test('that is suspended adds the message of the user, and the other messages when it has ended', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await suspendAndApprove(host, chat);
    await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [asUser('Pay.')] });
    const { messages } = await createPaymentAgent().resume('run', { conversation: chat, host });
    expect(await chat.getMessages()).toEqual(messages);
    expect(messages.map(({ content }) => content)).toEqual(['Pay.', null, 'paid', 'Done.']);
  });

  test('that is suspended while other runs add messages fails with its messages if onConflict is fail', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store, onConflict: 'fail' });
    await suspendAndApprove(host, chat);
    await createEchoAgent().run('Meanwhile.', { conversation: chat });
    await expect(createPaymentAgent().resume('run', { conversation: chat, host }).outcome()).rejects.toMatchObject({
      code: 'conversation.conflict',
      added: [{ role: 'assistant' }, { role: 'tool', content: 'paid' }, asAssistant('Done.')],
    });
    const messages = await chat.getMessages();
    expect(messages).toEqual([asUser('Pay.'), asUser('Meanwhile.'), asAssistant('2: Meanwhile.')]);
    expect(checkHistory(messages)).toEqual([]);
  });

  test('is resumed only in its own conversation, and a run without one only without one', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await suspendAndApprove(host, chat);
    const agent = createPaymentAgent();
    const fix =
      'Pass { conversation: conversation({ id: "chat", store }) }; for a host that resumes runs by itself, pass { agent, conversation: (record) => … }.';
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
    await createEchoAgent().run('A', { host, runId: 'alone' });
    await host.enqueue('agent', 'B', { runId: 'enqueued' });
    for (const runId of ['alone', 'enqueued']) {
      await expect(createEchoAgent().resume(runId, { host, conversation: chat }).outcome()).rejects.toMatchObject({
        code: 'run.conversation',
        message: `Run "${runId}" is not part of a conversation. Remove conversation "chat".`,
      });
    }
  });

  test('is attached only if the input and the conversation are the same', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([asUser('Hello.'), asAssistant('Hello.')]);
    const options = { conversation: chat, host, runId: 'run', onExistingRun: 'attach' } as const;
    const [one, other] = await Promise.all([createEchoAgent().run('A', options), createEchoAgent().run('A', options)]);
    expect([one.output, other.output]).toEqual(['3: A', '3: A']);
    await expect(createEchoAgent().run('A', options)).resolves.toMatchObject({ output: '3: A' });
    await expect(createEchoAgent().run('B', options).outcome()).rejects.toMatchObject({ code: 'run.conflict' });
    await expect(store.load('chat')).resolves.toMatchObject({ version: 2 });
  });

  test('has a fork outside the conversation', async () => {
    const { store, host } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([asUser('Hello.'), asAssistant('Hello.')]);
    await createEchoAgent().run('A', { conversation: chat, host, runId: 'run' });
    const before = await store.load('chat');
    const fork = await host.fork('run', { before: 'model:1', input: 'B' });
    await expect(createEchoAgent().resume(fork, { host })).resolves.toMatchObject({ output: '4: B' });
    await expect(store.load('chat')).resolves.toEqual(before);
  });
});
