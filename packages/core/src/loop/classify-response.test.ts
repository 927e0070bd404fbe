import { expect, test } from 'vitest';
import type { AssistantMessage } from '../chat/message.ts';
import { classifyResponse, type ResponseKind, readRefusal } from './classify-response.ts';

const call = { id: 'a', type: 'function', function: { name: 'look_up', arguments: '{}' } } as const;
const text: AssistantMessage = { role: 'assistant', content: 'Hello.' };
const calls: AssistantMessage = { role: 'assistant', content: null, tool_calls: [call] };
const both: AssistantMessage = { ...text, tool_calls: [call] };
const blank: AssistantMessage = { role: 'assistant', content: ' \n' };
const nothing: AssistantMessage = { role: 'assistant', content: null };
const refused: AssistantMessage = { role: 'assistant', content: null, refusal: 'No.' };
const refusedInParts: AssistantMessage = {
  role: 'assistant',
  content: [
    { type: 'refusal', refusal: 'No, ' },
    { type: 'refusal', refusal: 'never.' },
  ],
};

const rows: readonly (readonly [string, AssistantMessage, string | null, ResponseKind])[] = [
  ['text', text, 'stop', 'text'],
  ['text', text, null, 'text'],
  ['text', text, 'end_turn', 'text'],
  ['text with the finish reason of calls', text, 'tool_calls', 'text'],
  ['calls', calls, 'tool_calls', 'calls'],
  ['calls', calls, 'stop', 'calls'],
  ['calls', calls, 'tool_call', 'calls'],
  ['calls', calls, 'eos', 'calls'],
  ['calls', calls, null, 'calls'],
  ['calls with text', both, 'stop', 'calls'],
  ['calls that may be cut', calls, 'length', 'cut'],
  ['calls with text that may be cut', both, 'length', 'cut'],
  ['cut text', text, 'length', 'truncated'],
  ['an empty message that is cut', nothing, 'length', 'truncated'],
  ['calls of a response that failed', calls, 'error', 'cut'],
  ['text of a response that failed', text, 'error', 'truncated'],
  ['nothing', nothing, 'stop', 'empty'],
  ['nothing', nothing, null, 'empty'],
  ['blanks', blank, 'stop', 'empty'],
  ['an empty list of calls', { ...nothing, tool_calls: [] }, 'tool_calls', 'empty'],
  ['a message without content', { role: 'assistant' }, 'stop', 'empty'],
  ['filtered text', text, 'content_filter', 'filtered'],
  ['filtered calls', calls, 'content_filter', 'filtered'],
  ['a filtered refusal', refused, 'content_filter', 'filtered'],
  ['a refusal', refused, 'stop', 'refused'],
  ['a refusal with calls', { ...calls, refusal: 'No.' }, 'tool_calls', 'refused'],
  ['a cut refusal', refused, 'length', 'refused'],
  ['a refusal in parts', refusedInParts, 'stop', 'refused'],
  ['an empty refusal', { ...text, refusal: '' }, 'stop', 'text'],
  ['no refusal', { ...text, refusal: null }, 'stop', 'text'],
];

test.each(rows)(
  'classifies %s (%#) by its content first, then by its finish reason',
  (_, message, finishReason, kind) => {
    expect(classifyResponse(message, finishReason)).toBe(kind);
  },
);

test.each([
  [refused, 'No.'],
  [refusedInParts, 'No, never.'],
  [text, ''],
  [nothing, ''],
])('reads the text of a refusal: %o', (message, words) => {
  expect(readRefusal(message)).toBe(words);
});
