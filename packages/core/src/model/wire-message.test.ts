import { expect, test } from 'vitest';
import type { AssistantMessage, Message } from '../chat/message.ts';
import { type Profile, resolveProfile } from './profile.ts';
import { PROFILES, type ProfileName } from './profiles.ts';
import { wireMessage } from './wire-message.ts';

interface Sent {
  readonly messages: readonly Message[];
}

/** The messages as they go out to such a server. */
function sent({ messages }: Sent, changes: Partial<Profile> & { readonly base?: ProfileName } = {}): Sent {
  const profile = resolveProfile(changes, { known: PROFILES, suggested: PROFILES.compatible });
  return { messages: messages.map((message) => wireMessage(message, profile)) };
}

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

test.each<[string, Profile['extraFields'], unknown]>([
  ['all', 'all', thinking],
  ['none', [], { ...plain, tool_calls: bare }],
  ['some', ['reasoning_content'], { ...plain, reasoning_content, tool_calls: bare }],
  ['those of calls', ['extra_content'], { ...plain, tool_calls }],
])('fields that only some servers know go back as the profile says: %s', (_, extraFields, message) => {
  expect(sent({ messages: [thinking] }, { extraFields })).toEqual({ messages: [message] });
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
