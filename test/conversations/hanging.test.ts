import { Agent, ConfigError, conversation, memoryConversations, memoryHost } from '@pawl/core';
import type { ConversationStore } from '@pawl/core/host';
import { manualClock, respond, scriptedModel } from '@pawl/testing';
import { expect, test } from 'vitest';
import { user } from './stores.ts';

/** Hangs at one of its methods until it is mended. */
function hanging(at: 'load' | 'save') {
  const store = memoryConversations();
  const state = { isBroken: true };
  const held = <T>(method: 'load' | 'save', ask: () => Promise<T>): Promise<T> =>
    state.isBroken && method === at ? new Promise(() => undefined) : ask();
  const hangs: ConversationStore = {
    load: (id) => held('load', () => store.load(id)),
    save: (id, change) => held('save', () => store.save(id, change)),
  };
  return { hangs, mend: () => (state.isBroken = false) };
}

const model = scriptedModel(() => respond.text('Hello.'));

async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await Promise.resolve();
}

test('a store that does not answer holds up the beginning of a run no longer than it may', async () => {
  const clock = manualClock();
  const chat = conversation({ id: 'chat', store: hanging('load').hangs, clock, timeoutMs: 2_000 });
  const ended = new Agent({ model, clock }).run('Hi.', { conversation: chat }).outcome();
  const told = expect(ended).rejects.toMatchObject({
    name: 'HostError',
    code: 'conversation.store',
    message: expect.stringContaining('The store of conversation "chat" failed: it did not answer within 2 s.'),
  });
  await settled();
  await clock.advance(2_000);
  await told;
  expect(clock.pending).toBe(0);
});

test('a run that is aborted waits for no store to begin, and leaves no timer', async () => {
  const clock = manualClock();
  const chat = conversation({ id: 'chat', store: hanging('load').hangs, clock });
  const run = new Agent({ model, clock }).run('Hi.', { conversation: chat });
  await settled();
  run.abort('Enough.');
  expect(await run.outcome()).toMatchObject({ status: 'aborted', reason: 'Enough.', messages: [user('Hi.')] });
  expect(clock.pending).toBe(0);
});

test('a run whose store does not answer at its end is not lost: it is resumed when the store is back', async () => {
  const clock = manualClock();
  const host = memoryHost({ clock });
  const { hangs, mend } = hanging('save');
  const chat = conversation({ id: 'chat', store: hangs, clock });
  const agent = new Agent({ model, clock });
  const options = { conversation: chat, host };
  const told = expect(agent.run('Hi.', { ...options, runId: 'run' }).outcome()).rejects.toMatchObject({
    code: 'conversation.store',
  });
  await settled();
  await clock.advance(30_000);
  await told;
  mend();
  expect(await agent.resume('run', options)).toMatchObject({ output: 'Hello.' });
  expect(await chat.messages()).toEqual([user('Hi.'), { role: 'assistant', content: 'Hello.' }]);
});

test('a time that is none is refused', () => {
  const store = memoryConversations();
  expect(() => conversation({ id: 'chat', store, timeoutMs: 0 })).toThrow(ConfigError);
});
