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
  readonly given: readonly Message[];
  /** Where it differs from what was given. */
  readonly taken?: readonly Message[];
}

const rows: readonly Row[] = [
  { name: 'no message at all', given: [] },
  {
    name: 'a conversation that is valid',
    given: [rules, hi, asked('a', 'b'), result('a'), result('b'), said('Done.'), bye],
  },
  { name: 'the legacy form of a call', given: [hi, ...legacy, bye] },
  {
    name: 'a call that is open at the end: it was cancelled',
    given: [hi, asked('a')],
    taken: [hi, asked('a'), result('a', CANCELLED)],
  },
  {
    name: 'a call that is open where the user writes: it was cancelled',
    given: [asked('a', 'b'), result('b'), bye],
    taken: [asked('a', 'b'), result('a', CANCELLED), result('b'), bye],
  },
  {
    name: 'results in another order than their calls',
    given: [asked('a', 'b', 'c'), result('c'), result('a'), result('b')],
    taken: [asked('a', 'b', 'c'), result('a'), result('b'), result('c')],
  },
  {
    name: 'ids that come again in a later turn: calls and results keep together',
    given: [asked('a'), result('a', '1'), asked('a', 'b'), result('b', '3'), result('a', '2')],
    taken: [asked('a'), result('a', '1'), asked('a_2', 'b'), result('a_2', '2'), result('b', '3')],
  },
  {
    name: 'ids that come twice in a turn: the first result is the first call’s',
    given: [asked('a', 'a'), result('a', '1'), result('a', '2')],
    taken: [asked('a', 'a_2'), result('a', '1'), result('a_2', '2')],
  },
  {
    name: 'ids that come twice in a turn, answered once',
    given: [asked('a', 'a'), result('a', '1')],
    taken: [asked('a', 'a_2'), result('a', '1'), result('a_2', CANCELLED)],
  },
  {
    name: 'arguments that are no JSON',
    given: [calling(call('a', '{"city": Os')), result('a')],
    taken: [calling(call('a', '{}')), result('a')],
  },
  {
    name: 'an empty list of calls',
    given: [{ role: 'assistant', content: 'Done.', tool_calls: [] }, bye],
    taken: [said('Done.'), bye],
  },
];

test.each(rows)('a conversation is taken over and can be sent: $name', ({ given, taken = given }) => {
  const before = structuredClone(given);
  const { messages } = History.from(given);
  expect(messages).toEqual(taken);
  expect(checkHistory(messages)).toEqual([]);
  expect(given).toEqual(before);
});

test.each(rows)('what was taken over once is taken over again as it is: $name', ({ given, taken = given }) => {
  const { messages } = History.from(given);
  expect(History.from(messages).messages).toEqual(taken);
});

test('messages that need no mending are the caller’s very own', () => {
  const given = [hi, asked('a'), result('a')];
  expect(History.from(given).messages.every((message, index) => message === given[index])).toBe(true);
});

test.each([
  ['before any call', [hi, result('a')], 1, 'a'],
  ['after the answer', [asked('a'), result('a'), said('Done.'), result('a')], 3, 'a'],
  ['after what the user wrote', [asked('a'), hi, result('a')], 2, 'a'],
  ['for a call that was answered already', [asked('a'), result('a'), result('a')], 2, 'a'],
  ['for a call that nobody made', [hi, asked('a'), result('a'), result('b')], 3, 'b'],
  ['of a message without calls', [said('Hello.'), result('a')], 1, 'a'],
] as const)('a result %s is refused, with its place', (_, given, index, id) => {
  const message = `messages[${index}] is a tool message for the call "${id}", but the assistant message before it has no such call, or the call already has a result. Remove the message, or put it after its call.`;
  expect(() => History.from(given)).toThrow(new ConfigError(message));
});

function said(content: string): AssistantMessage {
  return { role: 'assistant', content };
}

function asked(...ids: readonly string[]): AssistantMessage {
  return calling(...ids.map((id) => call(id, '{"city":"Oslo"}')));
}

function calling(...calls: readonly FunctionToolCall[]): AssistantMessage {
  return { role: 'assistant', content: null, tool_calls: calls };
}

function call(id: string, text: string): FunctionToolCall {
  return { id, type: 'function', function: { name: 'look_up', arguments: text } };
}

function result(id: string, content = 'Found.'): ToolMessage {
  return { role: 'tool', tool_call_id: id, content };
}
