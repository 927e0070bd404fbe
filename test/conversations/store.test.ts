import { conversation, memoryConversations } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { assistant, stores, user } from './stores.ts';

describe.each(stores)('a store of conversations, $name,', ({ open }) => {
  test('has nothing of a conversation that nobody has written', async () => {
    const { store } = open();
    await expect(store.load('chat')).resolves.toBeUndefined();
    await expect(conversation({ id: 'chat', store }).messages()).resolves.toEqual([]);
  });

  test('keeps what stays, puts the rest after it, and counts its versions', async () => {
    const { store } = open();
    await expect(store.save('chat', { version: 0, keep: 0, messages: [user('A'), user('B')] })).resolves.toBe(true);
    await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [user('A'), user('B')] });
    await expect(store.save('chat', { version: 1, keep: 1, messages: [user('C'), user('D')] })).resolves.toBe(true);
    await expect(store.load('chat')).resolves.toEqual({ version: 2, messages: [user('A'), user('C'), user('D')] });
    await expect(store.save('chat', { version: 2, keep: 0, messages: [] })).resolves.toBe(true);
    await expect(store.load('chat')).resolves.toEqual({ version: 3, messages: [] });
  });

  test('writes nothing where another version is there', async () => {
    const { store } = open();
    await store.save('chat', { version: 0, keep: 0, messages: [user('A')] });
    for (const version of [0, 2]) {
      await expect(store.save('chat', { version, keep: 0, messages: [user('B')] })).resolves.toBe(false);
    }
    await expect(store.save('other', { version: 1, keep: 0, messages: [user('B')] })).resolves.toBe(false);
    await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [user('A')] });
    await expect(store.load('other')).resolves.toBeUndefined();
  });

  test('ignores a write of an id that was written before, whatever the version and whoever wrote since', async () => {
    const { store } = open();
    const first = { version: 0, keep: 0, messages: [user('A')], writeId: 'one' };
    await store.save('chat', first);
    await expect(store.save('chat', first)).resolves.toBe(true);
    await store.save('chat', { version: 1, keep: 1, messages: [user('B')], writeId: 'two' });
    for (const version of [-1, 0, 1, 2]) await expect(store.save('chat', { ...first, version })).resolves.toBe(true);
    await expect(store.load('chat')).resolves.toEqual({ version: 2, messages: [user('A'), user('B')] });
    // The same id in another conversation is another write.
    await expect(store.save('other', first)).resolves.toBe(true);
    await expect(store.load('other')).resolves.toEqual({ version: 1, messages: [user('A')] });
  });

  test('writes nothing at a version that there never is', async () => {
    const { store } = open();
    await expect(store.save('chat', { version: -1, keep: 0, messages: [], writeId: 'one' })).resolves.toBe(false);
    await expect(store.load('chat')).resolves.toBeUndefined();
  });

  test('lets one of many who write at once write', async () => {
    const { store } = open();
    const writers = ['A', 'B', 'C', 'D'].map((name) =>
      store.save('chat', { version: 0, keep: 0, messages: [user(name)], writeId: name }),
    );
    expect((await Promise.all(writers)).filter((isWritten) => isWritten)).toEqual([true]);
    await expect(store.load('chat')).resolves.toMatchObject({ version: 1 });
  });

  test('gives messages that nobody changes by what he does to his own', async () => {
    const { store } = open();
    const mine = { role: 'user' as const, content: 'A' };
    await store.save('chat', { version: 0, keep: 0, messages: [mine] });
    mine.content = 'changed';
    for (const message of (await store.load('chat'))?.messages ?? []) Object.assign(message, { content: 'changed' });
    await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [user('A')] });
  });
});

describe.each(stores)('a conversation on $name', ({ open }) => {
  test('takes messages at its end, those of many writers at once too, and begins anew', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([user('A'), assistant('a')]);
    await Promise.all(['B', 'C', 'D', 'E'].map((name) => conversation({ id: 'chat', store }).append([user(name)])));
    const messages = await chat.messages();
    expect(messages.slice(0, 2)).toEqual([user('A'), assistant('a')]);
    expect(messages.map(({ content }) => content).sort()).toEqual(['A', 'B', 'C', 'D', 'E', 'a']);
    await chat.append([]);
    await expect(store.load('chat')).resolves.toMatchObject({ version: 5 });
    await chat.clear();
    await expect(chat.messages()).resolves.toEqual([]);
    await expect(store.load('chat')).resolves.toEqual({ version: 6, messages: [] });
  });

  test('makes valid what is appended: calls have results, and ids of their own', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const call = { id: 'x', type: 'function', function: { name: 'look', arguments: '{}' } } as const;
    const calling = { role: 'assistant', content: null, tool_calls: [call] } as const;
    await chat.append([user('A'), calling]);
    await chat.append([user('B'), calling, { role: 'tool', tool_call_id: 'x', content: 'seen' }]);
    expect(await chat.messages()).toEqual([
      user('A'),
      calling,
      { role: 'tool', tool_call_id: 'x', content: 'Cancelled: this call was not run.' },
      user('B'),
      { ...calling, tool_calls: [{ ...call, id: 'x_2' }] },
      { role: 'tool', tool_call_id: 'x_2', content: 'seen' },
    ]);
    const orphan = { role: 'tool', tool_call_id: 'nobody', content: 'seen' } as const;
    await expect(chat.append([orphan])).rejects.toMatchObject({ name: 'ConfigError' });
    await expect(store.load('chat')).resolves.toMatchObject({ version: 2 });
  });

  test('is sent in a form that can be, where somebody else has stored another, and mends it', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const call = { id: 'x', type: 'function', function: { name: 'look', arguments: '{' } } as const;
    const calling = { role: 'assistant', content: null, tool_calls: [call] } as const;
    await store.save('chat', { version: 0, keep: 0, messages: [user('A'), calling, user('B')] });
    const mended = [
      user('A'),
      { ...calling, tool_calls: [{ ...call, function: { ...call.function, arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'x', content: 'Cancelled: this call was not run.' },
      user('B'),
    ];
    await expect(chat.messages()).resolves.toEqual(mended);
    await chat.append([user('C')]);
    await expect(store.load('chat')).resolves.toEqual({ version: 2, messages: [...mended, user('C')] });
    await store.save('chat', { version: 2, keep: 0, messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] });
    await expect(chat.messages()).rejects.toMatchObject({ name: 'HostError', code: 'conversation.invalid' });
    await chat.clear();
    await expect(chat.messages()).resolves.toEqual([]);
  });
});

describe('a conversation', () => {
  test.each(['', 'a\0b', '\ud800', undefined])('has an id that can be kept, not %j', (id) => {
    const make = (): unknown => Reflect.apply(conversation, undefined, [{ id, store: memoryConversations() }]);
    expect(make).toThrow(/^conversation\(\): id is /);
  });

  test('has a store', () => {
    const make = (): unknown => Reflect.apply(conversation, undefined, [{ id: 'chat', store: new Map() }]);
    expect(make).toThrow(
      'Conversation "chat": store has no load() and save(). Pass memoryConversations() or another ConversationStore.',
    );
  });

  test('tells of a store that fails, and of one that is never done being written by others', async () => {
    const failing = { load: () => Promise.reject(new Error('No network')), save: async () => true };
    await expect(conversation({ id: 'chat', store: failing }).messages()).rejects.toMatchObject({
      name: 'HostError',
      code: 'conversation.store',
      message: expect.stringContaining('The store of conversation "chat" failed: No network.'),
    });
    const busy = { load: async () => undefined, save: async () => false };
    await expect(conversation({ id: 'chat', store: busy }).append([user('A')])).rejects.toMatchObject({
      code: 'conversation.busy',
      message: expect.stringContaining('was changed by other writers during each of 10 tries'),
    });
  });
});
