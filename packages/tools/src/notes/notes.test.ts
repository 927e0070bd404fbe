import { Agent, memoryConversations } from '@pawl/core';
import { sqliteConversations } from '@pawl/core/sqlite';
import { respond, scriptedModel, testTool } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSandbox } from '../files/sandbox.fixture.ts';
import { notes } from './notes.ts';

function createPath() {
  const box = createSandbox();
  onTestFinished(() => box.remove());
  return box.resolve('notes.db');
}

function openStore(path: string) {
  const store = sqliteConversations(path);
  onTestFinished(() => store.close());
  return store;
}

describe.each([
  ['memory', () => memoryConversations()],
  ['SQLite', () => openStore(createPath())],
])('in %s', (_, open) => {
  test('writes, reads, lists, replaces and deletes notes', async () => {
    const { call } = testTool(notes({ store: open(), id: 'ada' }));
    expect(await call({ action: 'read' })).toMatchObject({ content: 'There are no notes.' });
    expect(await call({ action: 'write', key: 'colour', text: 'green' })).toMatchObject({
      content: 'Stored: colour.',
    });
    await call({ action: 'write', key: 'long', text: 'x'.repeat(200) });
    await call({ action: 'write', key: 'colour', text: 'blue' });
    expect(await call({ action: 'read', key: 'colour' })).toMatchObject({ content: 'blue' });
    expect(await call({ action: 'read' })).toMatchObject({ content: `colour: blue\nlong: ${'x'.repeat(100)}…` });
    expect(await call({ action: 'delete', key: 'long' })).toMatchObject({ content: 'Deleted: long.' });
    expect(await call({ action: 'read', key: 'long' })).toMatchObject({
      status: 'failed',
      content: 'There is no note "long". Existing keys: colour.',
    });
  });

  test('keeps the notes of each id separate, and separate from a conversation of the same id', async () => {
    const store = open();
    await store.save('ada', { version: 0, keep: 0, messages: [{ role: 'user', content: 'Hi.' }] });
    await testTool(notes({ store, id: 'ada' })).call({ action: 'write', key: 'secret', text: 'Ada’s' });
    const { call } = testTool(notes({ store, id: (context: { user: string }) => context.user }), {
      context: { user: 'bob' },
    });
    expect(await call({ action: 'read' })).toMatchObject({ content: 'There are no notes.' });
    expect((await store.load('ada'))?.messages).toEqual([{ role: 'user', content: 'Hi.' }]);
  });

  test('loses no note when several calls write at the same time', async () => {
    const { call } = testTool(notes({ store: open(), id: 'ada' }));
    const keys = Array.from({ length: 6 }, (_, index) => `key${index}`);
    await Promise.all(keys.map((key) => call({ action: 'write', key, text: key })));
    for (const key of keys) expect(await call({ action: 'read', key })).toMatchObject({ content: key });
  });

  test.each([
    [{ action: 'write', key: 'a' }, 'needs a key and a text'],
    [{ action: 'delete' }, 'needs a key'],
    [{ action: 'write', key: 'a', text: 'x'.repeat(11) }, 'text'],
    [{ action: 'write', key: 'k'.repeat(101), text: 'x' }, 'key'],
    [{ action: 'forget', key: 'a' }, 'action'],
  ])('refuses the input %j with the reason', async (input, problem) => {
    const { call } = testTool(notes({ store: open(), id: 'ada', maxLength: 10 }));
    expect(await call(input)).toMatchObject({ status: 'failed', content: expect.stringContaining(problem) });
  });

  test('refuses a note above the limit, and still replaces an existing one', async () => {
    const { call } = testTool(notes({ store: open(), id: 'ada', maxNotes: 2 }));
    await call({ action: 'write', key: 'a', text: '1' });
    await call({ action: 'write', key: 'b', text: '2' });
    expect(await call({ action: 'write', key: 'c', text: '3' })).toMatchObject({
      content: expect.stringContaining('Delete notes first. Existing keys: a, b.'),
    });
    expect(await call({ action: 'write', key: 'b', text: '4' })).toMatchObject({ status: 'finished' });
  });

  test.each(['__proto__', 'constructor', 'toString'])('accepts the key %s', async (key) => {
    const { call } = testTool(notes({ store: open(), id: 'ada' }));
    expect(await call({ action: 'read', key })).toMatchObject({ status: 'failed' });
    await call({ action: 'write', key, text: 'mine' });
    expect(await call({ action: 'read', key })).toMatchObject({ content: 'mine' });
  });
});

test('reads notes of another store on the same file', async () => {
  const path = createPath();
  const model = () => scriptedModel([respond.call('notes', { action: 'read' }), respond.text('Read.')]);
  await testTool(notes({ store: openStore(path), id: 'ada' })).call({ action: 'write', key: 'colour', text: 'green' });
  const agent = new Agent({ model: model(), tools: [notes({ store: openStore(path), id: 'ada' })] });
  expect((await agent.run('What do you know?')).messages.at(-2)).toMatchObject({ content: 'colour: green' });
});

test('has no warnings', () => {
  const { warnings } = testTool(notes({ store: memoryConversations(), id: 'ada' }));
  expect(warnings).toEqual([]);
});
