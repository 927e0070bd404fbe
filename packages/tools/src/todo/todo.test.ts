import { Agent, ConfigError } from '@pawl/core';
import { respond, scriptedModel, testTool } from '@pawl/testing';
import { expect, test } from 'vitest';
import { todo } from './todo.ts';

const items = [
  { text: 'Read\nthe test', status: 'done' },
  { text: 'Mend it', status: 'doing' },
  { text: 'Run it', status: 'open' },
];

test('the plan is read back, with what is left', async () => {
  const { call } = testTool(todo());
  expect(await call({ items })).toMatchObject({
    status: 'finished',
    content: '[x] Read the test\n[>] Mend it\n[ ] Run it\n2 of 3 left.',
  });
  expect(await call({ items: [{ text: 'Read', status: 'done' }] })).toMatchObject({
    content: '[x] Read\nAll is done.',
  });
  expect(await call({ items: [] })).toMatchObject({ content: 'The plan is empty.' });
});

test.each([
  ['two things at once', [items[1], items[1]], 'threw', '2 items are "doing"'],
  ['an item without words', [{ text: '', status: 'open' }], 'invalid', 'items[0].text'],
  ['another status', [{ text: 'a', status: 'later' }], 'invalid', 'items[0].status'],
  ['more than there may be', Array.from({ length: 4 }, () => items[0]), 'invalid', 'items'],
])('a plan of %s is refused with the reason', async (_, given, reason, told) => {
  const called = await testTool(todo({ maxItems: 3 })).call(JSON.stringify({ items: given }));
  expect(called).toMatchObject({ status: 'failed', reason, content: expect.stringContaining(told) });
});

test('the plan goes along with the conversation', async () => {
  const model = scriptedModel([
    respond.calls([{ name: 'todo', arguments: JSON.stringify({ items }) }]),
    respond.text('Planned.'),
  ]);
  const { messages } = await new Agent({ model, tools: [todo()] }).run('Plan.');
  expect(messages.at(-2)).toMatchObject({ role: 'tool', content: expect.stringContaining('[>] Mend it') });
});

test('it has nothing that models stumble over', () => {
  expect(testTool(todo()).warnings).toEqual([]);
  expect(() => todo({ maxItems: 0 })).toThrow(ConfigError);
});
