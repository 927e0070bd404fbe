import { Agent, ConfigError, conversation, memoryConversations, memoryHost } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { asUser } from './stores.ts';

/** Creates a store of which one method does not settle until `unblock`. */
function createBlockedStore(at: 'load' | 'save') {
  const store = memoryConversations();
  const state = { isBlocked: true };
  const block = <T>(method: 'load' | 'save', call: () => Promise<T>): Promise<T> =>
    state.isBlocked && method === at ? new Promise(() => undefined) : call();
  const blockedStore: ConversationStore = {
    load: (id) => block('load', () => store.load(id)),
    save: (id, change) => block('save', () => store.save(id, change)),
  };
  return { blockedStore, unblock: () => (state.isBlocked = false) };
}

const model = scriptedModel(() => respond.text('Hello.'));

async function flushMicrotasks(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await Promise.resolve();
}

test('a store that does not respond delays the start of a run at most until the timeout', async () => {
  const clock = manualClock();
  const chat = conversation({ id: 'chat', store: createBlockedStore('load').blockedStore, clock, timeoutMs: 2_000 });
  const ended = new Agent({ model, clock }).run('Hi.', { conversation: chat }).outcome();
  const rejection = expect(ended).rejects.toMatchObject({
    name: 'HostError',
    code: 'conversation.store',
    message: expect.stringContaining('The store of conversation "chat" failed: it did not answer within 2 s.'),
  });
  await flushMicrotasks();
  await clock.advance(2_000);
  await rejection;
  expect(clock.pending).toBe(0);
});

test('an aborted run does not wait for the store to start, and leaves no timer', async () => {
  const clock = manualClock();
  const chat = conversation({ id: 'chat', store: createBlockedStore('load').blockedStore, clock });
  const run = new Agent({ model, clock }).run('Hi.', { conversation: chat });
  await flushMicrotasks();
  run.abort('Enough.');
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.', messages: [asUser('Hi.')] });
  expect(clock.pending).toBe(0);
});

test('a run whose store does not respond at the end is resumed when the store responds', async () => {
  const clock = manualClock();
  const host = memoryHost({ clock });
  const { blockedStore, unblock } = createBlockedStore('save');
  const chat = conversation({ id: 'chat', store: blockedStore, clock });
  const agent = new Agent({ model, clock });
  const options = { conversation: chat, host };
  const rejection = expect(agent.run('Hi.', { ...options, runId: 'run' }).outcome()).rejects.toMatchObject({
    code: 'conversation.store',
  });
  await flushMicrotasks();
  await clock.advance(30_000);
  await rejection;
  unblock();
  expect(await agent.resume('run', options)).toMatchObject({ output: 'Hello.' });
  expect(await chat.getMessages()).toEqual([asUser('Hi.'), { role: 'assistant', content: 'Hello.' }]);
});

test('refuses an invalid timeout', () => {
  const store = memoryConversations();
  expect(() => conversation({ id: 'chat', store, timeoutMs: 0 })).toThrow(ConfigError);
});
