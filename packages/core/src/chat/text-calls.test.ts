import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestTools } from './request-tools.ts';
import { TextCalls } from './text-calls.ts';

const tools = new RequestTools(['get_weather', 'get_time'].map((name) => ({ type: 'function', function: { name } })));

const CALL = '<tool_call>{"name":"get_time","arguments":{}}</tool_call>';

interface Pushed {
  /** The text that each piece released. */
  readonly passed: readonly string[];
  readonly left: string;
  readonly calls: readonly string[];
}

function push(pieces: readonly string[]): Pushed {
  const reader = new TextCalls({ tools, isQuoted: (text) => text.includes('quoted') });
  const passed = pieces.map((piece) => reader.push(piece));
  const { calls, text } = reader.end();
  return { passed, left: text, calls: calls.map(({ name }) => name) };
}

test.each<{ readonly what: string; readonly pieces: readonly string[]; readonly expected: Pushed }>([
  {
    what: 'words',
    pieces: ['Hello', ' world', '.'],
    expected: { passed: ['Hello', ' world', '.'], left: '', calls: [] },
  },
  {
    what: 'words and marks of other kinds',
    pieces: ['a < b', ' [1]', ' <b>'],
    expected: { passed: ['a < b', ' [1]', ' <b>'], left: '', calls: [] },
  },
  {
    what: 'the start of a mark',
    pieces: ['a <', 'tool', ' x'],
    expected: { passed: ['a', '', ' <tool x'], left: '', calls: [] },
  },
  {
    what: 'the start of a mark at the end',
    pieces: ['x', '<tool_ca'],
    expected: { passed: ['x', ''], left: '<tool_ca', calls: [] },
  },
  {
    what: 'a call',
    pieces: ['Look.', '\n\n', CALL],
    expected: { passed: ['Look.', '', ''], left: '', calls: ['get_time'] },
  },
  {
    what: 'a call and words',
    pieces: [`Look.\n${CALL}`, '\nWait.\n'],
    expected: { passed: ['Look.', ''], left: '\n\nWait.', calls: ['get_time'] },
  },
  {
    what: 'a call that is quoted',
    pieces: ['a ', `${CALL.replace('{}', '{"quoted":1}')} b `],
    expected: { passed: ['a', ''], left: ` ${CALL.replace('{}', '{"quoted":1}')} b `, calls: [] },
  },
  {
    what: 'JSON of another kind',
    pieces: ['{"na', 'me":"Ann"', ',"age":7}'],
    expected: { passed: ['', '{"name":"Ann"', ',"age":7}'], left: '', calls: [] },
  },
  {
    what: 'JSON of a call',
    pieces: ['{"na', 'me":"get_', 'time"}'],
    expected: { passed: ['', '', ''], left: '', calls: ['get_time'] },
  },
  { what: 'a list', pieces: ['[1', ',2]'], expected: { passed: ['[1', ',2]'], left: '', calls: [] } },
  { what: 'only blanks', pieces: [' ', '\n'], expected: { passed: ['', ''], left: ' \n', calls: [] } },
  {
    what: 'many blanks',
    pieces: [' '.repeat(300), 'a'],
    expected: { passed: [' '.repeat(236), `${' '.repeat(64)}a`], left: '', calls: [] },
  },
])('$what: releases text that cannot be a call immediately', ({ pieces, expected }) => {
  expect(push(pieces)).toEqual(expected);
});

test('text after the end is released', () => {
  const reader = new TextCalls({ tools, isQuoted: () => false });
  expect([reader.push('<tool_call>'), reader.release(), reader.push('<tool_call>'), reader.end().text]).toEqual([
    '',
    '<tool_call>',
    '<tool_call>',
    '',
  ]);
});

const parts = fc.array(
  fc.constantFrom(
    CALL,
    '<tool_call>',
    '</tool_call>',
    '<',
    '[',
    '[TOOL_CALLS]',
    'get_time',
    '{}',
    '{"name":"get_time"}',
    '`',
    '\n```\n',
    ' ',
    '\n',
    'a',
    '<|channel|>',
    'commentary to=functions.',
    'quoted',
  ),
  { maxLength: 12 },
);

test('reads a text the same for any cut', () => {
  fc.assert(
    fc.property(parts, fc.array(fc.nat(), { maxLength: 6 }), (chosen, places) => {
      const text = chosen.join('');
      const cuts = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
      const inPieces = push(cuts.slice(1).map((end, at) => text.slice(cuts[at], end)));
      const whole = push([text]);
      expect(inPieces.passed.join('') + inPieces.left).toBe(whole.passed.join('') + whole.left);
      expect(inPieces.calls).toEqual(whole.calls);
      if (whole.calls.length === 0) expect(whole.passed.join('') + whole.left).toBe(text);
    }),
    { numRuns: 3000 },
  );
});

test.each(['<', '<tool_call>', ' ', '\n<', '{', '[', 'a<tool_cal', '{"name":"get_time",'])(
  'a long stream of %j is read at once',
  (piece) => {
    const { passed, left, calls } = push(Array(100_000).fill(piece));
    expect(passed.join('') + left).toBe(piece.repeat(100_000));
    expect(calls).toEqual([]);
  },
  5_000,
);
