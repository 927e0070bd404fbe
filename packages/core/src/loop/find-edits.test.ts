import { expect, test } from 'vitest';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import type { HistoryEdit } from '../event/history-edit.ts';
import { findEdits } from './find-edits.ts';
import { createState } from './state.ts';
import { withEdits } from './visible-history.ts';

const createMessage = (content: string): Message => ({ role: 'user', content });
const [a, b, c, d, x, y] = [
  createMessage('a'),
  createMessage('b'),
  createMessage('c'),
  createMessage('d'),
  createMessage('x'),
  createMessage('y'),
] as const;

const rows: readonly (readonly [string, readonly Message[], readonly HistoryEdit[]])[] = [
  ['nothing', [a, b, c, d], []],
  ['a message before all others', [x, a, b, c, d], [{ from: 0, to: 0, messages: [x] }]],
  ['a message between two', [a, x, b, c, d], [{ from: 1, to: 1, messages: [x] }]],
  ['messages after all others', [a, b, c, d, x, y], [{ from: 4, to: 4, messages: [x, y] }]],
  ['a message in the place of two', [a, x, d], [{ from: 1, to: 3, messages: [x] }]],
  ['a removed message', [a, c, d], [{ from: 1, to: 2, messages: [] }]],
  ['removed last messages', [a, b], [{ from: 2, to: 4, messages: [] }]],
  ['a removal of all messages', [], [{ from: 0, to: 4, messages: [] }]],
  [
    'two separate changes',
    [x, b, y, d],
    [
      { from: 0, to: 1, messages: [x] },
      { from: 2, to: 3, messages: [y] },
    ],
  ],
  [
    'a message that moves forward',
    [a, d, b, c],
    [
      { from: 1, to: 3, messages: [] },
      { from: 4, to: 4, messages: [b, c] },
    ],
  ],
  ['a repeated message', [a, a, b, c, d], [{ from: 1, to: 1, messages: [a] }]],
];

test.each(rows)('finds the edits between two lists: %s', (_, after, edits) => {
  const before = [a, b, c, d];
  expect(findEdits(before, after)).toEqual(edits);
  const state = withEdits({ ...createState(History.from(before)), replacedMessages: [y] }, edits);
  expect(state.history.messages).toEqual(after);
  expect(state.replacedMessages).toEqual([y, ...edits.flatMap(({ from, to }) => before.slice(from, to))]);
});

test('keeps the counted prefix without edits, and clears it with edits', () => {
  const countedPrefix = { tokens: 10, messages: 1 };
  const state = { ...createState(History.from([a])), countedPrefix };
  expect(withEdits(state, []).countedPrefix).toBe(countedPrefix);
  expect(withEdits(state, [{ from: 0, to: 1, messages: [b] }]).countedPrefix).toBeUndefined();
});
