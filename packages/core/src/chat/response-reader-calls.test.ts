import { expect, test } from 'vitest';
import { type ResponseEnd, ResponseReader } from './response-reader.ts';

/** Returns the calls of the first choice, their repairs, and the deltas at the end. */
function callsOf(end: ResponseEnd, messages: readonly object[]): unknown {
  const reader = new ResponseReader();
  for (const message of messages)
    reader.read({ choices: [{ index: 0, [end === 'whole' ? 'message' : 'delta']: message }] });
  const { response, repairs, deltas } = reader.finish(end);
  const notes = repairs.map(({ path, note }) => `${path.replace('choices[0].message.', '')}: ${note}`);
  return {
    calls: response.choices[0].message.tool_calls,
    notes: notes.filter((note) => note.startsWith('tool_')),
    deltas,
  };
}

const role = { role: 'assistant' };

test.each([
  {
    what: 'of custom tools with index 0, separated by their ids',
    end: 'done',
    messages: [
      { ...role, tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } }] },
      { tool_calls: [{ index: 0, id: 'b', type: 'custom', custom: { name: 'sql', input: 'SELECT 2' } }] },
    ],
    calls: [
      { id: 'a', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } },
      { id: 'b', type: 'custom', custom: { name: 'sql', input: 'SELECT 2' } },
    ],
    notes: ['tool_calls: one index for several: separated by content'],
  },
  {
    what: 'with `input` in place of `arguments`',
    end: 'whole',
    messages: [{ ...role, tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', input: { x: 1 } } }] }],
    calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
    notes: [
      'tool_calls[0].function.arguments: missing: taken from input',
      'tool_calls[0].function.arguments: an object, written as JSON',
    ],
  },
  {
    what: 'in the form of a tool_use block',
    end: 'whole',
    messages: [{ ...role, tool_calls: [{ id: 'a', type: 'tool_use', name: 'f', input: { y: 1 } }] }],
    calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"y":1}' } }],
    notes: [
      'tool_calls[0].function: missing: name and arguments taken from the call itself',
      'tool_calls[0].function.arguments: missing: taken from input',
      'tool_calls[0].type: unknown: now "function"',
      'tool_calls[0].function.arguments: an object, written as JSON',
    ],
  },
  {
    what: 'of custom tools with `arguments` in place of `input`',
    end: 'whole',
    messages: [{ ...role, tool_calls: [{ id: 'a', type: 'custom', function: { name: 'f', arguments: 'x' } }] }],
    calls: [{ id: 'a', type: 'custom', custom: { name: 'f', input: 'x' } }],
    notes: ['tool_calls[0].custom.input: missing: taken from arguments'],
  },
  {
    what: 'that become custom calls and keep their text',
    end: 'done',
    messages: [
      { ...role, tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: 'x', input: 'y' } }] },
      { tool_calls: [{ index: 0, type: 'custom' }] },
    ],
    calls: [{ id: 'a', type: 'custom', custom: { name: 'f', input: 'x' } }],
    notes: [],
  },
  {
    what: 'whose index is a blank text, as calls without an index',
    end: 'done',
    messages: [
      { ...role, tool_calls: [{ index: ' ', id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":' } }] },
      { tool_calls: [{ index: ' ', function: { arguments: '1}' } }] },
    ],
    calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
    notes: ['tool_calls: without an index: separated by their content'],
  },
] as const)('E: reads calls $what', ({ end, messages, calls, notes }) => {
  expect(callsOf(end, messages)).toEqual({ calls, notes, deltas: [] });
});

test('emits held back deltas at the end if there was no finish_reason', () => {
  const call = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } };
  const nameless = { index: 1, id: 'b', type: 'function', function: { arguments: '{"x":1}' } };
  expect(callsOf('done', [{ ...role, content: '<thi', tool_calls: [call] }, { tool_calls: [nameless] }])).toEqual({
    calls: [
      { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
      { id: 'b', type: 'function', function: { name: '', arguments: '{"x":1}' } },
    ],
    notes: ['tool_calls[1].function.name: missing'],
    deltas: [
      { type: 'text', delta: '<thi' },
      { type: 'call', index: 0, id: 'a', name: 'f', delta: '{}' },
      { type: 'call', index: 1, id: 'b', name: '', delta: '{"x":1}' },
    ],
  });
});

test('reads half a megabyte of arguments in small pieces quickly', () => {
  const text = JSON.stringify({ rows: Array.from({ length: 20_000 }, (_, id) => ({ id, name: `"${id}"` })) });
  const pieces = (text.match(/.{1,4}/gs) ?? []).map((piece) => ({ index: 0, function: { arguments: piece } }));
  const reader = new ResponseReader();
  const begun = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } };
  for (const call of [begun, ...pieces]) reader.read({ choices: [{ index: 0, delta: { tool_calls: [call] } }] });
  const [call] = reader.finish('done').response.choices[0].message.tool_calls ?? [];
  expect(call).toEqual({ id: 'a', type: 'function', function: { name: 'f', arguments: text } });
});
