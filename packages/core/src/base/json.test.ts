import { expect, test } from 'vitest';
import { findOverflow, isRecord, parseJson, stringifyCanonical } from './json.ts';

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  [undefined, false],
  ['{}', false],
  [0, false],
  [() => ({}), false],
])('%o is a record: %s', (value, answer) => {
  expect(isRecord(value)).toBe(answer);
});

test('returns the parsed value unchanged, including a field named __proto__', () => {
  const parsed = parseJson('{"__proto__": {"polluted": true}, "a": [1, null]}');
  expect(parsed.ok && Object.entries(parsed.value as object)).toEqual([
    ['__proto__', { polluted: true }],
    ['a', [1, null]],
  ]);
});

test('the problem of a parse result is an enumerable field', () => {
  expect({ ...parseJson('nope') }).toEqual({ ok: false, problem: 'unexpected "n" at position 0' });
});

test.each([
  { value: { b: 1, a: 2 }, text: '{"a":2,"b":1}' },
  { value: { b: { d: 1, c: 2 }, a: [{ z: 1, y: 2 }] }, text: '{"a":[{"y":2,"z":1}],"b":{"c":2,"d":1}}' },
  { value: [2, 1], text: '[2,1]' },
  { value: { é: 1, z: 2, Z: 3 }, text: '{"Z":3,"z":2,"é":1}' },
  { value: { a: undefined, b: null }, text: '{"b":null}' },
  { value: 'text', text: '"text"' },
  { value: null, text: 'null' },
  { value: JSON.parse('{"b":1,"__proto__":2}'), text: '{"__proto__":2,"b":1}' },
])('writes the same text for any order of keys: $text', ({ value, text }) => {
  expect(stringifyCanonical(value)).toBe(text);
});

test.each([
  ['1e400', ''],
  ['-1e309', ''],
  ['{"x":1e400}', 'x'],
  ['{"a":{"b":[1,{"c":1E+999}]}}', 'a.b[1].c'],
  ['{"a":1e400,"b":-1e400}', 'a'],
  [`{"x":1${'0'.repeat(309)}}`, 'x'],
  [`{"x":${'9'.repeat(300)}e10}`, 'x'],
])('finds a number that a double cannot hold: %s', (text, path) => {
  expect(findOverflow(JSON.parse(text), text)).toBe(path);
  expect(findOverflow(JSON.parse(text))).toBe(path);
});

test.each([
  '{"x":1e308,"y":"1e400"}',
  '1.7976931348623157e308',
  '{"x":1e-400}',
  `{"x":"${'9'.repeat(400)}"}`,
  '[]',
  'null',
])('finds no number out of range in %s', (text) => {
  expect(findOverflow(JSON.parse(text), text)).toBeUndefined();
  expect(findOverflow(JSON.parse(text))).toBeUndefined();
});

test('searches a value that is nested deeper than the stack', () => {
  const text = `${'['.repeat(50_000)}1e400${']'.repeat(50_000)}`;
  expect(findOverflow(JSON.parse(text), text)).toBe('[0]'.repeat(50_000));
});
