import { expect, test } from 'vitest';
import { formatBytes, formatCost, formatCount, formatDuration, formatTime } from './format-value.ts';

test.each([
  [0, '0 ms'],
  [350.4, '350 ms'],
  [2_449, '2.4 s'],
  [59_400, '59 s'],
  [185_000, '3 min 5 s'],
  [120_000, '2 min'],
  [7_800_000, '2 h 10 min'],
  [273_600_000, '3 d 4 h'],
  [Number.NaN, '–'],
])('%d milliseconds are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, '$0'],
  [0.00423, '$0.0042'],
  [0.0512, '$0.051'],
  [1.2, '$1.20'],
])('%d dollars are %s', (cost, text) => {
  expect(formatCost(cost)).toBe(text);
});

test('counts have thin spaces, bytes have binary units', () => {
  expect(formatCount(1_234_567)).toBe('1\u2009234\u2009567');
  expect(formatCount(123)).toBe('123');
  expect(formatBytes(812)).toBe('812 B');
  expect(formatBytes(4_200)).toBe('4.1 KiB');
  expect(formatBytes(3 << 20)).toBe('3.0 MiB');
});

test('a time of another day has its date', () => {
  const noon = new Date(2026, 10, 2, 12, 3, 7).getTime();
  expect(formatTime(noon, noon + 60_000)).toBe('12:03:07');
  expect(formatTime(noon, noon + 86_400_000)).toBe('2026-11-02 12:03:07');
});
