import { expect, test } from 'vitest';
import { findClosest, pluralize, shorten, sliceWhole } from './text.ts';

test.each([
  [0, '0 turns'],
  [1, '1 turn'],
  [2, '2 turns'],
])('formats the count %i as "%s"', (count, text) => {
  expect(pluralize(count, 'turn')).toBe(text);
});

test.each([
  { text: 'short', max: 5, quoted: 'short' },
  { text: 'longer', max: 5, quoted: 'longe… (1 character more)' },
  { text: 'longer', max: 0, quoted: '… (6 characters more)' },
  { text: 'ab😀cd', max: 3, quoted: 'ab… (4 characters more)' },
  { text: 'ab😀cd', max: 4, quoted: 'ab😀… (2 characters more)' },
])('shortens "$text" to $max characters without splitting a surrogate pair', ({ text, max, quoted }) => {
  expect(shorten(text, max)).toBe(quoted);
});

test.each([
  [0, 3, 'ab'],
  [0, 4, 'ab😀'],
  [3, 6, 'cd'],
  [2, 4, '😀'],
  [3, 3, ''],
  [4, 99, 'cd'],
])('a slice of "ab😀cd" from %i to %i does not split a surrogate pair', (start, end, slice) => {
  expect(sliceWhole('ab😀cd', start, end)).toBe(slice);
});

test('shortens to 200 characters by default', () => {
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
])('the name most similar to "%s" is %j', (name, meant) => {
  expect(findClosest(name, names)).toBe(meant);
});

test('the first of equally similar names wins', () => {
  expect(findClosest('read_fil', ['read_file', 'read_fill'])).toBe('read_file');
});

test('no name is similar in an empty list', () => {
  expect(findClosest('get_weather', [])).toBeUndefined();
});
