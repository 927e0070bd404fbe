import { checkHistory } from '@pawl/testing';
import { expect, test } from 'vitest';
import { ConfigError } from '../base/errors.ts';
import { CANCELLED, History } from './history.ts';
import type { AssistantMessage, FunctionToolCall, Message, ToolMessage } from './message.ts';

const hi: Message = { role: 'user', content: 'Hi.' };
const bye: Message = { role: 'user', content: 'Bye.' };
const rules: Message = { role: 'system', content: 'Be brief.' };
const legacy: readonly Message[] = [
  { role: 'assistant', content: null, function_call: { name: 'look_up', arguments: '{}' } },
  { role: 'function', name: 'look_up', content: 'Found.' },
];

interface Row {
  readonly name: string;
  readonly input: readonly Message[];
  /** The history, if it differs from the input. */
  readonly expected?: readonly Message[];
}

const rows: readonly Row[] = [
  { name: 'no message at all', input: [] },
  {
    name: 'a conversation that is valid',
    input: [rules, hi, callMessage('a', 'b'), result('a'), result('b'), textMessage('Done.'), bye],
  },
  { name: 'the legacy form of a call', input: [hi, ...legacy, bye] },
  {
    name: 'a call that is open at the end gets a cancelled result',
    input: [hi, callMessage('a')],
    expected: [hi, callMessage('a'), result('a', CANCELLED)],
  },
  {
    name: 'a call that is open when the user writes gets a cancelled result',
    input: [callMessage('a', 'b'), result('b'), bye],
    expected: [callMessage('a', 'b'), result('a', CANCELLED), result('b'), bye],
  },
  {
    name: 'results in another order than their calls',
    input: [callMessage('a', 'b', 'c'), result('c'), result('a'), result('b')],
    expected: [callMessage('a', 'b', 'c'), result('a'), result('b'), result('c')],
  },
  {
    name: 'ids that are reused in a later turn: results stay with their calls',
    input: [callMessage('a'), result('a', '1'), callMessage('a', 'b'), result('b', '3'), result('a', '2')],
    expected: [callMessage('a'), result('a', '1'), callMessage('a_2', 'b'), result('a_2', '2'), result('b', '3')],
  },
  {
    name: 'ids that come twice in a turn: the first result belongs to the first call',
    input: [callMessage('a', 'a'), result('a', '1'), result('a', '2')],
    expected: [callMessage('a', 'a_2'), result('a', '1'), result('a_2', '2')],
  },
  {
    name: 'ids that come twice in a turn, with one result',
    input: [callMessage('a', 'a'), result('a', '1')],
    expected: [callMessage('a', 'a_2'), result('a', '1'), result('a_2', CANCELLED)],
  },
  {
    name: 'arguments that are not JSON',
    input: [messageWith(call('a', '{"city": Os')), result('a')],
    expected: [messageWith(call('a', '{}')), result('a')],
  },
  {
    name: 'an empty list of calls',
    input: [{ role: 'assistant', content: 'Done.', tool_calls: [] }, bye],
    expected: [textMessage('Done.'), bye],
  },
];

test.each(rows)('imports a conversation that can be sent: $name', ({ input, expected = input }) => {
  const before = structuredClone(input);
  const { messages } = History.from(input);
  expect(messages).toEqual(expected);
  expect(checkHistory(messages)).toEqual([]);
  expect(input).toEqual(before);
});

test.each(rows)('imports an imported conversation unchanged: $name', ({ input, expected = input }) => {
  const { messages } = History.from(input);
  expect(History.from(messages).messages).toEqual(expected);
});

test('keeps the objects of messages that need no repair', () => {
  const input = [hi, callMessage('a'), result('a')];
  expect(History.from(input).messages.every((message, index) => message === input[index])).toBe(true);
});

test.each([
  ['before any call', [hi, result('a')], 1, 'a'],
  ['after the answer', [callMessage('a'), result('a'), textMessage('Done.'), result('a')], 3, 'a'],
  ['after a message of the user', [callMessage('a'), hi, result('a')], 2, 'a'],
  ['for a call that already has a result', [callMessage('a'), result('a'), result('a')], 2, 'a'],
  ['for a call that does not exist', [hi, callMessage('a'), result('a'), result('b')], 3, 'b'],
  ['of a message without calls', [textMessage('Hello.'), result('a')], 1, 'a'],
] as const)('rejects a result %s, with its position', (_, input, index, id) => {
  const message = `messages[${index}] is a tool message for the call "${id}", but the assistant message before it has no such call, or the call already has a result. Remove the message, or put it after its call.`;
  expect(() => History.from(input)).toThrow(new ConfigError(message));
});

function textMessage(content: string): AssistantMessage {
  return { role: 'assistant', content };
}

function callMessage(...ids: readonly string[]): AssistantMessage {
  return messageWith(...ids.map((id) => call(id, '{"city":"Oslo"}')));
}

function messageWith(...calls: readonly FunctionToolCall[]): AssistantMessage {
  return { role: 'assistant', content: null, tool_calls: calls };
}

function call(id: string, text: string): FunctionToolCall {
  return { id, type: 'function', function: { name: 'look_up', arguments: text } };
}

function result(id: string, content = 'Found.'): ToolMessage {
  return { role: 'tool', tool_call_id: id, content };
}
