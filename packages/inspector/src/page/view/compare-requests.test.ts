import { expect, test } from 'vitest';
import { compareRequests, parseBody } from './compare-requests.ts';

const say = (content: string) => ({ role: 'user', content });
const tool = (name: string, description = '') => ({ type: 'function', function: { name, description } });

test('a request that appends messages keeps the cached prefix', () => {
  const previous = { model: 'm', messages: [say('a'), say('b')] };
  const diff = compareRequests(previous, { model: 'm', messages: [say('a'), say('b'), say('c')] });
  expect(diff).toEqual({ sameStart: 2, sameEnd: 0, removed: [], added: [say('c')], fields: [], brokenBy: undefined });
});

test('a message that is replaced breaks the prefix where it was', () => {
  const previous = { messages: [say('a'), say('long'), say('b')] };
  const diff = compareRequests(previous, { messages: [say('a'), say('short'), say('b'), say('c')] });
  expect(diff).toMatchObject({ sameStart: 1, sameEnd: 0, brokenBy: 'message 2' });
});

test('messages that stay behind a change are the common end', () => {
  const previous = { messages: [say('a'), say('b'), say('c'), say('d')] };
  const diff = compareRequests(previous, { messages: [say('summary'), say('d')] });
  expect(diff).toMatchObject({
    sameStart: 0,
    sameEnd: 1,
    removed: [say('a'), say('b'), say('c')],
    added: [say('summary')],
  });
});

test('equal messages are counted once', () => {
  const diff = compareRequests({ messages: [say('a'), say('a')] }, { messages: [say('a'), say('a'), say('a')] });
  expect(diff).toMatchObject({ sameStart: 2, sameEnd: 0, removed: [], added: [say('a')] });
});

test('tools are compared by name, and a changed one breaks the prefix', () => {
  const previous = { tools: [tool('look'), tool('pay', 'Pays.')], messages: [say('a')] };
  const diff = compareRequests(previous, {
    tools: [tool('look'), tool('pay', 'Pays now.'), tool('find')],
    messages: [say('a')],
  });
  expect(diff.fields.map(({ name }) => name)).toEqual(['tools.pay', 'tools.find']);
  expect(diff.brokenBy).toBe('tools.pay');
});

test('tools in another order break the prefix', () => {
  const diff = compareRequests({ tools: [tool('a'), tool('b')] }, { tools: [tool('b'), tool('a')] });
  expect(diff.brokenBy).toBe('tools (order)');
});

test('a setting that is no part of the prompt does not break the prefix', () => {
  const diff = compareRequests({ max_tokens: 10, messages: [say('a')] }, { max_tokens: 20, messages: [say('a')] });
  expect(diff.fields).toEqual([{ name: 'max_tokens', before: 10, after: 20 }]);
  expect(diff.brokenBy).toBeUndefined();
});

test.each(['[1]', 'null', '{"a":', ''])('%j is no body', (text) => {
  expect(parseBody(text)).toBeUndefined();
});
