import { expect, test } from 'vitest';
import { parseJson } from './json.ts';

test.each([
  ['', 'unexpected end at position 0'],
  ['{"city": Oslo}', 'unexpected "O" at position 9'],
  ['{"city": "Oslo"', 'unexpected end at position 15'],
  ['{"city": "Oslo"} or so', 'unexpected "o" at position 17'],
  ["{'city': 1}", 'unexpected "\'" at position 1'],
  ['{"city": "Osl', 'unexpected end at position 13'],
  ['{"city" "Oslo"}', 'unexpected "\\"" at position 8'],
  ['{"a": 1,}', 'unexpected "}" at position 8'],
  ['[1, 2,]', 'unexpected "]" at position 6'],
  ['[1 2]', 'unexpected "2" at position 3'],
  ['{"a": [1}', 'unexpected "}" at position 8'],
  ['{"a": 1]', 'unexpected "]" at position 7'],
  ['{"a": 01}', 'unexpected "1" at position 7'],
  ['{"a": "\\x"}', 'unexpected "\\\\" at position 7'],
  ['{"a": NaN}', 'unexpected "N" at position 6'],
  ['😀', 'unexpected "😀" at position 0'],
  ['["\u0085", x]', 'unexpected "x" at position 6'],
  ['["\n"]', 'unexpected "\\n" at position 2'],
  ['1 ]', 'unexpected "]" at position 2'],
])('says where a text stops being JSON: %j', (text, problem) => {
  expect(parseJson(text)).toEqual({ ok: false, problem });
});

test('reads deeply nested text without a stack overflow', () => {
  expect(parseJson('['.repeat(100_000))).toEqual({ ok: false, problem: 'unexpected end at position 100000' });
});

test('reads a long string without a stack overflow', () => {
  const text = `["${'x\\n'.repeat(3_000_000)}", x]`;
  expect(parseJson(text)).toEqual({ ok: false, problem: 'unexpected "x" at position 9000005' });
});

test.each(['0', '-1.5e+3', '"\\u00e9\\n"', '{}', '[]', '{"a":[true,false,null,{"b":""}]}', ' [ 1 , 2 ] '])(
  'parses valid JSON: %j',
  (text) => {
    expect(parseJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
  },
);
