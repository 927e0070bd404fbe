import { describe, expect, test } from 'vitest';
import type { Message } from './message.ts';
import { readInput } from './read-input.ts';

const call = { id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } };
const withCalls = (calls: unknown) => [{ role: 'assistant', content: null, tool_calls: calls }];

describe('rejects an input, with the position and the value', () => {
  test.each([
    ['null', null, 'The input is null.'],
    ['nothing', undefined, 'The input is undefined.'],
    ['a number', 7, 'The input is a number.'],
    ['an object', { role: 'user' }, 'The input is an object.'],
    ['a message that is a list', [[]], 'messages[0] has no role: it is a list.'],
    ['a message without a role', [{ role: 'user', content: 'Go.' }, { content: 'Go.' }], 'messages[1] has no role'],
    ['a role that is not a text', [{ role: 7 }], 'messages[0] has no role: it is an object.'],
    ['calls that are not a list', withCalls({}), 'messages[0].tool_calls is an object.'],
    ['calls that are a text', withCalls('a'), 'messages[0].tool_calls is a string.'],
    ['a call that is null', withCalls([call, null]), 'messages[0].tool_calls[1] is not a tool call.'],
    [
      'a call without a type',
      withCalls([{ ...call, type: undefined }]),
      'messages[0].tool_calls[0] is not a tool call.',
    ],
    [
      'a call without a function',
      withCalls([{ id: 'a', type: 'function' }]),
      'messages[0].tool_calls[0] is not a tool call.',
    ],
    [
      'a call without a name',
      withCalls([{ ...call, function: { arguments: '{}' } }]),
      'messages[0].tool_calls[0] is not a tool call.',
    ],
    [
      'arguments that are an object',
      withCalls([{ ...call, function: { name: 'look', arguments: {} } }]),
      'messages[0].tool_calls[0].function.arguments is an object.',
    ],
    [
      'a custom tool’s input that is a list',
      withCalls([{ id: 'a', type: 'custom', custom: { name: 'run', input: [] } }]),
      'messages[0].tool_calls[0].function.arguments is a list.',
    ],
    [
      'what is no JSON',
      [{ role: 'user', content: () => 'Go.' }],
      'messages[0].content is a function, which JSON cannot represent.',
    ],
  ])('%s', (_, input, message) => {
    expect(() => readInput(input as unknown as string)).toThrow(message); // Whatever a caller without types may pass.
  });
});

describe('accepts an input', () => {
  test.each([
    ['without calls', [{ role: 'assistant', content: 'Hi.' }]],
    ['with null in place of calls', [{ role: 'assistant', content: 'Hi.', tool_calls: null }]],
    [
      'with calls in a message of another role, which are ignored',
      [{ role: 'user', content: 'Hi.', tool_calls: 'none' }],
    ],
    ['with a call that has no arguments', withCalls([{ ...call, function: { name: 'look' } }])],
  ])('%s', (_, input) => {
    expect(() => readInput(input as readonly Message[])).not.toThrow();
  });

  test('as a copy', () => {
    const message = { role: 'user' as const, content: 'Go.' };
    const { messages } = readInput([message]);
    message.content = 'Stop.';
    expect(messages).toEqual([{ role: 'user', content: 'Go.' }]);
  });
});
