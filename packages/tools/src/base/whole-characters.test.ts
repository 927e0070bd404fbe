import { expect, test } from 'vitest';
import { alignEnd, alignStart, sliceStart } from './whole-characters.ts';

test.each([
  ['ab😀cd', 2, 'ab'],
  ['ab😀cd', 3, 'ab'],
  ['ab😀cd', 4, 'ab😀'],
  ['ab', 5, 'ab'],
  ['😀', 1, ''],
])('the beginning of %j, of %i code units at most, is %j', (text, maxLength, start) => {
  expect(sliceStart(text, maxLength)).toBe(start);
});

test('a place inside of a character moves to its beginning or behind it, any other stays', () => {
  const text = 'a😀b';
  expect([0, 1, 2, 3, 4].map((place) => alignEnd(text, place))).toEqual([0, 1, 1, 3, 4]);
  expect([0, 1, 2, 3, 4].map((place) => alignStart(text, place))).toEqual([0, 1, 3, 3, 4]);
});
