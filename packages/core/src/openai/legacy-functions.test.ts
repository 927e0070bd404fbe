import { expect, test } from 'vitest';
import type { AssistantMessage, Message } from '../chat/message.ts';
import { legacyMessages } from './legacy-functions.ts';

test('an id that is used again is of the call before it, and no calls are none', () => {
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
    { role: 'assistant', content: 'Said.', tool_calls: [] },
    { role: 'assistant', content: 'Stored.', tool_calls: null as never },
  ];
  const told = (text: string): Message => ({
    role: 'assistant',
    content: null,
    function_call: { name: 'look', arguments: text },
  });
  expect(legacyMessages(messages)).toEqual([
    told('1'),
    { role: 'function', name: 'look', content: 'one' },
    told('2'),
    { role: 'function', name: 'look', content: 'two' },
    { role: 'assistant', content: 'Said.' },
    { role: 'assistant', content: 'Stored.' },
  ]);
});
