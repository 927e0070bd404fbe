import { expect, test } from 'vitest';
import { History } from './history.ts';
import type { AssistantMessage, FunctionToolCall, Message, ToolCall, ToolMessage } from './message.ts';

test('a history grows by another one; the one before stays as it was', () => {
  const empty = History.createEmpty();
  const one = empty.append(user('Hi.'));
  const two = one.append(said('Hello.'), user('Bye.'));
  expect([empty.messages, one.messages, two.messages]).toEqual([
    [],
    [user('Hi.')],
    [user('Hi.'), said('Hello.'), user('Bye.')],
  ]);
});

test('to append nothing is to stay', () => {
  const one = History.createEmpty().append(user('Hi.'));
  expect(one.append()).toBe(one);
});

test('two that grow from the same one know nothing of each other', () => {
  const base = History.createEmpty().append(user('Hi.'));
  const left = base.append(said('Left.'));
  const right = base.append(said('Right.'));
  const further = left.append(user('On.'));
  expect([base, left, right, further].map(({ messages }) => messages.length)).toEqual([1, 2, 2, 3]);
  expect(right.messages).toEqual([user('Hi.'), said('Right.')]);
  expect(further.messages).toEqual([user('Hi.'), said('Left.'), user('On.')]);
});

test('messages are shared with what came before, not copied', () => {
  const first = user('Hi.');
  const base = History.createEmpty().append(first);
  const grown = base.append(said('Hello.'));
  expect([base.messages[0], grown.messages[0]].every((message) => message === first)).toBe(true);
});

test('a list that was looked at does not grow with the history', () => {
  const base = History.createEmpty().append(user('Hi.'));
  const looked = base.messages;
  base.append(said('Hello.'));
  expect(looked).toEqual([user('Hi.')]);
  expect(base.messages).toBe(looked);
});

test('a message that is valid is admitted as the very same one', () => {
  const message = asked(call('call_1', '{"city":"Oslo"}'), call('call_2', '{}'));
  const admitted = History.createEmpty().admit(message);
  expect(admitted).toEqual({ message, rawArguments: {}, repairs: [] });
  expect(admitted.message).toBe(message);
});

test.each([
  ['no JSON', '{"city": Oslo}'],
  ['cut off', '{"city": "Os'],
  ['an empty text', ''],
  ['two objects', '{}{}'],
])('arguments that are %s are kept as {}, and as they were written beside it', (_, written) => {
  const message = asked(call('a', '{}'), call('b', written));
  expect(History.createEmpty().admit(message)).toEqual({
    message: asked(call('a', '{}'), call('b', '{}')),
    rawArguments: { 1: written },
    repairs: [{ path: 'message.tool_calls[1].function.arguments', note: 'no JSON: kept as {} in the history' }],
  });
});

test.each([
  ['a list', '[]'],
  ['a list of objects', '[{"city":"Oslo"}]'],
  ['null', 'null'],
  ['a text', '"Oslo"'],
  ['a text that is JSON, but no object', '"[1]"'],
  ['a number', '42'],
  ['a flag', ' true '],
  ['an object with a number that no server can read', '{"x":[1e400]}'],
  ['an object with as many digits', `{"x":-${'9'.repeat(400)}}`],
])('arguments that are %s are kept as {}, and as they were written beside it', (_, written) => {
  expect(History.createEmpty().admit(asked(call('a', written)))).toEqual({
    message: asked(call('a', '{}')),
    rawArguments: { 0: written },
    repairs: [{ path: 'message.tool_calls[0].function.arguments', note: 'no JSON object: kept as {} in the history' }],
  });
});

test('keeps the object of arguments that are an object in a string', () => {
  const written = JSON.stringify('{"city":"Oslo"}');
  expect(History.createEmpty().admit(asked(call('a', written)))).toEqual({
    message: asked(call('a', '{"city":"Oslo"}')),
    rawArguments: { 0: written },
    repairs: [
      {
        path: 'message.tool_calls[0].function.arguments',
        note: 'an object in a string: kept as the object in the history',
      },
    ],
  });
});

test.each(['{"a":1,"a":2}', ' {"b": [1e30, 12345678901234567890]} ', '{"x":"1e400"}'])(
  'keeps arguments that are an object as they were written: %s',
  (written) => {
    const message = asked(call('a', written));
    expect(History.createEmpty().admit(message).message).toBe(message);
  },
);

test('what an invalid call carries besides is kept', () => {
  const signed = { ...call('a', 'nope'), extra_content: { google: { thought_signature: 'x' } } };
  expect(History.createEmpty().admit(asked(signed)).message).toEqual(
    asked({ ...signed, function: { name: 'look_up', arguments: '{}' } }),
  );
});

test.each([
  ['functions.look_up', 'functions_look_up'],
  ['look up!', 'look_up_'],
  ['', 'unnamed'],
  ['x'.repeat(70), 'x'.repeat(64)],
])('a name that servers refuse is changed in the history: %j', (name, sendable) => {
  const named = (name: string) => asked({ id: 'a', type: 'function', function: { name, arguments: '{}' } });
  expect(History.createEmpty().admit(named(name))).toEqual({
    message: named(sendable),
    rawArguments: {},
    repairs: [{ path: 'message.tool_calls[0].function.name', note: 'no name that can be sent: changed' }],
  });
});

test('so is the name of a custom tool', () => {
  const named = (name: string) => asked({ id: 'a', type: 'custom', custom: { name, input: 'ls' } });
  expect(History.createEmpty().admit(named('functions.shell'))).toEqual({
    message: named('functions_shell'),
    rawArguments: {},
    repairs: [{ path: 'message.tool_calls[0].custom.name', note: 'no name that can be sent: changed' }],
  });
});

test('free text of a custom tool is no JSON, and need not be', () => {
  const message: AssistantMessage = {
    role: 'assistant',
    tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'shell', input: 'ls -l' } }],
  };
  expect(History.createEmpty().admit(message)).toEqual({ message, rawArguments: {}, repairs: [] });
});

test('ids that come twice in one message are told apart', () => {
  const message = asked(call('a', '{}'), call('a', '{"b":2}'), call('a', '{"c":3}'));
  expect(History.createEmpty().admit(message)).toEqual({
    message: asked(call('a', '{}'), call('a_2', '{"b":2}'), call('a_3', '{"c":3}')),
    rawArguments: {},
    repairs: [
      { path: 'message.tool_calls[1].id', note: '"a" is taken or missing: now "a_2"' },
      { path: 'message.tool_calls[2].id', note: '"a" is taken or missing: now "a_3"' },
    ],
  });
});

test.each([
  ['empty', ''],
  ['missing', undefined],
])('an id that is %s is made', (_, id) => {
  const history = History.createEmpty().append(user('Hi.'));
  const without = asked(call(id as string, '{}'), call(id as string, '{}')); // Servers do send it.
  expect(history.admit(without)).toEqual({
    message: asked(call('call_1_1', '{}'), call('call_1_2', '{}')),
    rawArguments: {},
    repairs: [
      { path: 'message.tool_calls[0].id', note: '"" is taken or missing: now "call_1_1"' },
      { path: 'message.tool_calls[1].id', note: '"" is taken or missing: now "call_1_2"' },
    ],
  });
});

test('a server that counts its calls from 0 in every turn gets ids that are unique over all of them', () => {
  let history = History.createEmpty().append(user('Go.'));
  const ids: (string | undefined)[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const { message } = history.admit(asked(call('call_0', '{}'), call('call_1', '{}')));
    ids.push(...(message.tool_calls ?? []).map(({ id }) => id));
    history = history.append(message, ...(message.tool_calls ?? []).map(({ id }) => result(id)));
  }
  expect(ids).toEqual(['call_0', 'call_1', 'call_0_2', 'call_1_2', 'call_0_3', 'call_1_3', 'call_0_4', 'call_1_4']);
});

test('an id that was made is not given to a later call that has it', () => {
  const history = History.createEmpty().append(asked(call('a', '{}'), call('a_2', '{}')), result('a'), result('a_2'));
  expect(ids(history.admit(asked(call('a', '{}'), call('a_3', '{}'))).message)).toEqual(['a_3', 'a_3_2']);
});

test('what a message becomes depends on what is before it alone, not on another way on from there', () => {
  const base = History.createEmpty().append(user('Hi.'));
  const message = asked(call('a', '{}'));
  const before = base.admit(message);
  const grown = base.append(message, result('a'));
  expect(base.admit(message)).toEqual(before);
  expect(ids(grown.admit(message).message)).toEqual(['a_2']);
  expect(ids(base.append(user('Or else.')).admit(message).message)).toEqual(['a']);
});

test('an empty list of calls, which servers refuse, is left out', () => {
  const { message } = History.createEmpty().admit({ role: 'assistant', content: 'Hello.', tool_calls: [] });
  expect(message).toEqual(said('Hello.'));
});

function user(content: string): Message {
  return { role: 'user', content };
}

function said(content: string): AssistantMessage {
  return { role: 'assistant', content };
}

function asked(...calls: readonly ToolCall[]): AssistantMessage {
  return { role: 'assistant', content: null, tool_calls: calls };
}

function call(id: string, text: string): FunctionToolCall {
  return { id, type: 'function', function: { name: 'look_up', arguments: text } };
}

function result(id: string): ToolMessage {
  return { role: 'tool', tool_call_id: id, content: 'Found.' };
}

function ids({ tool_calls = [] }: AssistantMessage): readonly string[] {
  return tool_calls.map(({ id }) => id);
}

test('the ids of calls that were replaced are not given again', () => {
  const calls = [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }] as const;
  const before = History.from([
    { role: 'user', content: 'Go.' },
    { role: 'assistant', content: null, tool_calls: calls },
    { role: 'tool', tool_call_id: 'a', content: 'seen' },
  ]);
  const after = before.replaceMessages([{ role: 'user', content: 'It was seen.' }]);
  expect(after.messages).toEqual([{ role: 'user', content: 'It was seen.' }]);
  expect(after.admit({ role: 'assistant', content: null, tool_calls: calls }).message.tool_calls?.[0]?.id).toBe('a_2');
  expect(before.messages).toHaveLength(3);
});

test('a history knows how long it is, whatever others add to its list', () => {
  const one = History.from([{ role: 'user', content: 'a' }]);
  const two = one.append({ role: 'user', content: 'b' });
  expect([one.length, two.length, History.createEmpty().length]).toEqual([1, 2, 0]);
});

test('messages are replaced in a history that never had a call', () => {
  const history = History.from([{ role: 'user', content: 'a' }]);
  expect(history.replaceMessages([{ role: 'user', content: 'b' }]).messages).toEqual([{ role: 'user', content: 'b' }]);
});

test('a message without calls is admitted as the very same one', () => {
  const message = { role: 'assistant', content: 'Hi.' } as const;
  expect(History.createEmpty().admit(message).message).toBe(message);
});
