import { Agent, ConfigError } from '@pawl/core';
import { respond, scriptedModel, testTool } from '@pawl/testing';
import { expect, test } from 'vitest';
import { todo } from './todo.ts';

const items = [
  { text: 'Read\nthe test', status: 'done' },
  { text: 'Fix it', status: 'doing' },
  { text: 'Run it', status: 'open' },
];

test('returns the plan with the number of remaining items', async () => {
  const { call } = testTool(todo());
  expect(await call({ items })).toMatchObject({
    status: 'finished',
    content: '[x] Read the test\n[>] Fix it\n[ ] Run it\n2 of 3 items remain.',
  });
  expect(await call({ items: [{ text: 'Read', status: 'done' }] })).toMatchObject({
    content: '[x] Read\nAll items are done.',
  });
  expect(await call({ items: [] })).toMatchObject({ content: 'The plan is empty.' });
});

test.each([
  ['two items in progress', [items[1], items[1]], 'threw', '2 items are "doing"'],
  ['an empty item', [{ text: '', status: 'open' }], 'invalid', 'items[0].text'],
  ['an unknown status', [{ text: 'a', status: 'later' }], 'invalid', 'items[0].status'],
  ['too many items', Array.from({ length: 4 }, () => items[0]), 'invalid', 'items'],
])('refuses a plan of %s with the reason', async (_, plan, reason, problem) => {
  const called = await testTool(todo({ maxItems: 3 })).call(JSON.stringify({ items: plan }));
  expect(called).toMatchObject({ status: 'failed', reason, content: expect.stringContaining(problem) });
});

test('keeps the plan in the conversation', async () => {
  const model = scriptedModel([
    respond.calls([{ name: 'todo', arguments: JSON.stringify({ items }) }]),
    respond.text('Planned.'),
  ]);
  const { messages } = await new Agent({ model, tools: [todo()] }).run('Plan.');
  expect(messages.at(-2)).toMatchObject({ role: 'tool', content: expect.stringContaining('[>] Fix it') });
});

test('has no warnings, and refuses an invalid limit', () => {
  expect(testTool(todo()).warnings).toEqual([]);
  expect(() => todo({ maxItems: 0 })).toThrow(ConfigError);
});
