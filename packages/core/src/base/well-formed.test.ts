import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringifyWellFormed, toWellFormedJson } from './well-formed.ts';

const HIGH = '\ud83d';
const LOW = '\ude00';

/** Texts with halves of pairs, whole pairs, backslashes, and text that looks like an escape. */
const texts = fc
  .array(fc.constantFrom(HIGH, LOW, '😀', '\\', '"', '\n', '\\ud83d', '\\\\ude00', 'ud83d', 'a', '\u2028', 'é'), {
    maxLength: 12,
  })
  .map((pieces) => pieces.join(''));

// Compares texts, not what JSON.parse returns: V8 13.6 may read the key `"` as `\\`, where an object before had the key `\\` in the same place.
test('replaces each lone half of a surrogate pair in a value, and changes nothing else', () => {
  fc.assert(
    fc.property(fc.dictionary(texts, fc.array(texts)), (value) => {
      const entries = Object.entries(value).map(([name, list]) => [
        name.toWellFormed(),
        list.map((text) => text.toWellFormed()),
      ]);
      const expected = Object.fromEntries(entries);
      fc.pre(Object.keys(expected).length === entries.length);
      expect(stringifyWellFormed(value)).toBe(JSON.stringify(expected));
    }),
  );
});

test('replaces each lone half in a JSON text, unescaped or escaped', () => {
  const escaped = (text: string, isUpper: boolean): string => {
    const code = (unit: string): string => unit.charCodeAt(0).toString(16).padStart(4, '0');
    return Array.from({ length: text.length }, (_, at) => {
      const unit = text[at] ?? '';
      if (!/[\ud800-\udfff]/.test(unit)) return JSON.stringify(unit).slice(1, -1);
      return `\\u${isUpper ? code(unit).toUpperCase() : code(unit)}`;
    }).join('');
  };
  fc.assert(
    fc.property(texts, fc.boolean(), (text, isUpper) => {
      for (const json of [`{"a":"${escaped(text, isUpper)}"}`, JSON.stringify({ a: text })]) {
        const output = toWellFormedJson(json);
        expect(output.isWellFormed()).toBe(true);
        expect(JSON.parse(output)).toEqual({ a: text.toWellFormed() });
      }
    }),
  );
});

test.each([
  ['an unescaped half next to an escaped half', `{"a":"${HIGH}\\ude00"}`, '{"a":"\ufffd\ufffd"}'],
  ['two escapes of a whole pair', '{"a":"\\ud83d\\uDE00"}', '{"a":"\\ud83d\\uDE00"}'],
  ['the halves in the wrong order', '{"a":"\\ude00\\ud83d"}', '{"a":"\ufffd\ufffd"}'],
  ['a backslash before what looks like an escape', '{"a":"\\\\ud83d"}', '{"a":"\\\\ud83d"}'],
  ['a backslash and then an escape', '{"a":"\\\\\\ud83d"}', '{"a":"\\\\\ufffd"}'],
  ['a text that is not JSON', `{"a":"${HIGH}`, '{"a":"\ufffd'],
])('reads %s', (_, input, output) => {
  expect(toWellFormedJson(input)).toBe(output);
});

test('returns a text without lone halves unchanged', () => {
  const value = { a: ['😀', '\\ud83d', '\u0000'] };
  expect(stringifyWellFormed(value)).toBe(JSON.stringify(value));
});
