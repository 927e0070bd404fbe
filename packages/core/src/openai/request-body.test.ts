import { expect, test } from 'vitest';
import type { Message } from '../chat/message.ts';
import type { ChatRequest, FunctionToolObject } from '../chat/request.ts';
import { PROFILES } from './profiles.ts';
import { type BodyOptions, buildRequestBody } from './request-body.ts';

const user: Message = { role: 'user', content: 'Hi "you"\u2028' };
const call = { id: 'c1', type: 'function', function: { name: 'get', arguments: '{}' } } as const;
const tools: readonly FunctionToolObject[] = [{ type: 'function', function: { name: 'get', parameters: {} } }];

function body(request: ChatRequest, options: Partial<BodyOptions> = {}): string {
  return buildRequestBody(request, { model: 'm', profile: PROFILES.compatible, ...options }).toText();
}

const cases: readonly { readonly title: string; readonly json: string; readonly expected: string }[] = [
  {
    title: 'writes the keys in a fixed order: model, settings, tools, and messages at the end',
    json: body({ temperature: 0, tools, messages: [user], tool_choice: 'auto' }),
    expected: `{"model":"m","tool_choice":"auto","temperature":0,"tools":${JSON.stringify(tools)},"messages":[${JSON.stringify(user)}]}`,
  },
  {
    title: 'adds no field to a request with only messages',
    json: body({ messages: [] }),
    expected: '{"model":"m","messages":[]}',
  },
  {
    title: 'uses the model of the request',
    json: body({ messages: [], model: 'other' }),
    expected: '{"model":"other","messages":[]}',
  },
  {
    title: 'omits the tool choice without tools',
    json: body({ messages: [], tools: [], tool_choice: 'none', parallel_tool_calls: true }),
    expected: '{"model":"m","messages":[]}',
  },
  {
    title: 'requests the usage of a stream',
    json: body({ messages: [], stream: true }),
    expected: '{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]}',
  },
  {
    title: 'omits stream options that are null',
    json: body({ messages: [], stream: true, stream_options: null }),
    expected: '{"model":"m","stream":true,"messages":[]}',
  },
  {
    title: 'omits stream options without a stream',
    json: body({ messages: [], stream: false, stream_options: { include_usage: true } }),
    expected: '{"model":"m","messages":[]}',
  },
  {
    title: 'sends the token limit under the name that the server knows',
    json: body({ messages: [], max_completion_tokens: 5, max_tokens: 9 }),
    expected: '{"model":"m","max_tokens":5,"messages":[]}',
  },
  {
    title: 'never sends both names of the token limit',
    json: body({ messages: [], max_completion_tokens: 5, max_tokens: 9 }, { profile: PROFILES.openai }),
    expected: '{"model":"m","max_completion_tokens":5,"messages":[]}',
  },
  {
    title: 'sends max_tokens unchanged if it is alone',
    json: body({ messages: [], max_tokens: 9 }, { profile: PROFILES.openai }),
    expected: '{"model":"m","max_tokens":9,"messages":[]}',
  },
  {
    title: 'sends undocumented values unchanged',
    json: body({
      messages: [{ role: 'human', content: 'a' } as never],
      tools: [{ type: 'web_search' } as never, { type: 'builtin_function', function: { name: '$web' } } as never],
      response_format: { type: 'grammar', grammar: 'x' } as never,
    }),
    expected:
      '{"model":"m","response_format":{"type":"grammar","grammar":"x"},"tools":[{"type":"web_search"},{"type":"builtin_function","function":{"name":"$web"}}],"messages":[{"role":"human","content":"a"}]}',
  },
  {
    title: 'omits a field that is null',
    json: body({ messages: [], temperature: null, stop: null, store: null, seed: 0 }),
    expected: '{"model":"m","seed":0,"messages":[]}',
  },
  {
    title: 'prefers extraBody to the fields of the request',
    json: body({ messages: [], temperature: 1 }, { extraBody: { temperature: 0, top_k: 4 } }),
    expected: '{"model":"m","temperature":0,"top_k":4,"messages":[]}',
  },
  {
    title: 'sends content null for an assistant message with calls and no text',
    json: body({ messages: [{ role: 'assistant', tool_calls: [call] }] }),
    expected: `{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[${JSON.stringify(call)}]}]}`,
  },
  {
    title: 'sends content null for an empty text with calls',
    json: body({ messages: [{ role: 'assistant', content: '', tool_calls: [call] }] }),
    expected: `{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[${JSON.stringify(call)}]}]}`,
  },
  {
    title: 'omits an empty list of calls, and keeps unknown fields',
    json: body({ messages: [withField({ role: 'assistant', content: 'a', tool_calls: [] })] }),
    expected: '{"model":"m","messages":[{"role":"assistant","content":"a","reasoning_content":"r"}]}',
  },
];

test.each(cases)('$title', ({ json, expected }) => {
  expect(json).toEqual(expected);
});

test('creates the JSON of a message once per run, and of a tool once', () => {
  let made = 0;
  const memo = new Map();
  const counted = { role: 'user', content: 'x', toJSON: () => ({ made: ++made }) } as const;
  const parameters = { toJSON: () => ({ made: ++made }) };
  const list = [{ type: 'function', function: { name: 'get', parameters } }] as const;
  const tool = '{"type":"function","function":{"name":"get","parameters":{"made":1}}}';
  const other = { role: 'user', content: 'y' } as const;
  const first = body({ messages: [counted], tools: list }, { memo });
  const second = body({ messages: [counted, other], tools: list }, { memo });
  const third = body({ messages: [], tools: [...list] }, { memo });
  const elsewhere = body({ messages: [counted] });
  expect([first, second, third, elsewhere]).toEqual([
    `{"model":"m","tools":[${tool}],"messages":[{"made":2}]}`,
    `{"model":"m","tools":[${tool}],"messages":[{"made":2},{"role":"user","content":"y"}]}`,
    `{"model":"m","tools":[${tool}],"messages":[]}`,
    '{"model":"m","messages":[{"made":3}]}',
  ]);
});

function withField(message: Message): Message {
  return Object.assign(message, { reasoning_content: 'r' });
}
