import { Agent, ConversationError, conversation, HostError, memoryConversations } from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { asAssistant, asUser, createEchoAgent, type StoreUnderTest, stores } from './stores.ts';

/** Creates an agent whose model responds after `finish`. */
function createSlowAgent() {
  const { promise, resolve: finish } = Promise.withResolvers<void>();
  const model = scriptedModel(async () => {
    await promise;
    return respond.text('Slow.');
  });
  return { agent: new Agent({ model }), finish };
}

async function getConflict(promise: PromiseLike<unknown>): Promise<ConversationError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (ConversationError.isInstance(error)) return error;
  throw new Error(`This is not a ConversationError: ${String(error)}`);
}

/** Runs two agents in one conversation, and returns the run that ends second. */
async function runInParallel({ open }: StoreUnderTest) {
  const { store, host } = open();
  const chat = conversation({ id: 'chat', store, onConflict: 'fail' });
  await chat.append([asUser('Hello.'), asAssistant('Hello.')]);
  const { agent, finish } = createSlowAgent();
  const second = agent.run('Slowly.', { conversation: chat, host, runId: 'second' });
  const statuses: string[] = [];
  second.on('run.finished', ({ outcome }) => statuses.push(outcome.status));
  const started = new Promise((resolve) => second.on('run.started', resolve));
  await started;
  await createEchoAgent().run('Quickly.', { conversation: chat, host, runId: 'first' });
  finish();
  return { store, host, chat, agent, second, statuses };
}

const FIRST = [asUser('Hello.'), asAssistant('Hello.'), asUser('Quickly.'), asAssistant('3: Quickly.')];

describe.each(stores)(
  'the second of two parallel runs in one conversation on $name with onConflict fail',
  (storeUnderTest) => {
    test('rejects with its outcome and the messages that were not stored', async () => {
      const { chat, second } = await runInParallel(storeUnderTest);
      const error = await getConflict(second);
      expect(error).toBeInstanceOf(HostError);
      expect(error).toMatchObject({
        name: 'ConversationError',
        code: 'conversation.conflict',
        message:
          'Run "second" has ended, but others have written to conversation "chat" in the meantime, so the messages of this run (2 messages) were not stored there. Append them: await chat.append(error.added). Do not run the input again: the run\'s tools have run.',
        outcome: { status: 'completed', output: 'Slow.' },
        added: [asUser('Slowly.'), asAssistant('Slow.')],
      });
      expect(await getConflict(second.outcome())).toBe(error);
      expect(await chat.getMessages()).toEqual(FIRST);
    });

    test('keeps its outcome in the host, and its messages can be appended', async () => {
      const { host, chat, second, statuses } = await runInParallel(storeUnderTest);
      const { added } = await getConflict(second);
      expect(statuses).toEqual(['completed']);
      expect((await host.getRun('second')).outcome).toMatchObject({ status: 'completed', output: 'Slow.' });
      await chat.append(added);
      const messages = await chat.getMessages();
      expect(messages).toEqual([...FIRST, asUser('Slowly.'), asAssistant('Slow.')]);
      expect(checkHistory(messages)).toEqual([]);
    });

    test('rejects with the same error when it is requested again', async () => {
      const { host, chat, agent, second } = await runInParallel(storeUnderTest);
      const { added } = await getConflict(second);
      const again = agent.resume('second', { host, conversation: chat });
      expect(await getConflict(again)).toMatchObject({ added, outcome: { status: 'completed' } });
      const same = { host, conversation: chat, runId: 'second', onExistingRun: 'attach' } as const;
      expect(await getConflict(agent.run('Slowly.', same))).toMatchObject({ added });
      const first = createEchoAgent().resume('first', { host, conversation: chat });
      await expect(first).resolves.toMatchObject({ output: '3: Quickly.' });
      expect(await chat.getMessages()).toEqual(FIRST);
    });

    test('rejects if the conversation was cleared', async () => {
      const { store } = storeUnderTest.open();
      const chat = conversation({ id: 'chat', store, onConflict: 'fail' });
      const { agent, finish } = createSlowAgent();
      await chat.append([asUser('Hello.')]);
      const run = agent.run('Slowly.', { conversation: chat });
      await new Promise((resolve) => run.on('run.started', resolve));
      await chat.clear();
      finish();
      await getConflict(run);
      expect(await chat.getMessages()).toEqual([]);
    });
  },
);

test('reports a changed result with its call, so that the missing messages can be appended', async () => {
  const chat = conversation({ id: 'chat', store: memoryConversations(), onConflict: 'fail' });
  const call = { id: 'x', type: 'function', function: { name: 'look', arguments: '{}' } } as const;
  const calling = { role: 'assistant', content: null, tool_calls: [call] } as const;
  await chat.append([asUser('Look.'), calling, { role: 'tool', tool_call_id: 'x', content: 'A long result.' }]);
  const shortened = { role: 'tool', tool_call_id: 'x', content: '…' } as const;
  const shorter: Middleware = {
    prepareTurn: async (plan) => {
      await chat.append([asUser('In between.')]);
      const messages = plan.messages.map((message) => (message.role === 'tool' ? shortened : message));
      return { ...plan, messages, replaceHistory: true };
    },
  };
  const { added } = await getConflict(createEchoAgent({ middleware: [shorter] }).run('And?', { conversation: chat }));
  expect(added).toEqual([calling, shortened, asUser('And?'), asAssistant('4: And?')]);
  await chat.append(added);
  expect(checkHistory(await chat.getMessages())).toEqual([]);
});

test('reports the outcome with the parsed output', async () => {
  const chat = conversation({ id: 'chat', store: memoryConversations(), onConflict: 'fail' });
  const output = z.object({ days: z.string().transform((text) => text.split(' ')) });
  const model = scriptedModel(async () => {
    await chat.append([asUser('In between.')]);
    return respond.text('{ "days": "Monday Tuesday" }');
  });
  const error = await getConflict(new Agent({ model, output }).run('Count.', { conversation: chat }));
  expect(error.outcome).toMatchObject({ output: { days: ['Monday', 'Tuesday'] } });
});
