import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRecord } from './json.ts';
import { parsePartialJson } from './parse-partial-json.ts';

test.each<[string, unknown]>([
  ['', undefined],
  ['{', {}],
  ['{"ci', {}],
  ['{"city"', {}],
  ['{"city":', {}],
  ['{"city": "Os', { city: 'Os' }],
  ['{"city": "Oslo", "da', { city: 'Oslo' }],
  ['{"city": "Oslo", "days": 1', { city: 'Oslo' }],
  ['{"city": "Oslo", "days": 12,', { city: 'Oslo', days: 12 }],
  ['{"a": tru', {}],
  ['{"a": true}', { a: true }],
  ['[1, 2', [1]],
  ['[[1], ["a", "b', [[1], ['a', 'b']]],
  ['{"a": "x\\', { a: 'x' }],
  ['{"a": "x\\u00', { a: 'x' }],
  ['{"a": "\\ud83d', { a: '' }],
  ['{"a": "\\ud83d\\ude00', { a: '😀' }],
  ['{"a": {"b": [', { a: { b: [] } }],
  ['nonsense ', undefined],
  ['{"a"}', undefined],
])('parses %j as %j', (text, value) => {
  expect(parsePartialJson(text)).toEqual(value);
});

test('the value of every prefix is a beginning of the whole value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom(undefined, 2), (value, at, space) => {
      const text = JSON.stringify(value, null, space);
      expect(begins(parsePartialJson(text.slice(0, at % (text.length + 1))), JSON.parse(text))).toBe(true);
      expect(parsePartialJson(`${text}\n`)).toEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

/** Whether more text can turn the first value into the second. */
function begins(part: unknown, whole: unknown): boolean {
  if (part === undefined) return true;
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part);
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((each, index) => begins(each, whole[index]));
  if (!isRecord(part)) return part === whole;
  return isRecord(whole) && Object.keys(part).every((name) => name in whole && begins(part[name], whole[name]));
}
