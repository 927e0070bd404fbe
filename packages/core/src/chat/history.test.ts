import { expect, test } from 'vitest';
import { History } from './history.ts';
import type { AssistantMessage, FunctionToolCall, Message, ToolCall, ToolMessage } from './message.ts';

test('append returns a longer history and leaves the earlier one unchanged', () => {
  const empty = History.createEmpty();
  const one = empty.append(user('Hi.'));
  const two = one.append(textMessage('Hello.'), user('Bye.'));
  expect([empty.messages, one.messages, two.messages]).toEqual([
    [],
    [user('Hi.')],
    [user('Hi.'), textMessage('Hello.'), user('Bye.')],
  ]);
});

test('append without messages returns the same history', () => {
  const one = History.createEmpty().append(user('Hi.'));
  expect(one.append()).toBe(one);
});

test('two continuations of one history are independent', () => {
  const base = History.createEmpty().append(user('Hi.'));
  const left = base.append(textMessage('Left.'));
  const right = base.append(textMessage('Right.'));
  const further = left.append(user('On.'));
  expect([base, left, right, further].map(({ messages }) => messages.length)).toEqual([1, 2, 2, 3]);
  expect(right.messages).toEqual([user('Hi.'), textMessage('Right.')]);
  expect(further.messages).toEqual([user('Hi.'), textMessage('Left.'), user('On.')]);
});

test('append shares the earlier messages instead of copying them', () => {
  const first = user('Hi.');
  const base = History.createEmpty().append(first);
  const grown = base.append(textMessage('Hello.'));
  expect([base.messages[0], grown.messages[0]].every((message) => message === first)).toBe(true);
});

test('a list that was read does not grow with the history', () => {
  const base = History.createEmpty().append(user('Hi.'));
  const looked = base.messages;
  base.append(textMessage('Hello.'));
  expect(looked).toEqual([user('Hi.')]);
  expect(base.messages).toBe(looked);
});

test('admits a valid message as the same object', () => {
  const message = callMessage(call('call_1', '{"city":"Oslo"}'), call('call_2', '{}'));
  const admitted = History.createEmpty().admit(message);
  expect(admitted).toEqual({ message, rawArguments: {}, repairs: [] });
  expect(admitted.message).toBe(message);
});

test.each([
  ['no JSON', '{"city": Oslo}'],
  ['cut off', '{"city": "Os'],
  ['an empty text', ''],
  ['two objects', '{}{}'],
])('keeps arguments that are %s as {}, and reports the raw arguments', (_, written) => {
  const message = callMessage(call('a', '{}'), call('b', written));
  expect(History.createEmpty().admit(message)).toEqual({
    message: callMessage(call('a', '{}'), call('b', '{}')),
    rawArguments: { 1: written },
    repairs: [{ path: 'message.tool_calls[1].function.arguments', note: 'no JSON: kept as {} in the history' }],
  });
});

test.each([
  ['a list', '[]'],
  ['a list of objects', '[{"city":"Oslo"}]'],
  ['null', 'null'],
  ['a text', '"Oslo"'],
  ['a text that is JSON, but not an object', '"[1]"'],
  ['a number', '42'],
  ['a flag', ' true '],
  ['an object with a number that no server can read', '{"x":[1e400]}'],
  ['an object with as many digits', `{"x":-${'9'.repeat(400)}}`],
])('keeps arguments that are %s as {}, and reports the raw arguments', (_, written) => {
  expect(History.createEmpty().admit(callMessage(call('a', written)))).toEqual({
    message: callMessage(call('a', '{}')),
    rawArguments: { 0: written },
    repairs: [{ path: 'message.tool_calls[0].function.arguments', note: 'no JSON object: kept as {} in the history' }],
  });
});

test('keeps the object of arguments that are an object in a string', () => {
  const written = JSON.stringify('{"city":"Oslo"}');
  expect(History.createEmpty().admit(callMessage(call('a', written)))).toEqual({
    message: callMessage(call('a', '{"city":"Oslo"}')),
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
    const message = callMessage(call('a', written));
    expect(History.createEmpty().admit(message).message).toBe(message);
  },
);

test('keeps the other fields of an invalid call', () => {
  const signed = { ...call('a', 'nope'), extra_content: { google: { thought_signature: 'x' } } };
  expect(History.createEmpty().admit(callMessage(signed)).message).toEqual(
    callMessage({ ...signed, function: { name: 'look_up', arguments: '{}' } }),
  );
});

test.each([
  ['functions.look_up', 'functions_look_up'],
  ['look up!', 'look_up_'],
  ['', 'unnamed'],
  ['x'.repeat(70), 'x'.repeat(64)],
])('changes a name that servers reject: %j', (name, sendable) => {
  const named = (name: string) => callMessage({ id: 'a', type: 'function', function: { name, arguments: '{}' } });
  expect(History.createEmpty().admit(named(name))).toEqual({
    message: named(sendable),
    rawArguments: {},
    repairs: [{ path: 'message.tool_calls[0].function.name', note: 'no name that can be sent: changed' }],
  });
});

test('changes the name of a custom tool that servers reject', () => {
  const named = (name: string) => callMessage({ id: 'a', type: 'custom', custom: { name, input: 'ls' } });
  expect(History.createEmpty().admit(named('functions.shell'))).toEqual({
    message: named('functions_shell'),
    rawArguments: {},
    repairs: [{ path: 'message.tool_calls[0].custom.name', note: 'no name that can be sent: changed' }],
  });
});

test('the text of a custom tool need not be JSON', () => {
  const message: AssistantMessage = {
    role: 'assistant',
    tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'shell', input: 'ls -l' } }],
  };
  expect(History.createEmpty().admit(message)).toEqual({ message, rawArguments: {}, repairs: [] });
});

test('makes ids unique that come twice in one message', () => {
  const message = callMessage(call('a', '{}'), call('a', '{"b":2}'), call('a', '{"c":3}'));
  expect(History.createEmpty().admit(message)).toEqual({
    message: callMessage(call('a', '{}'), call('a_2', '{"b":2}'), call('a_3', '{"c":3}')),
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
])('creates an id that is %s', (_, id) => {
  const history = History.createEmpty().append(user('Hi.'));
  const without = callMessage(call(id as string, '{}'), call(id as string, '{}')); // Servers do send it.
  expect(history.admit(without)).toEqual({
    message: callMessage(call('call_1_1', '{}'), call('call_1_2', '{}')),
    rawArguments: {},
    repairs: [
      { path: 'message.tool_calls[0].id', note: '"" is taken or missing: now "call_1_1"' },
      { path: 'message.tool_calls[1].id', note: '"" is taken or missing: now "call_1_2"' },
    ],
  });
});

test('makes ids unique over all turns if a server numbers its calls from 0 in every turn', () => {
  let history = History.createEmpty().append(user('Go.'));
  const ids: (string | undefined)[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const { message } = history.admit(callMessage(call('call_0', '{}'), call('call_1', '{}')));
    ids.push(...(message.tool_calls ?? []).map(({ id }) => id));
    history = history.append(message, ...(message.tool_calls ?? []).map(({ id }) => result(id)));
  }
  expect(ids).toEqual(['call_0', 'call_1', 'call_0_2', 'call_1_2', 'call_0_3', 'call_1_3', 'call_0_4', 'call_1_4']);
});

test('a later call cannot have an id that was created', () => {
  const history = History.createEmpty().append(
    callMessage(call('a', '{}'), call('a_2', '{}')),
    result('a'),
    result('a_2'),
  );
  expect(ids(history.admit(callMessage(call('a', '{}'), call('a_3', '{}'))).message)).toEqual(['a_3', 'a_3_2']);
});

test('the admitted message depends only on the messages before it, not on other continuations', () => {
  const base = History.createEmpty().append(user('Hi.'));
  const message = callMessage(call('a', '{}'));
  const before = base.admit(message);
  const grown = base.append(message, result('a'));
  expect(base.admit(message)).toEqual(before);
  expect(ids(grown.admit(message).message)).toEqual(['a_2']);
  expect(ids(base.append(user('Or else.')).admit(message).message)).toEqual(['a']);
});

test('omits an empty list of calls, which servers reject', () => {
  const { message } = History.createEmpty().admit({ role: 'assistant', content: 'Hello.', tool_calls: [] });
  expect(message).toEqual(textMessage('Hello.'));
});

function user(content: string): Message {
  return { role: 'user', content };
}

function textMessage(content: string): AssistantMessage {
  return { role: 'assistant', content };
}

function callMessage(...calls: readonly ToolCall[]): AssistantMessage {
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

test('does not reuse the ids of replaced calls', () => {
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

test('the length of a history does not change when another one grows', () => {
  const one = History.from([{ role: 'user', content: 'a' }]);
  const two = one.append({ role: 'user', content: 'b' });
  expect([one.length, two.length, History.createEmpty().length]).toEqual([1, 2, 0]);
});

test('replaces messages in a history without calls', () => {
  const history = History.from([{ role: 'user', content: 'a' }]);
  expect(history.replaceMessages([{ role: 'user', content: 'b' }]).messages).toEqual([{ role: 'user', content: 'b' }]);
});

test('admits a message without calls as the same object', () => {
  const message = { role: 'assistant', content: 'Hi.' } as const;
  expect(History.createEmpty().admit(message).message).toBe(message);
});
