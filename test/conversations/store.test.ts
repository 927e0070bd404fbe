import { conversation, memoryConversations } from '@pawl/core';
import { describe, expect, test } from 'vitest';
import { asAssistant, asUser, stores } from './stores.ts';

describe.each(stores)('a conversation store on $name', ({ open }) => {
  test('returns undefined for an unknown conversation', async () => {
    const { store } = open();
    await expect(store.load('chat')).resolves.toBeUndefined();
    await expect(conversation({ id: 'chat', store }).getMessages()).resolves.toEqual([]);
  });

  test('keeps the first messages, appends the others, and increments the version', async () => {
    const { store } = open();
    await expect(store.save('chat', { version: 0, keep: 0, messages: [asUser('A'), asUser('B')] })).resolves.toBe(true);
    await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [asUser('A'), asUser('B')] });
    await expect(store.save('chat', { version: 1, keep: 1, messages: [asUser('C'), asUser('D')] })).resolves.toBe(true);
    await expect(store.load('chat')).resolves.toEqual({
      version: 2,
      messages: [asUser('A'), asUser('C'), asUser('D')],
    });
    await expect(store.save('chat', { version: 2, keep: 0, messages: [] })).resolves.toBe(true);
    await expect(store.load('chat')).resolves.toEqual({ version: 3, messages: [] });
  });

  test('replaces the details if a write has some, and keeps them otherwise', async () => {
    const { store } = open();
    await store.save('chat', { version: 0, keep: 0, messages: [asUser('A')] });
    expect(await store.load('chat')).toEqual({ version: 1, messages: [asUser('A')] });
    await store.save('chat', { version: 1, keep: 1, messages: [], details: { lastAgent: 'billing' } });
    await store.save('chat', { version: 2, keep: 1, messages: [asUser('B')] });
    const details = { lastAgent: 'billing' };
    expect(await store.load('chat')).toEqual({ version: 3, messages: [asUser('A'), asUser('B')], details });
    await expect(store.save('chat', { version: 1, keep: 0, messages: [], details: {} })).resolves.toBe(false);
    expect(await store.load('chat')).toMatchObject({ details });
    await store.save('chat', { version: 3, keep: 2, messages: [], details: {} });
    expect(await store.load('chat')).toEqual({ version: 4, messages: [asUser('A'), asUser('B')], details: {} });
  });

  test('writes nothing if the version differs', async () => {
    const { store } = open();
    await store.save('chat', { version: 0, keep: 0, messages: [asUser('A')] });
    for (const version of [0, 2]) {
      await expect(store.save('chat', { version, keep: 0, messages: [asUser('B')] })).resolves.toBe(false);
    }
    await expect(store.save('other', { version: 1, keep: 0, messages: [asUser('B')] })).resolves.toBe(false);
    await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [asUser('A')] });
    await expect(store.load('other')).resolves.toBeUndefined();
  });

  test('ignores a repeated write of a run, whatever the version', async () => {
    const { store } = open();
    const first = { version: 0, keep: 0, messages: [asUser('A')], writeId: 'one' };
    await store.save('chat', first);
    await expect(store.save('chat', first)).resolves.toBe(true);
    await store.save('chat', { version: 1, keep: 1, messages: [asUser('B')], writeId: 'two' });
    for (const version of [-1, 0, 1, 2]) await expect(store.save('chat', { ...first, version })).resolves.toBe(true);
    await expect(store.load('chat')).resolves.toEqual({ version: 2, messages: [asUser('A'), asUser('B')] });
    // A run may write to another conversation with the same id.
    await expect(store.save('other', first)).resolves.toBe(true);
    await expect(store.load('other')).resolves.toEqual({ version: 1, messages: [asUser('A')] });
  });

  test('writes nothing at a version that does not exist', async () => {
    const { store } = open();
    await expect(store.save('chat', { version: -1, keep: 0, messages: [], writeId: 'one' })).resolves.toBe(false);
    await expect(store.load('chat')).resolves.toBeUndefined();
  });

  test('accepts one of several parallel writes', async () => {
    const { store } = open();
    const writers = ['A', 'B', 'C', 'D'].map((name) =>
      store.save('chat', { version: 0, keep: 0, messages: [asUser(name)], writeId: name }),
    );
    expect((await Promise.all(writers)).filter((isWritten) => isWritten)).toEqual([true]);
    await expect(store.load('chat')).resolves.toMatchObject({ version: 1 });
  });

  test('returns messages that are independent of the passed ones', async () => {
    const { store } = open();
    const mine = { role: 'user' as const, content: 'A' };
    await store.save('chat', { version: 0, keep: 0, messages: [mine] });
    mine.content = 'changed';
    for (const message of (await store.load('chat'))?.messages ?? []) Object.assign(message, { content: 'changed' });
    await expect(store.load('chat')).resolves.toEqual({ version: 1, messages: [asUser('A')] });
  });
});

describe.each(stores)('a conversation on $name', ({ open }) => {
  test('appends messages, also of parallel writers, and can be cleared', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    await chat.append([asUser('A'), asAssistant('a')]);
    await Promise.all(['B', 'C', 'D', 'E'].map((name) => conversation({ id: 'chat', store }).append([asUser(name)])));
    const messages = await chat.getMessages();
    expect(messages.slice(0, 2)).toEqual([asUser('A'), asAssistant('a')]);
    expect(messages.map(({ content }) => content).sort()).toEqual(['A', 'B', 'C', 'D', 'E', 'a']);
    await chat.append([]);
    await expect(store.load('chat')).resolves.toMatchObject({ version: 5 });
    await chat.clear();
    await expect(chat.getMessages()).resolves.toEqual([]);
    await expect(store.load('chat')).resolves.toEqual({ version: 6, messages: [], details: {} });
  });

  test('repairs appended messages: calls get results and unique ids', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const call = { id: 'x', type: 'function', function: { name: 'look', arguments: '{}' } } as const;
    const calling = { role: 'assistant', content: null, tool_calls: [call] } as const;
    await chat.append([asUser('A'), calling]);
    await chat.append([asUser('B'), calling, { role: 'tool', tool_call_id: 'x', content: 'seen' }]);
    expect(await chat.getMessages()).toEqual([
      asUser('A'),
      calling,
      { role: 'tool', tool_call_id: 'x', content: 'Cancelled: this call was not run.' },
      asUser('B'),
      { ...calling, tool_calls: [{ ...call, id: 'x_2' }] },
      { role: 'tool', tool_call_id: 'x_2', content: 'seen' },
    ]);
    const orphan = { role: 'tool', tool_call_id: 'nobody', content: 'seen' } as const;
    await expect(chat.append([orphan])).rejects.toMatchObject({ name: 'ConfigError' });
    await expect(store.load('chat')).resolves.toMatchObject({ version: 2 });
  });

  test('repairs an invalid stored history before it is sent', async () => {
    const { store } = open();
    const chat = conversation({ id: 'chat', store });
    const call = { id: 'x', type: 'function', function: { name: 'look', arguments: '{' } } as const;
    const calling = { role: 'assistant', content: null, tool_calls: [call] } as const;
    await store.save('chat', { version: 0, keep: 0, messages: [asUser('A'), calling, asUser('B')] });
    const repaired = [
      asUser('A'),
      { ...calling, tool_calls: [{ ...call, function: { ...call.function, arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'x', content: 'Cancelled: this call was not run.' },
      asUser('B'),
    ];
    await expect(chat.getMessages()).resolves.toEqual(repaired);
    await chat.append([asUser('C')]);
    await expect(store.load('chat')).resolves.toEqual({ version: 2, messages: [...repaired, asUser('C')] });
    await store.save('chat', { version: 2, keep: 0, messages: [{ role: 'tool', tool_call_id: 'x', content: '' }] });
    await expect(chat.getMessages()).rejects.toMatchObject({ name: 'HostError', code: 'conversation.invalid' });
    await chat.clear();
    await expect(chat.getMessages()).resolves.toEqual([]);
  });
});

describe('a conversation', () => {
  test.each(['', 'a\0b', '\ud800', undefined])('refuses the id %j', (id) => {
    const make = (): unknown => Reflect.apply(conversation, undefined, [{ id, store: memoryConversations() }]);
    expect(make).toThrow(/^conversation\(\): id is /);
  });

  test('refuses a missing store', () => {
    const make = (): unknown => Reflect.apply(conversation, undefined, [{ id: 'chat', store: new Map() }]);
    expect(make).toThrow(
      'Conversation "chat": store has no load() and save(). Pass memoryConversations() or another ConversationStore.',
    );
  });

  test('reports a store that fails, and a store with endless conflicts', async () => {
    const failing = { load: () => Promise.reject(new Error('No network')), save: async () => true };
    await expect(conversation({ id: 'chat', store: failing }).getMessages()).rejects.toMatchObject({
      name: 'HostError',
      code: 'conversation.store',
      message: expect.stringContaining('The store of conversation "chat" failed: No network.'),
    });
    const busy = { load: async () => undefined, save: async () => false };
    await expect(conversation({ id: 'chat', store: busy }).append([asUser('A')])).rejects.toMatchObject({
      code: 'conversation.busy',
      message: expect.stringContaining('was changed by other writers during each of 10 tries'),
    });
  });
});
