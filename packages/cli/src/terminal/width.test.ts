import { expect, test } from 'vitest';
import { countColumns, fillToColumns, shortenToColumns } from './width.ts';

test.each([
  ['abc', 3],
  ['日本語', 6],
  ['👩‍💻', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['한국', 4],
  ['', 0],
])('%s takes %d columns', (text, columns) => {
  expect(countColumns(text)).toBe(columns);
});

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  [`a${'\u0301'.repeat(100)}`, 2, `a${'\u0301'.repeat(15)}…`],
])('%s in %#: at most %d columns', (text, max, clipped) => {
  expect(shortenToColumns(text, max)).toBe(clipped);
  expect(countColumns(shortenToColumns(text, max))).toBeLessThanOrEqual(max);
});

test('pads by columns, and clips a megabyte at once', () => {
  expect(fillToColumns('日', 4)).toBe('日  ');
  expect(shortenToColumns('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxx…');
});
