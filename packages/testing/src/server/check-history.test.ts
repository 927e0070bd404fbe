import { expect, test } from 'vitest';
import { checkHistory } from './check-history.ts';

const user = { role: 'user', content: 'Go.' };

function assistant(...ids: readonly string[]): Record<string, unknown> {
  return { role: 'assistant', content: null, tool_calls: ids.map((id) => call(id)) };
}

function call(id: string, called: Record<string, unknown> = {}): Record<string, unknown> {
  return { id, type: 'function', function: { name: 'add', arguments: '{}', ...called } };
}

function custom(called: unknown): Record<string, unknown> {
  return { role: 'assistant', content: null, tool_calls: [{ id: 'a', type: 'custom', custom: called }] };
}

function result(id: string): Record<string, unknown> {
  return { role: 'tool', tool_call_id: id, content: 'done' };
}

test('finds no fault in a conversation with parallel calls, answered in any order', () => {
  const messages = [
    { role: 'developer', content: 'Be brief.' },
    user,
    assistant('a', 'b'),
    result('b'),
    result('a'),
    { role: 'assistant', content: 'Done.' },
    user,
    assistant('a'),
    result('a'),
    { role: 'assistant', content: null, refusal: 'No.' },
  ];
  expect(checkHistory(messages)).toEqual([]);
});

test('accepts any text as the input of a custom call', () => {
  expect(checkHistory([user, custom({ name: 'sql', input: '' }), result('a')])).toEqual([]);
});

const unanswered =
  "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages:";
const orphan =
  "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";

test.each([
  [
    'a call that is not answered at the end',
    [user, assistant('a', 'b'), result('a')],
    [`messages[1].tool_calls: ${unanswered} b`],
  ],
  [
    'calls that are not answered before the next message',
    [assistant('a', 'b'), user],
    [`messages[0].tool_calls: ${unanswered} a, b`],
  ],
  ['a result without a call', [user, result('a')], [`messages[1].role: ${orphan}`]],
  ['a result after another message', [assistant('a'), result('a'), user, result('a')], [`messages[3].role: ${orphan}`]],
  [
    'a result of another call',
    [assistant('a'), result('a'), result('x')],
    [
      "messages[2].tool_call_id: Invalid parameter: 'tool_call_id' of 'x' not found in 'tool_calls' of previous message.",
    ],
  ],
  [
    'a second result of one call',
    [assistant('a'), result('a'), result('a')],
    [
      "messages[2].tool_call_id: Invalid parameter: 'tool_call_id' of 'a' was already answered by a message with role 'tool'.",
    ],
  ],
  [
    'two calls with one id',
    [assistant('a', 'a'), result('a')],
    ["messages[0].tool_calls[1].id: Invalid parameter: duplicate 'id' of 'a' in 'tool_calls' of one message."],
  ],
  [
    'arguments that are not JSON',
    [{ role: 'assistant', content: null, tool_calls: [call('a', { arguments: '{"a":' })] }, result('a')],
    ['messages[0].tool_calls[0].function.arguments: Invalid parameter: expected a string of JSON, but got \'{"a":\'.'],
  ],
  [
    'arguments as an object',
    [{ role: 'assistant', content: null, tool_calls: [call('a', { arguments: {} })] }, result('a')],
    [
      "messages[0].tool_calls[0].function.arguments: Invalid type for 'messages[0].tool_calls[0].function.arguments': expected a string, but got an object instead.",
    ],
  ],
  [
    'a tool name with a space',
    [{ role: 'assistant', content: null, tool_calls: [call('a', { name: 'add up' })] }, result('a')],
    [
      "messages[0].tool_calls[0].function.name: Invalid 'messages[0].tool_calls[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]{1,64}$', but got 'add up'.",
    ],
  ],
  [
    'a custom call without a custom tool',
    [custom(undefined), result('a')],
    ["messages[0].tool_calls[0].custom: Missing required parameter: 'messages[0].tool_calls[0].custom'."],
  ],
  [
    'an input of a custom call that is not a text',
    [custom({ name: 'sql', input: {} }), result('a')],
    [
      "messages[0].tool_calls[0].custom.input: Invalid type for 'messages[0].tool_calls[0].custom.input': expected a string, but got an object instead.",
    ],
  ],
  [
    'an empty list of calls',
    [{ role: 'assistant', content: 'x', tool_calls: [] }],
    [
      "messages[0].tool_calls: Invalid 'messages[0].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ],
  ],
  [
    'an empty assistant message',
    [{ role: 'assistant', content: null }],
    ["messages[0].content: Invalid value for 'content': expected a string, got null."],
  ],
  [
    'a result without content',
    [assistant('a'), { role: 'tool', tool_call_id: 'a', content: null }],
    ["messages[1].content: Invalid value for 'content': expected a string, got null."],
  ],
  [
    'an unknown role',
    [{ role: 'model', content: 'x' }],
    [
      "messages[0].role: Invalid value: 'model'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
    ],
  ],
])('names the place of %s', (_name, messages, faults) => {
  expect(checkHistory(messages)).toEqual(faults);
});
