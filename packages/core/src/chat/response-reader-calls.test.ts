import { expect, test } from 'vitest';
import { type ResponseEnd, ResponseReader } from './response-reader.ts';

/** The first choice's calls, what was mended of them, and what was told once the response was over. */
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
    what: 'of custom tools, all with index 0, stay apart by their ids',
    end: 'done',
    messages: [
      { ...role, tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } }] },
      { tool_calls: [{ index: 0, id: 'b', type: 'custom', custom: { name: 'sql', input: 'SELECT 2' } }] },
    ],
    calls: [
      { id: 'a', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } },
      { id: 'b', type: 'custom', custom: { name: 'sql', input: 'SELECT 2' } },
    ],
    notes: ['tool_calls: one index for several: told apart by content'],
  },
  {
    what: 'with `input` in place of `arguments` are read',
    end: 'whole',
    messages: [{ ...role, tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', input: { x: 1 } } }] }],
    calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
    notes: [
      'tool_calls[0].function.arguments: missing: taken from input',
      'tool_calls[0].function.arguments: an object, written as JSON',
    ],
  },
  {
    what: 'in the form of a tool_use block are read',
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
    what: 'of custom tools with `arguments` in place of `input` are read',
    end: 'whole',
    messages: [{ ...role, tool_calls: [{ id: 'a', type: 'custom', function: { name: 'f', arguments: 'x' } }] }],
    calls: [{ id: 'a', type: 'custom', custom: { name: 'f', input: 'x' } }],
    notes: ['tool_calls[0].custom.input: missing: taken from arguments'],
  },
  {
    what: 'that turn into custom ones keep the text that they had',
    end: 'done',
    messages: [
      { ...role, tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: 'x', input: 'y' } }] },
      { tool_calls: [{ index: 0, type: 'custom' }] },
    ],
    calls: [{ id: 'a', type: 'custom', custom: { name: 'f', input: 'x' } }],
    notes: [],
  },
  {
    what: 'whose index is a blank text have none',
    end: 'done',
    messages: [
      { ...role, tool_calls: [{ index: ' ', id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":' } }] },
      { tool_calls: [{ index: ' ', function: { arguments: '1}' } }] },
    ],
    calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
    notes: ['tool_calls: without an index: told apart by their content'],
  },
] as const)('E: calls $what', ({ end, messages, calls, notes }) => {
  expect(callsOf(end, messages)).toEqual({ calls, notes, deltas: [] });
});

test('what was held back is told at the end, where no finish_reason came', () => {
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

test('half a megabyte of arguments in small pieces is read at once', () => {
  const text = JSON.stringify({ rows: Array.from({ length: 20_000 }, (_, id) => ({ id, name: `"${id}"` })) });
  const pieces = (text.match(/.{1,4}/gs) ?? []).map((piece) => ({ index: 0, function: { arguments: piece } }));
  const reader = new ResponseReader();
  const begun = { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } };
  for (const call of [begun, ...pieces]) reader.read({ choices: [{ index: 0, delta: { tool_calls: [call] } }] });
  const [call] = reader.finish('done').response.choices[0].message.tool_calls ?? [];
  expect(call).toEqual({ id: 'a', type: 'function', function: { name: 'f', arguments: text } });
});
