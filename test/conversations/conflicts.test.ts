import { Agent, ConversationError, conversation, HostError, memoryConversations } from '@pawl/core';
import type { Middleware } from '@pawl/core/middleware';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { assistant, echo, type StoreUnderTest, stores, user } from './stores.ts';

/** Ends when it is let. */
function slow() {
  const { promise, resolve: finish } = Promise.withResolvers<void>();
  const model = scriptedModel(async () => {
    await promise;
    return respond.text('Slow.');
  });
  return { agent: new Agent({ model }), finish };
}

async function errorOf(promise: PromiseLike<unknown>): Promise<ConversationError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (ConversationError.isInstance(error)) return error;
  throw new Error(`It is no ConversationError: ${String(error)}`);
}

/** Two runs on one conversation, and the second to end. */
async function collided({ open }: StoreUnderTest) {
  const { store, host } = open();
  const chat = conversation({ id: 'chat', store, onConflict: 'fail' });
  await chat.append([user('Hello.'), assistant('Hello.')]);
  const { agent, finish } = slow();
  const second = agent.run('Slowly.', { conversation: chat, host, runId: 'second' });
  const told: string[] = [];
  second.on('run.finished', ({ outcome }) => told.push(outcome.status));
  const begun = new Promise((resolve) => second.on('run.started', resolve));
  await begun;
  await echo().run('Quickly.', { conversation: chat, host, runId: 'first' });
  finish();
  return { store, host, chat, agent, second, told };
}

const FIRST = [user('Hello.'), assistant('Hello.'), user('Quickly.'), assistant('3: Quickly.')];

describe.each(stores)(
  'of two runs at once in one conversation on $name that fails on conflicts, the one that ends second',
  (storeUnderTest) => {
    test('is told, with its outcome and what was not stored', async () => {
      const { chat, second } = await collided(storeUnderTest);
      const error = await errorOf(second);
      expect(error).toBeInstanceOf(HostError);
      expect(error).toMatchObject({
        name: 'ConversationError',
        code: 'conversation.conflict',
        message:
          'Run "second" has ended, but others have written to conversation "chat" in the meantime, so the messages of this run (2 messages) were not stored there. Append them: await chat.append(error.added). Do not run the input again: the run\'s tools have run.',
        outcome: { status: 'completed', output: 'Slow.' },
        added: [user('Slowly.'), assistant('Slow.')],
      });
      expect(await errorOf(second.outcome())).toBe(error);
      expect(await chat.messages()).toEqual(FIRST);
    });

    test('loses nothing: its host has its outcome, and what it said can be appended', async () => {
      const { host, chat, second, told } = await collided(storeUnderTest);
      const { added } = await errorOf(second);
      expect(told).toEqual(['completed']);
      expect((await host.getRun('second')).outcome).toMatchObject({ status: 'completed', output: 'Slow.' });
      await chat.append(added);
      const messages = await chat.messages();
      expect(messages).toEqual([...FIRST, user('Slowly.'), assistant('Slow.')]);
      expect(checkHistory(messages)).toEqual([]);
    });

    test('is told again to whoever asks for it again', async () => {
      const { host, chat, agent, second } = await collided(storeUnderTest);
      const { added } = await errorOf(second);
      const again = agent.resume('second', { host, conversation: chat });
      expect(await errorOf(again)).toMatchObject({ added, outcome: { status: 'completed' } });
      const same = { host, conversation: chat, runId: 'second', onExistingRun: 'attach' } as const;
      expect(await errorOf(agent.run('Slowly.', same))).toMatchObject({ added });
      const first = echo().resume('first', { host, conversation: chat });
      await expect(first).resolves.toMatchObject({ output: '3: Quickly.' });
      expect(await chat.messages()).toEqual(FIRST);
    });

    test('is told of a conversation that was begun anew', async () => {
      const { store } = storeUnderTest.open();
      const chat = conversation({ id: 'chat', store, onConflict: 'fail' });
      const { agent, finish } = slow();
      await chat.append([user('Hello.')]);
      const run = agent.run('Slowly.', { conversation: chat });
      await new Promise((resolve) => run.on('run.started', resolve));
      await chat.clear();
      finish();
      await errorOf(run);
      expect(await chat.messages()).toEqual([]);
    });
  },
);

test('a result that was changed is told with its call, so that what is missing can be appended', async () => {
  const chat = conversation({ id: 'chat', store: memoryConversations(), onConflict: 'fail' });
  const call = { id: 'x', type: 'function', function: { name: 'look', arguments: '{}' } } as const;
  const calling = { role: 'assistant', content: null, tool_calls: [call] } as const;
  await chat.append([user('Look.'), calling, { role: 'tool', tool_call_id: 'x', content: 'A long result.' }]);
  const shortened = { role: 'tool', tool_call_id: 'x', content: '…' } as const;
  const shorter: Middleware = {
    prepareTurn: async (plan) => {
      await chat.append([user('In between.')]);
      const messages = plan.messages.map((message) => (message.role === 'tool' ? shortened : message));
      return { ...plan, messages, replaceHistory: true };
    },
  };
  const { added } = await errorOf(echo({ middleware: [shorter] }).run('And?', { conversation: chat }));
  expect(added).toEqual([calling, shortened, user('And?'), assistant('4: And?')]);
  await chat.append(added);
  expect(checkHistory(await chat.messages())).toEqual([]);
});

test('the outcome that is told has the value that the schema made of the output', async () => {
  const chat = conversation({ id: 'chat', store: memoryConversations(), onConflict: 'fail' });
  const output = z.object({ days: z.string().transform((text) => text.split(' ')) });
  const model = scriptedModel(async () => {
    await chat.append([user('In between.')]);
    return respond.text('{ "days": "Monday Tuesday" }');
  });
  const error = await errorOf(new Agent({ model, output }).run('Count.', { conversation: chat }));
  expect(error.outcome).toMatchObject({ output: { days: ['Monday', 'Tuesday'] } });
});
