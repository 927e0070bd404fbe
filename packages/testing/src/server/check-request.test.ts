import { expect, test } from 'vitest';
import { checkRequest } from './check-request.ts';

const messages = [{ role: 'user', content: 'Go.' }];

function offered(called: Record<string, unknown>): Record<string, unknown> {
  return { type: 'function', function: called };
}

const add = offered({ name: 'add', parameters: { type: 'object', properties: {} } });

test('accepts a request with tools, tool_choice and stream', () => {
  const tool_choice = { type: 'function', function: { name: 'add' } };
  const body = { messages, tools: [add, offered({ name: 'now' })], tool_choice, stream: true, stream_options: {} };
  expect(checkRequest(body)).toBe(undefined);
});

const sql = custom({ name: 'sql', format: { type: 'text' } });

function custom(offering: Record<string, unknown>): Record<string, unknown> {
  return { type: 'custom', custom: offering };
}

test.each([
  { type: 'custom', custom: { name: 'sql' } },
  {
    type: 'allowed_tools',
    allowed_tools: {
      mode: 'auto',
      tools: [
        { type: 'custom', custom: { name: 'sql' } },
        { type: 'function', function: { name: 'add' } },
      ],
    },
  },
])('accepts a request with custom tools and tool_choice %j', (tool_choice) => {
  const grammar = { syntax: 'lark', definition: 'start: "a"' };
  const tools = [add, sql, custom({ name: 'lark', format: { type: 'grammar', grammar } })];
  expect(checkRequest({ messages, tools, tool_choice })).toBe(undefined);
});

test('treats null as absent for optional fields', () => {
  expect(checkRequest({ messages, tools: null, tool_choice: null, stream_options: null })).toBe(undefined);
});

test.each([
  ['no messages', {}, 'messages', 'missing_required_parameter', "Missing required parameter: 'messages'."],
  [
    'messages that are a text',
    { messages: 'hi' },
    'messages',
    'invalid_type',
    "Invalid type for 'messages': expected an array of objects, but got a string instead.",
  ],
  [
    'an empty list of messages',
    { messages: [] },
    'messages',
    'empty_array',
    "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  ],
  [
    'an empty list of tools',
    { messages, tools: [] },
    'tools',
    'empty_array',
    "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
  ],
  [
    'a name that is too long',
    { messages, tools: [offered({ name: 'a'.repeat(65) })] },
    'tools[0].function.name',
    'string_above_max_length',
    "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 65 instead.",
  ],
  [
    'parameters that are not an object',
    { messages, tools: [add, offered({ name: 'all', parameters: { type: 'array' } })] },
    'tools[1].function.parameters',
    'invalid_function_parameters',
    "Invalid schema for function 'all': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
  ],
  [
    'two tools with one name',
    { messages, tools: [add, add] },
    'tools[1].function.name',
    'invalid_value',
    "Invalid 'tools': tool names must be unique, but 'add' is there more than once.",
  ],
  [
    'a choice without tools',
    { messages, tool_choice: 'auto' },
    'tool_choice',
    null,
    "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
  ],
  [
    'a choice of a tool that is not offered',
    { messages, tools: [add], tool_choice: { type: 'function', function: { name: 'sub' } } },
    'tool_choice',
    null,
    "Invalid value for 'tool_choice': tool 'sub' not found in 'tools' parameter.",
  ],
  [
    'a function that is chosen as a custom tool',
    { messages, tools: [add], tool_choice: { type: 'custom', custom: { name: 'add' } } },
    'tool_choice',
    null,
    "Invalid value for 'tool_choice': custom tool 'add' not found in 'tools' parameter.",
  ],
  [
    'an allowed tool that is not offered',
    {
      messages,
      tools: [sql],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'custom', custom: { name: 'js' } }] },
      },
    },
    'tool_choice',
    null,
    "Invalid value for 'tool_choice': custom tool 'js' not found in 'tools' parameter.",
  ],
  [
    'allowed tools without a list',
    { messages, tools: [sql], tool_choice: { type: 'allowed_tools' } },
    'tool_choice.allowed_tools.tools',
    'missing_required_parameter',
    "Missing required parameter: 'tool_choice.allowed_tools.tools'.",
  ],
  [
    'an empty custom tool',
    { messages, tools: [{ type: 'custom' }] },
    'tools[0].custom',
    'missing_required_parameter',
    "Missing required parameter: 'tools[0].custom'.",
  ],
  [
    'a function and a custom tool with one name',
    { messages, tools: [add, custom({ name: 'add' })] },
    'tools[1].custom.name',
    'invalid_value',
    "Invalid 'tools': tool names must be unique, but 'add' is there more than once.",
  ],
  [
    'an unknown format',
    { messages, tools: [custom({ name: 'sql', format: { type: 'json' } })] },
    'tools[0].custom.format.type',
    'invalid_value',
    "Invalid value: 'json'. Supported values are: 'text' and 'grammar'.",
  ],
  [
    'an unknown syntax',
    {
      messages,
      tools: [custom({ name: 'sql', format: { type: 'grammar', grammar: { syntax: 'ebnf', definition: 'a' } } })],
    },
    'tools[0].custom.format.grammar.syntax',
    'invalid_value',
    "Invalid value: 'ebnf'. Supported values are: 'lark' and 'regex'.",
  ],
  [
    'stream options without a stream',
    { messages, stream_options: { include_usage: true } },
    'stream_options',
    null,
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
  ],
])('refuses %s like OpenAI', (_name, body, param, code, message) => {
  expect(checkRequest(body)).toEqual({ message, param, code });
});

test.each(['oneOf', 'anyOf', 'allOf', 'enum', 'not'])('refuses parameters with %s at the root', (keyword) => {
  const tools = [offered({ name: 'all', parameters: { type: 'object', [keyword]: [{}] } })];
  expect(checkRequest({ messages, tools })).toEqual({
    message:
      "Invalid schema for function 'all': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
    param: 'tools[0].function.parameters',
    code: 'invalid_function_parameters',
  });
});
