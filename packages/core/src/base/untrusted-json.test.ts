import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findRoundedIntegers } from './untrusted-json.ts';

test.each([
  ['{"id": 2512292042121000001}', [{ path: ['id'], digits: '2512292042121000001' }]],
  ['{"id":-9007199254740993}', [{ path: ['id'], digits: '-9007199254740993' }]],
  ['[9007199254740993]', [{ path: [0], digits: '9007199254740993' }]],
  ['9007199254740993', [{ path: [], digits: '9007199254740993' }]],
  [
    '{"a":{"b":[1,{"c\\"d":9007199254740993}],"e":"x"},"f":9007199254740995}',
    [
      { path: ['a', 'b', 1, 'c"d'], digits: '9007199254740993' },
      { path: ['f'], digits: '9007199254740995' },
    ],
  ],
  [`{"a":1${'0'.repeat(400)}}`, [{ path: ['a'], digits: `1${'0'.repeat(400)}` }]],
])('finds the integers of %s that parsing would change', (text, found) => {
  expect(findRoundedIntegers(text)).toEqual(found);
});

test.each([
  ['the largest safe integer', '{"a":9007199254740991}'],
  ['larger integers that a double represents exactly', '{"a":9007199254740992,"b":10000000000000000000}'],
  ['decimals', '{"a":0.1234567890123456789,"b":3.14159265358979323846,"c":1234567890123456.75}'],
  ['powers of ten', '{"a":12345678901234567890e-3,"b":1e300}'],
  ['digits in a text', '{"a":"2512292042121000001","2512292042121000001":1,"b":"\\"2512292042121000001"}'],
  ['a long list of short integers', JSON.stringify(Array(100).fill(123_456_789_012_345))],
])('finds no rounded integer in %s', (_, text) => {
  expect(findRoundedIntegers(text)).toEqual([]);
});

test('finds at most ten rounded integers', () => {
  expect(findRoundedIntegers(`[${Array(50).fill('9007199254740993').join()}]`)).toHaveLength(10);
});

test('finds an integer exactly if parsing changes it', () => {
  const integer = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n });
  fc.assert(
    fc.property(fc.array(integer, { maxLength: 8 }), (integers) => {
      const text = `{"list":[${integers.join()}]}`;
      const changed = integers.flatMap((each, index) =>
        BigInt(Number(each)) === each ? [] : [{ path: ['list', index], digits: String(each) }],
      );
      expect(findRoundedIntegers(text)).toEqual(changed);
    }),
  );
});

test('reads a megabyte quickly', () => {
  expect(findRoundedIntegers(`{"a":"${'\\"1234567890123456'.repeat(60_000)}"}`)).toEqual([]);
});
