import { expect, test } from 'vitest';
import { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import { createState } from './state.ts';
import { getVisibleHistory, withEdits, withFilteredHistory, withMessages } from './visible-history.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((content): Message => ({ role: 'user', content }));
const [x, y] = ['x', 'y'].map((content): Message => ({ role: 'user', content }));
const all = [a, b, c, d].flatMap((message) => message ?? []);

function texts({ messages }: History): string {
  return messages.map(({ content }) => content).join('');
}

function state() {
  return createState(History.from(all));
}

test('changes the visible history only; later messages are in both histories', () => {
  const shown = withMessages(
    withFilteredHistory(state(), [{ from: 0, to: 2, messages: [x as Message] }]),
    y as Message,
  );
  expect(texts(getVisibleHistory(shown))).toBe('xcdy');
  expect(texts(shown.history)).toBe('abcdy');
  expect(shown.filteredHistory?.hiddenMessages).toEqual([a, b]);
});

test('applies the next filter to the whole history, and shows everything without edits', () => {
  const first = withFilteredHistory(state(), [{ from: 0, to: 3, messages: [] }]);
  expect(texts(getVisibleHistory(withFilteredHistory(first, [{ from: 3, to: 4, messages: [] }])))).toBe('abc');
  expect(texts(getVisibleHistory(withFilteredHistory(first, [])))).toBe('abcd');
});

test.each([
  { what: 'one part of the history', from: 1, to: 3, seen: 'ayd', history: 'ayd' },
  { what: 'nothing, behind a message of the history', from: 3, to: 3, seen: 'abcyd', history: 'abcyd' },
])('edits the whole history if there is no filter: $what', ({ from, to, seen, history }) => {
  const edited = withEdits(state(), [{ from, to, messages: [y as Message] }]);
  expect(texts(getVisibleHistory(edited))).toBe(seen);
  expect(texts(edited.history)).toBe(history);
});

test.each([
  // The agent sees x, b, d, and the later messages e, f, g.
  { what: 'what only the agent sees', from: 0, to: 1, seen: 'ybdefg', history: 'abcdefg' },
  { what: 'a message from before the handoff', from: 1, to: 2, seen: 'xydefg', history: 'abcdefg' },
  { what: 'messages from before it and since', from: 2, to: 4, seen: 'xbyfg', history: 'abcdefg' },
  { what: 'messages since it', from: 3, to: 5, seen: 'xbdyg', history: 'abcdyg' },
  { what: 'nothing, between messages since it', from: 4, to: 4, seen: 'xbdeyfg', history: 'abcdeyfg' },
  { what: 'nothing, before everything', from: 0, to: 0, seen: 'yxbdefg', history: 'abcdefg' },
  { what: 'nothing, at the end', from: 6, to: 6, seen: 'xbdefgy', history: 'abcdefgy' },
])('edits a filtered history: $what', ({ from, to, seen, history }) => {
  const edited = withEdits(shown(), [{ from, to, messages: [y as Message] }]);
  expect(texts(getVisibleHistory(edited))).toBe(seen);
  expect(texts(edited.history)).toBe(history);
  const hidden = [...(edited.filteredHistory?.hiddenMessages ?? []), ...edited.replacedMessages].map(
    ({ content }) => content,
  );
  for (const letter of 'abcdefg') expect([...texts(getVisibleHistory(edited)), ...hidden]).toContain(letter);
});

test('applies a second edit to messages after the handoff', () => {
  const once = withEdits(shown(), [{ from: 3, to: 5, messages: [y as Message] }]);
  const twice = withEdits(once, [{ from: 3, to: 5, messages: [x as Message] }]);
  expect([texts(getVisibleHistory(twice)), texts(twice.history)]).toEqual(['xbdx', 'abcdx']);
});

test('removes a part only together with the part whose replacement may contain it', () => {
  // One summary stands for d and f.
  const edited = withEdits(shown(), [
    { from: 2, to: 3, messages: [y as Message] },
    { from: 4, to: 5, messages: [] },
  ]);
  expect(texts(getVisibleHistory(edited))).toBe('xbyeg');
  expect(texts(edited.history)).toBe('abcdefg');
});

function shown() {
  const view = withFilteredHistory(state(), [
    { from: 0, to: 1, messages: [x as Message] },
    { from: 2, to: 3, messages: [] },
  ]);
  return withMessages(view, ...['e', 'f', 'g'].map((content): Message => ({ role: 'user', content })));
}

test('never reuses ids of calls that the agent does not see', () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } } as const;
  const begun = createState(
    History.from([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'seen' },
    ]),
  );
  const { history } = withFilteredHistory(begun, [{ from: 1, to: 3, messages: [] }]).filteredHistory ?? begun;
  const { message } = history.admit({ role: 'assistant', content: null, tool_calls: [call] });
  expect(message.tool_calls?.[0]?.id).toBe('call_1_2');
});
