import { expect, test } from 'vitest';
import type { AssistantMessage, Message } from '../chat/message.ts';
import { toLegacyMessages } from './legacy-functions.ts';

test('matches a reused id with the preceding call, and treats an empty list as no calls', () => {
  const call = (text: string): AssistantMessage => ({
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'look', arguments: text } }],
  });
  const messages: readonly Message[] = [
    call('1'),
    { role: 'tool', tool_call_id: 'c', content: 'one' },
    call('2'),
    { role: 'tool', tool_call_id: 'c', content: 'two' },
    { role: 'assistant', content: 'Text.', tool_calls: [] },
    { role: 'assistant', content: 'Stored.', tool_calls: null as never },
  ];
  const createCall = (text: string): Message => ({
    role: 'assistant',
    content: null,
    function_call: { name: 'look', arguments: text },
  });
  expect(toLegacyMessages(messages)).toEqual([
    createCall('1'),
    { role: 'function', name: 'look', content: 'one' },
    createCall('2'),
    { role: 'function', name: 'look', content: 'two' },
    { role: 'assistant', content: 'Text.' },
    { role: 'assistant', content: 'Stored.' },
  ]);
});
