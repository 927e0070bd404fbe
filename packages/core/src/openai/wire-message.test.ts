import { expect, test } from 'vitest';
import { asMessage, toSentMessages } from '../../../../test/model/create-sender.ts';
import type { AssistantMessage, Message } from '../chat/message.ts';
import type { Profile } from './profile.ts';
import { ToolCallIds } from './tool-call-ids.ts';

const thinking = {
  role: 'assistant',
  content: 'Hm.',
  reasoning_content: 'r',
  reasoning_details: [1],
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' }, extra_content: { s: 1 } }],
} as object as AssistantMessage; // With undocumented fields.
const { reasoning_content, reasoning_details, tool_calls, ...plain } = thinking as AssistantMessage &
  Record<string, unknown>;
const bare = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] as const;

test.each<[string, Profile['passthroughFields'], unknown]>([
  ['all', 'all', thinking],
  ['none', [], { ...plain, tool_calls: bare }],
  ['some', ['reasoning_content'], { ...plain, reasoning_content, tool_calls: bare }],
  ['those of calls', ['extra_content'], { ...plain, tool_calls }],
])('sends undocumented fields back as the profile says: %s', (_, passthroughFields, message) => {
  expect(toSentMessages({ messages: [thinking] }, { passthroughFields: passthroughFields })).toEqual({
    messages: [message],
  });
});

test('sends a developer message as system if the server does not support the role', () => {
  const messages: Message[] = [{ role: 'developer', content: 'Be brief.' }];
  expect([toSentMessages({ messages }), toSentMessages({ messages }, { developerRole: true })]).toEqual([
    { messages: [{ role: 'system', content: 'Be brief.' }] },
    { messages },
  ]);
});

test('sends a field that calls require, with the value of the message', () => {
  const calls: Message = { role: 'assistant', content: null, tool_calls: bare };
  const messages = [
    calls,
    Object.assign({ ...calls }, { reasoning_content: 'r' }),
    { role: 'assistant', content: 'a' } as const,
  ];
  expect(toSentMessages({ messages }, { base: 'deepseek' })).toEqual({
    messages: [{ ...calls, reasoning_content: '' }, messages[1], messages[2]],
  });
});

test('sends arguments with an escaped half surrogate pair well-formed', () => {
  const call = (text: string) => ({ id: 'c', type: 'function', function: { name: 'look', arguments: text } });
  const messages = [
    asMessage({ role: 'assistant', content: null, tool_calls: [call('{"a":"\\ud83d","b":"\\ud83d\\ude00"}')] }),
    asMessage({ role: 'assistant', content: null, function_call: { name: 'look', arguments: '{"a":"\\ud83d"}' } }),
    asMessage({
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: '\ud83d' } }],
    }),
  ];
  expect(toSentMessages({ messages }).messages).toMatchObject([
    { tool_calls: [call('{"a":"\ufffd","b":"\\ud83d\\ude00"}')] },
    { function_call: { arguments: '{"a":"\ufffd"}' } },
    { tool_calls: [{ function: { arguments: '{"input":"\ufffd"}' } }] },
  ]);
});

test.each<[Profile['systemMessages'], string | undefined, string]>([
  ['anywhere', 'assistant', 'system'],
  ['leading', undefined, 'system'],
  ['leading', 'system', 'system'],
  ['leading', 'user', 'user'],
  ['first', undefined, 'system'],
  ['first', 'system', 'user'],
  ['first', 'tool', 'user'],
])(
  'a system message with systemMessages %s, after the role %s, has the role %s',
  (systemMessages, previousRole, role) => {
    const messages: Message[] = [{ role: 'system', content: 'Be brief.' }];
    expect(toSentMessages({ messages }, { systemMessages }, { previousRole }).messages).toEqual([
      { role, content: 'Be brief.' },
    ]);
  },
);

test('sends messages of unknown form unchanged', () => {
  const odd = [
    asMessage({ role: 'assistant', content: { text: 'a' } }),
    asMessage({ role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function' }] }),
    asMessage({ role: 'assistant', content: null, tool_calls: [{ type: 'function', function: { name: 'look' } }] }),
    asMessage({ role: 'tool', content: 'a' }),
    asMessage({ role: 'user', content: 5 }),
  ];
  const ids = new ToolCallIds({ pattern: 'x{9}|[a-z0-9A-Z]{9}', length: 9 });
  expect(JSON.parse(JSON.stringify(toSentMessages({ messages: odd }, {}, { ids }).messages))).toMatchObject([
    { content: { text: 'a' } },
    { tool_calls: [{ type: 'function' }] },
    { tool_calls: [{ function: { name: 'look' } }] },
    { role: 'tool', content: 'a' },
    { role: 'user', content: 5 },
  ]);
});

test('omits names from messages if the server refuses them', () => {
  const messages: Message[] = [
    { role: 'system', content: 'a', name: 'house' },
    { role: 'user', content: 'b', name: 'Ada' },
    { role: 'assistant', content: 'c', name: 'model' },
  ];
  expect([toSentMessages({ messages }), toSentMessages({ messages }, { messageNames: false })]).toEqual([
    { messages },
    {
      messages: [
        { role: 'system', content: 'a' },
        { role: 'user', content: 'b' },
        { role: 'assistant', content: 'c' },
      ],
    },
  ]);
});

test('sends an empty text with calls if the server refuses null', () => {
  const message: Message = { role: 'assistant', content: null, tool_calls: thinking.tool_calls ?? [] };
  expect(toSentMessages({ messages: [message] }, { nullContent: false })).toEqual({
    messages: [{ ...message, content: '' }],
  });
});

test('sends an audio response back by its id', () => {
  const messages: Message[] = [{ role: 'assistant', content: null, audio: { id: 'a', data: 'x', transcript: 'Hi' } }];
  expect(toSentMessages({ messages })).toEqual({
    messages: [{ role: 'assistant', content: null, audio: { id: 'a' } }],
  });
});
