import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from './json.ts';
import { JsonPrefix } from './json-prefix.ts';

function read(...pieces: readonly string[]): { readonly isBroken: boolean; readonly isWhole: boolean } {
  const prefix = new JsonPrefix();
  for (const piece of pieces) prefix.add(piece);
  const { isBroken, isWhole } = prefix;
  return { isBroken, isWhole };
}

test.each([
  '{',
  '{"a',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":-',
  '{"a":1.',
  '{"a":1e+',
  '{"a":tr',
  '{"a":"\\',
  '{"a":"\\u00',
  '{"a":[',
  '{"a":[1,',
  '{"a":{},',
  ' ',
  '12',
  '-0.5E1',
])('accepts %j as the start of JSON', (text) => {
  expect(read(text)).toEqual({ isBroken: false, isWhole: false });
});

test.each(['{}', ' {"a":[1,{"b":null}]} \n', '[]', '"x"', 'true', '"\\u00e9\\n"', '[-0,1.5e-7,20]'])(
  'says that %j is complete',
  (text) => {
    expect(read(text)).toEqual({ isBroken: false, isWhole: true });
  },
);

test.each([
  '{{',
  '{a',
  '{"a"b',
  '{"a":}',
  '{"a":1,}',
  '{,',
  '[1,]',
  '[1}',
  '{"a"]',
  '{"a":01',
  '{"a":1.}',
  '{"a":.5',
  '{"a":+1',
  '{"a":1e}',
  '{"a":nul}',
  '{"a":"\\x',
  '{"a":"\\u00g',
  '{"a":"\n',
  '{}{}',
  '"a""',
  'nulll',
  "{'a'",
])('says that %j can never become JSON', (text) => {
  expect(read(text).isBroken).toBe(true);
});

const json = fc.oneof(
  fc.json(),
  fc.jsonValue().map((value) => JSON.stringify(value, null, 1)),
);

test('accepts every prefix of JSON, in any pieces', () => {
  fc.assert(
    fc.property(json, fc.array(fc.nat(), { maxLength: 4 }), (text, places) => {
      const cuts = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
      const pieces = cuts.slice(1).map((end, at) => text.slice(cuts[at], end));
      expect(read(...pieces)).toEqual(read(text));
      expect(read(text).isBroken).toBe(false);
      expect(read(text.slice(0, cuts[1] ?? 0)).isBroken).toBe(false);
    }),
  );
});

test('a text is complete exactly if it is JSON that cannot continue', () => {
  const text = fc.oneof(
    json,
    fc
      .array(fc.constantFrom(...'{}[]",:0123456789.eE+-\\u/ntrfalse \n'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (sample) => {
      const { isWhole, isBroken } = read(sample);
      const parsed = parseJson(sample);
      if (isBroken) expect(parsed.ok).toBe(false);
      else expect(isWhole).toBe(parsed.ok && (typeof parsed.value !== 'number' || /\s$/.test(sample)));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ['x {"a":"}"} y', 2, 11],
  ['[1,[2]]', 0, 7],
  ['{"a":1', 0, undefined],
  ['{"a" 1}', 0, undefined],
  ['7', 0, undefined],
])('the value in %j at position %i ends at %s', (text, start, end) => {
  expect(new JsonPrefix().readValue(text, start)).toBe(end);
});

test('reads a million characters quickly', () => {
  expect(read(...Array(100_000).fill('{"a":[1,'))).toEqual({ isBroken: false, isWhole: false });
});
