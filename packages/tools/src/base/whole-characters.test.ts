import { expect, test } from 'vitest';
import { alignEnd, alignStart, sliceStart } from './whole-characters.ts';

test.each([
  ['ab😀cd', 2, 'ab'],
  ['ab😀cd', 3, 'ab'],
  ['ab😀cd', 4, 'ab😀'],
  ['ab', 5, 'ab'],
  ['😀', 1, ''],
])('sliceStart(%j, %i) returns %j', (text, maxLength, start) => {
  expect(sliceStart(text, maxLength)).toBe(start);
});

test('alignEnd and alignStart move a position inside a character, and keep any other position', () => {
  const text = 'a😀b';
  expect([0, 1, 2, 3, 4].map((place) => alignEnd(text, place))).toEqual([0, 1, 1, 3, 4]);
  expect([0, 1, 2, 3, 4].map((place) => alignStart(text, place))).toEqual([0, 1, 3, 3, 4]);
});
