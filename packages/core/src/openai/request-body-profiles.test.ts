import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { AssistantMessage, Message } from '../chat/message.ts';
import type { ChatRequest, ToolChoice, ToolObject } from '../chat/request.ts';
import type { JsonSchema } from '../schema/json-schema.ts';
import { tool } from '../tool/tool.ts';
import { type Profile, resolveProfile } from './profile.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { buildRequestBody } from './request-body.ts';

/** The body that such a server gets, without the model name. */
function sent(
  request: Partial<ChatRequest>,
  changes: Partial<Profile> & { readonly base?: ProfileName } = {},
): unknown {
  const profile = resolveProfile(changes, { known: PROFILES, suggested: PROFILES.compatible });
  const { model: _, ...body } = JSON.parse(
    buildRequestBody({ messages: [], ...request }, { model: 'm', profile }).toText(),
  );
  return body;
}

const look: ToolObject = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } };
const write: ToolObject = { type: 'function', function: { name: 'write', strict: true } };
const sql: ToolObject = {
  type: 'custom',
  custom: {
    name: 'sql',
    description: 'Asks.',
    format: { type: 'grammar', grammar: { syntax: 'regex', definition: '^S' } },
  },
};
const sqlFunction = {
  type: 'function',
  function: {
    name: 'sql',
    description: 'Asks.',
    parameters: {
      type: 'object',
      properties: {
        input: { type: 'string', description: 'Text that matches this regular expression as a whole: ^S' },
      },
      required: ['input'],
      additionalProperties: false,
    },
  },
};
const named: ToolChoice = { type: 'function', function: { name: 'look' } };
const allowed: ToolChoice = { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [named] } };

function jsonSchemaOf(parameters: JsonSchema): readonly ToolObject[] {
  return [{ type: 'function', function: { name: 'pair', parameters } }];
}

describe('tools and tool_choice', () => {
  test.each<[string, Partial<Profile>, ToolChoice, unknown]>([
    ['unchanged if the server supports it', {}, named, { messages: [], tools: [look, write], tool_choice: named }],
    ['none as no tools', { toolChoices: ['auto'] }, 'none', { messages: [] }],
    ['auto as no field', { toolChoices: [] }, 'auto', { messages: [], tools: [look, write] }],
    [
      'required, although the server does not support it',
      { toolChoices: [] },
      'required',
      { messages: [], tools: [look, write], tool_choice: 'required' },
    ],
    [
      'a name as that tool alone, with required',
      { toolChoices: ['required'] },
      named,
      { messages: [], tools: [look], tool_choice: 'required' },
    ],
    ['a name as that tool alone', { toolChoices: [] }, named, { messages: [], tools: [look] }],
    ['allowed tools as the only tools', {}, allowed, { messages: [], tools: [look], tool_choice: 'required' }],
    [
      'a custom tool by the name of its function',
      {},
      { type: 'custom', custom: { name: 'look' } },
      { messages: [], tools: [look, write], tool_choice: named },
    ],
  ])('sends a tool choice: %s', (_, changes, toolChoice, body) => {
    expect(sent({ tools: [look, write], tool_choice: toolChoice }, { strictSchemas: true, ...changes })).toEqual(body);
  });

  test('sends a custom tool, its choice and its calls unchanged to a server that supports them', () => {
    const choice: ToolChoice = { type: 'custom', custom: { name: 'sql' } };
    const messages: Message[] = [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'S' } }],
      },
    ];
    expect(sent({ messages, tools: [sql], tool_choice: choice }, { base: 'openai' })).toEqual({
      messages,
      tools: [sql],
      tool_choice: choice,
    });
  });

  test('sends a custom tool and its calls as functions to other servers', () => {
    const messages: Message[] = [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'a "b"' } }],
      },
      { role: 'tool', tool_call_id: 'c', content: 'd' },
    ];
    expect(sent({ messages, tools: [sql] })).toEqual({
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'sql', arguments: '{"input":"a \\"b\\""}' } }],
        },
        messages[1],
      ],
      tools: [sqlFunction],
    });
  });

  test('sends a schema in the form and dialect of the server', () => {
    const { functionObject, strictReport } = tool({
      name: 'look',
      description: 'Looks.',
      input: z.object({ at: z.string().optional() }),
      execute: () => '',
    });
    const tools: readonly ToolObject[] = [{ type: 'function', function: functionObject }];
    const strict = {
      type: 'object',
      properties: { at: { type: ['string', 'null'] } },
      required: ['at'],
      additionalProperties: false,
    };
    const pair = jsonSchemaOf({ prefixItems: [{ type: 'string' }] });
    expect([
      strictReport,
      sent({ tools }),
      sent({ tools }, { strictSchemas: true }),
      sent({ tools: [{ type: 'function', function: { ...functionObject, strict: false } }] }, { strictSchemas: true }),
      sent({ tools: pair }, { schemaDialect: 'draft-07' }),
    ]).toEqual([
      [],
      { messages: [], tools },
      {
        messages: [],
        tools: [{ type: 'function', function: { ...functionObject, parameters: strict, strict: true } }],
      },
      { messages: [], tools: [{ type: 'function', function: { ...functionObject, strict: false } }] },
      { messages: [], tools: jsonSchemaOf({ items: [{ type: 'string' }] }) },
    ]);
  });

  test('omits strict from tools if the server does not support it', () => {
    expect(sent({ tools: [write] })).toEqual({
      messages: [],
      tools: [{ type: 'function', function: { name: 'write' } }],
    });
  });
});

describe('other fields', () => {
  test('omits refused hints, but never fields that affect the response', () => {
    expect(sent({ store: true, user: 'me', seed: 1 }, { omittedFields: ['store', 'user'] })).toEqual({
      messages: [],
      seed: 1,
    });
  });

  test('sends a field under the name and with the default of the server', () => {
    expect([
      sent({ seed: 1 }, { base: 'mistral' }),
      sent({ tools: [look] }, { base: 'llamacpp' }),
      sent({ tools: [look], parallel_tool_calls: false }, { base: 'llamacpp' }),
      sent({}, { base: 'llamacpp' }),
    ]).toEqual([
      { messages: [], random_seed: 1 },
      { messages: [], tools: [look], parallel_tool_calls: true },
      { messages: [], tools: [look], parallel_tool_calls: false },
      { messages: [] },
    ]);
  });

  test.each<[string, Partial<ChatRequest>, unknown]>([
    ['is not asked for', { stream: true }, { messages: [], stream: true }],
    [
      'is asked for where the user does',
      { stream: true, stream_options: { include_usage: true } },
      { messages: [], stream: true, stream_options: { include_usage: true } },
    ],
  ])('a stream that reports usage by default %s', (_, request, body) => {
    expect(sent(request, { streamOptions: false })).toEqual(body);
  });

  const schema = { type: 'object', properties: { a: { type: 'number' } } };
  const format = { type: 'json_schema', json_schema: { name: 'o', schema, strict: true } } as const;
  const instruction = `Answer with one JSON value and nothing else. It must match this JSON Schema:\n${JSON.stringify(schema)}`;

  test.each<[string, Partial<Profile>, unknown]>([
    ['is sent', { strictSchemas: true }, { messages: [], response_format: format }],
    [
      'is sent without strict',
      {},
      { messages: [], response_format: { type: 'json_schema', json_schema: { name: 'o', schema } } },
    ],
    [
      'becomes an instruction with JSON mode',
      { responseFormat: 'json_object' },
      { messages: [{ role: 'system', content: instruction }], response_format: { type: 'json_object' } },
    ],
    [
      'becomes an instruction without JSON mode',
      { responseFormat: 'none' },
      { messages: [{ role: 'system', content: instruction }] },
    ],
  ])('an output schema %s', (_, changes, body) => {
    expect(sent({ response_format: format }, changes)).toEqual(body);
  });

  test.each<[string, Message, unknown]>([
    ['text', { role: 'system', content: 'Be brief.' }, `Be brief.\n\n${instruction}`],
    [
      'parts',
      { role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] },
      [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: instruction },
      ],
    ],
  ])('appends the instruction to the first message: %s', (_, first, content) => {
    const messages: Message[] = [first, { role: 'user', content: 'Go' }];
    expect(sent({ messages, response_format: format }, { responseFormat: 'none' })).toEqual({
      messages: [{ role: 'system', content }, messages[1]],
    });
  });
});

describe('the legacy form', () => {
  const called: AssistantMessage = {
    role: 'assistant',
    content: 'Let me see.',
    tool_calls: [
      { id: 'a', type: 'function', function: { name: 'look', arguments: '{"x":1}' } },
      { id: 'b', type: 'custom', custom: { name: 'sql', input: 'S' } },
    ],
  };

  test('sends tools as functions, and calls and results in pairs', () => {
    const messages: Message[] = [
      { role: 'user', content: 'Go' },
      called,
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: 'two' },
    ];
    const request = { messages, tools: [look, write, sql], parallel_tool_calls: false };
    expect(sent(request, { base: 'legacy' })).toEqual({
      messages: [
        messages[0],
        { role: 'assistant', content: 'Let me see.', function_call: { name: 'look', arguments: '{"x":1}' } },
        { role: 'function', name: 'look', content: 'one' },
        { role: 'assistant', content: null, function_call: { name: 'sql', arguments: '{"input":"S"}' } },
        { role: 'function', name: 'sql', content: 'two' },
      ],
      functions: [look.type === 'function' && look.function, { name: 'write' }, sqlFunction.function],
    });
  });

  test.each<[ToolChoice, unknown]>([
    ['none', { function_call: 'none' }],
    ['auto', { function_call: 'auto' }],
    ['required', {}],
    [named, { function_call: { name: 'look' } }],
  ])('expresses the choice %j as far as the legacy form allows', (toolChoice, expected) => {
    expect(sent({ tools: [look], tool_choice: toolChoice }, { base: 'legacy' })).toEqual({
      messages: [],
      functions: [look.type === 'function' && look.function],
      ...(expected as object), // As given above.
    });
  });
});
