import { expect, test } from 'vitest';
import { findClosest, pluralize, shorten, sliceWhole } from './text.ts';

test.each([
  [0, '0 turns'],
  [1, '1 turn'],
  [2, '2 turns'],
])('%i is counted as "%s"', (count, text) => {
  expect(pluralize(count, 'turn')).toBe(text);
});

test.each([
  { text: 'short', max: 5, quoted: 'short' },
  { text: 'longer', max: 5, quoted: 'longe… (1 character more)' },
  { text: 'longer', max: 0, quoted: '… (6 characters more)' },
  { text: 'ab😀cd', max: 3, quoted: 'ab… (4 characters more)' },
  { text: 'ab😀cd', max: 4, quoted: 'ab😀… (2 characters more)' },
])('the first $max characters of "$text" are quoted, and no character is cut in two', ({ text, max, quoted }) => {
  expect(shorten(text, max)).toBe(quoted);
});

test.each([
  [0, 3, 'ab'],
  [0, 4, 'ab😀'],
  [3, 6, 'cd'],
  [2, 4, '😀'],
  [3, 3, ''],
  [4, 99, 'cd'],
])('a slice of "ab😀cd" from %i to %i cuts no character in two', (start, end, slice) => {
  expect(sliceWhole('ab😀cd', start, end)).toBe(slice);
});

test('200 characters are quoted where nothing else is said', () => {
  expect(shorten('x'.repeat(201))).toBe(`${'x'.repeat(200)}… (1 character more)`);
});

const names: readonly string[] = ['get_weather', 'send_mail', 'searchWeb', 'ls'];

test.each([
  ['get_weather', 'get_weather'],
  ['getWeather', 'get_weather'],
  ['GET-WEATHER', 'get_weather'],
  ['weather', 'get_weather'],
  ['send_email', 'send_mail'],
  ['search_web', 'searchWeb'],
  ['sl', undefined],
  ['lss', 'ls'],
  ['rm', undefined],
  ['x', undefined],
  ['', undefined],
  ['天气', undefined],
  ['delete_everything', undefined],
])('"%s" was probably meant as %j', (name, meant) => {
  expect(findClosest(name, names)).toBe(meant);
});

test('of names that are equally near the first is taken', () => {
  expect(findClosest('read_fil', ['read_file', 'read_fill'])).toBe('read_file');
});

test('among no names none is meant', () => {
  expect(findClosest('get_weather', [])).toBeUndefined();
});
