import { expect, test } from 'vitest';
import { clipToColumns, countColumns, padToColumns } from './width.ts';

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
  expect(clipToColumns(text, max)).toBe(clipped);
  expect(countColumns(clipToColumns(text, max))).toBeLessThanOrEqual(max);
});

test('pads by columns, and clips a megabyte at once', () => {
  expect(padToColumns('日', 4)).toBe('日  ');
  expect(clipToColumns('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxx…');
});
