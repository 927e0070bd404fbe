import { expect, test } from 'vitest';
import { isPaddingValue } from './padding.ts';

test.each([
  null,
  undefined,
  '',
  [],
  {},
  [{}],
  { data: '', expires_at: 0, id: '', transcript: '' },
  { name: '', arguments: '' },
  { flagged: false, reason: '' },
  { a: null },
  { a: { b: '' }, c: [] },
  [{ type: '', url: '' }],
])('%j is padding', (value) => {
  expect(isPaddingValue(value)).toBe(true);
});

test.each([
  0,
  false,
  ' ',
  [''],
  [0],
  { index: 0 },
  { a: 0, b: false },
  { a: { b: 0 } },
  { id: 'a', data: '' },
  { count: 1, name: '' },
  [{ type: 'thinking', thinking: '', signature: '' }],
  [{}, 'a'],
])('%j is not padding', (value) => {
  expect(isPaddingValue(value)).toBe(false);
});

test('stops the search in a deeply nested value', () => {
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(100_000)}""${'}'.repeat(100_000)}`);
  expect(isPaddingValue(deep)).toBe(false);
});
