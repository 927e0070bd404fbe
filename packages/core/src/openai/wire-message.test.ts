import { expect, test } from 'vitest';
import { message, sent } from '../../../../test/model/wired.ts';
import type { AssistantMessage, Message } from '../chat/message.ts';
import type { Profile } from './profile.ts';
import { ToolCallIds } from './tool-call-ids.ts';

const thinking = {
  role: 'assistant',
  content: 'Hm.',
  reasoning_content: 'r',
  reasoning_details: [1],
  tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' }, extra_content: { s: 1 } }],
} as object as AssistantMessage; // With fields that are not documented.
const { reasoning_content, reasoning_details, tool_calls, ...plain } = thinking as AssistantMessage &
  Record<string, unknown>;
const bare = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{}' } }] as const;

test.each<[string, Profile['passthroughFields'], unknown]>([
  ['all', 'all', thinking],
  ['none', [], { ...plain, tool_calls: bare }],
  ['some', ['reasoning_content'], { ...plain, reasoning_content, tool_calls: bare }],
  ['those of calls', ['extra_content'], { ...plain, tool_calls }],
])('fields that only some servers know go back as the profile says: %s', (_, passthroughFields, message) => {
  expect(sent({ messages: [thinking] }, { passthroughFields: passthroughFields })).toEqual({ messages: [message] });
});

test('a developer message is a system message where the role is not known', () => {
  const messages: Message[] = [{ role: 'developer', content: 'Be brief.' }];
  expect([sent({ messages }), sent({ messages }, { developerRole: true })]).toEqual([
    { messages: [{ role: 'system', content: 'Be brief.' }] },
    { messages },
  ]);
});

test('a field that has to stand beside calls is there, with what the message has of it', () => {
  const calls: Message = { role: 'assistant', content: null, tool_calls: bare };
  const messages = [
    calls,
    Object.assign({ ...calls }, { reasoning_content: 'r' }),
    { role: 'assistant', content: 'a' } as const,
  ];
  expect(sent({ messages }, { base: 'deepseek' })).toEqual({
    messages: [{ ...calls, reasoning_content: '' }, messages[1], messages[2]],
  });
});

test('arguments with half a character as an escape are sent well formed', () => {
  const call = (text: string) => ({ id: 'c', type: 'function', function: { name: 'look', arguments: text } });
  const messages = [
    message({ role: 'assistant', content: null, tool_calls: [call('{"a":"\\ud83d","b":"\\ud83d\\ude00"}')] }),
    message({ role: 'assistant', content: null, function_call: { name: 'look', arguments: '{"a":"\\ud83d"}' } }),
    message({
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: '\ud83d' } }],
    }),
  ];
  expect(sent({ messages }).messages).toMatchObject([
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
  'a system message where they may stand %s, behind one of the role %s, has the role %s',
  (systemMessages, previousRole, role) => {
    const messages: Message[] = [{ role: 'system', content: 'Be brief.' }];
    expect(sent({ messages }, { systemMessages }, { previousRole }).messages).toEqual([{ role, content: 'Be brief.' }]);
  },
);

test('what has no shape that is known is left to the server', () => {
  const odd = [
    message({ role: 'assistant', content: { text: 'a' } }),
    message({ role: 'assistant', content: null, tool_calls: [{ id: 'c', type: 'function' }] }),
    message({ role: 'assistant', content: null, tool_calls: [{ type: 'function', function: { name: 'look' } }] }),
    message({ role: 'tool', content: 'a' }),
    message({ role: 'user', content: 5 }),
  ];
  const ids = new ToolCallIds({ pattern: 'x{9}|[a-z0-9A-Z]{9}', length: 9 });
  expect(JSON.parse(JSON.stringify(sent({ messages: odd }, {}, { ids }).messages))).toMatchObject([
    { content: { text: 'a' } },
    { tool_calls: [{ type: 'function' }] },
    { tool_calls: [{ function: { name: 'look' } }] },
    { role: 'tool', content: 'a' },
    { role: 'user', content: 5 },
  ]);
});

test('names are left out of messages where they are refused', () => {
  const messages: Message[] = [
    { role: 'system', content: 'a', name: 'house' },
    { role: 'user', content: 'b', name: 'Ada' },
    { role: 'assistant', content: 'c', name: 'model' },
  ];
  expect([sent({ messages }), sent({ messages }, { messageNames: false })]).toEqual([
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

test('beside calls there is an empty text where null is refused', () => {
  const message: Message = { role: 'assistant', content: null, tool_calls: thinking.tool_calls ?? [] };
  expect(sent({ messages: [message] }, { nullContent: false })).toEqual({ messages: [{ ...message, content: '' }] });
});

test('a spoken reply is sent again by its id', () => {
  const messages: Message[] = [{ role: 'assistant', content: null, audio: { id: 'a', data: 'x', transcript: 'Hi' } }];
  expect(sent({ messages })).toEqual({ messages: [{ role: 'assistant', content: null, audio: { id: 'a' } }] });
});
