import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../base/json.ts';
import { CallText } from './call-text.ts';

interface Read {
  readonly text: string;
  readonly emitted: string;
  readonly hasSnapshots: boolean;
}

function read(pieces: readonly string[]): Read {
  const text = new CallText();
  let emitted = '';
  for (const piece of pieces) {
    text.add(piece);
    emitted += text.take();
  }
  emitted += text.flush();
  return { text: text.text, emitted, hasSnapshots: text.hasSnapshots };
}

test.each([
  { pieces: ['{', '"a":', '1', '}'], whole: [false, false, false, true] },
  { pieces: ['{"a":{}', '}', ' \n'], whole: [false, true, true] },
  { pieces: [' ', '{}'], whole: [false, true] },
  { pieces: ['{"a":"}', '{"', '}'], whole: [false, false, true] },
  { pieces: ['{"a":"\\', '"}', '"}'], whole: [false, false, true] },
  { pieces: ['{"a":[1}', ']', '}'], whole: [false, false, false] },
  { pieces: ['{"a":[1]', '}'], whole: [false, true] },
  { pieces: ['{"a":[[1],[2]]}', '\t', '\r\n'], whole: [true, true, true] },
  { pieces: ['{"":1', '}'], whole: [false, true] },
  { pieces: ['\t\r\n{', '}'], whole: [false, true] },
  { pieces: ['{a}', ' '], whole: [false, false] },
  { pieces: ['{}', 'x', '{}'], whole: [true, false, false] },
  { pieces: ['[{}', ']'], whole: [false, false] },
  { pieces: ['"{}', '"'], whole: [false, false] },
  { pieces: ['', 'null'], whole: [false, false] },
])('arguments from $pieces are complete when they are one JSON object', ({ pieces, whole }) => {
  const text = new CallText();
  const seen = pieces.map((piece) => {
    text.add(piece);
    return text.isWhole;
  });
  expect({ text: text.text, seen }).toEqual({ text: pieces.join(''), seen: whole });
});

test.each([
  { what: 'from the first brace', pieces: ['{', '{"city"', '{"city":"Os', '{"city":"Oslo"}'] },
  { what: 'that begin with a part of a key', pieces: ['{"ci', '{"city":"Oslo"}'] },
  { what: 'that begin where a value is expected', pieces: ['{"a":', '{"a":{"b":1}}'] },
  { what: 'that stay where a value is expected', pieces: ['{"a":', '{"a":[', '{"a":[{"b":', '{"a":[{"b":1}]}'] },
  { what: 'that do not grow each time', pieces: ['{"ci', '{"ci', '{"city":"Oslo"}', '{"city":"Oslo"}'] },
  { what: 'that end in blanks', pieces: ['{"a":1}', '{"a":1}\n'] },
  { what: 'of double-encoded arguments', pieces: ['"{\\"a', '"{\\"a\\":1}"'] },
  { what: 'after an empty piece', pieces: ['', '{"a', '{"a":1}'] },
])('uses the last of snapshots $what', ({ pieces }) => {
  const last = pieces.at(-1) ?? '';
  expect(read(pieces)).toEqual({ text: last, emitted: last, hasSnapshots: true });
});

test.each([
  { what: 'a value that begins like the whole', pieces: ['{"a":', '{"a":', '{"a":1}', '}}'] },
  { what: 'a key that is a brace', pieces: ['{"', '{": 1}'] },
  { what: 'a string that repeats the text so far', pieces: ['{"a":"', '{', '\\"a\\":', '{\\"a\\":', '"}'] },
  { what: 'blanks that repeat themselves', pieces: [' ', ' ', ' {"a":1}'] },
  { what: 'arrays in arrays', pieces: ['[', '[', '[]]]'] },
  { what: 'arguments that are cut after such a value', pieces: ['{"a":', '{"a":1,'] },
  { what: 'pieces that are not JSON', pieces: ['city=', 'city=Oslo'] },
])('joins pieces with $what', ({ pieces }) => {
  const joined = pieces.join('');
  expect(read(pieces)).toEqual({ text: joined, emitted: joined, hasSnapshots: false });
});

test('returns no text while pieces and snapshots are both possible', () => {
  const text = new CallText();
  const deltas = ['{"a":', '{"a":', '1}', '}'].map((piece) => {
    text.add(piece);
    return text.take();
  });
  expect(deltas).toEqual(['{"a":', '', '{"a":1}', '}']);
});

// Keys and values that make a piece look like the start of the text.
const awkward = fc.constantFrom('{', '{"', '{"a":', '[', '":', ',', 'a', '', '"', '\\', '}', ' ');
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    awkward,
    fc.constantFrom<unknown[]>(1, null, true, 1.5),
    fc.dictionary(awkward, tie('value'), { maxKeys: 3 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}));
const object = fc.dictionary(awkward, value, { maxKeys: 3 });
const written = fc.oneof(
  object.map((value) => JSON.stringify(value)),
  object.map((value) => JSON.stringify(value, null, 1)),
  fc.tuple(fc.constantFrom('{"a":', '{"a":[', '{"":{"":'), fc.nat({ max: 4 }), object).map(([open, depth, inner]) => {
    const close = open.replace(/[^{[]/g, '').replace(/./g, (sign) => (sign === '{' ? '}' : ']'));
    const ends = [...close].reverse().join('');
    return open.repeat(depth) + JSON.stringify(inner) + ends.repeat(depth);
  }),
);

test('never changes the arguments of a correct stream, in any pieces', () => {
  fc.assert(
    fc.property(written, fc.array(fc.nat(), { maxLength: 8 }), (text, places) => {
      const cuts = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
      const pieces = cuts.slice(1).map((end, at) => text.slice(cuts[at], end));
      expect(read(pieces)).toEqual({ text, emitted: text, hasSnapshots: false });
    }),
    { numRuns: 3000 },
  );
});

test('uses the last of growing snapshots, unless their joined text is JSON', () => {
  fc.assert(
    fc.property(written, fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), (text, places) => {
      const ends = places.map((place) => 1 + (place % text.length)).sort((a, b) => a - b);
      const pieces = [...ends, text.length].map((end) => text.slice(0, end));
      const { text: result, emitted } = read(pieces);
      expect(emitted).toBe(result);
      if (!parseJson(pieces.join('')).ok) expect(result).toBe(text);
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ['braces that never end', '{"a":'],
  ['a text that stays unclear', '['],
])('reads a long stream of %s quickly', (_, piece) => {
  const text = new CallText();
  for (let count = 0; count < 200_000; count++) text.add(piece);
  expect(text.flush()).toBe(piece.repeat(200_000));
});
