import { expect, test } from 'vitest';
import { escapeText } from './escape-text.ts';

test.each([
  ['a right-to-left override', 'pay \u202e001$', 'pay \\u202e001$'],
  ['an escape sequence of a terminal', '\u001b[31mred', '\\u001b[31mred'],
  ['half of a surrogate pair', 'a\ud83d b', 'a\\ud83d b'],
  ['a zero-width space', 'pay\u200bpal', 'pay\\u200bpal'],
  ['a tag character', 'x\u{e0041}', 'x\\u{e0041}'],
  ['a carriage return, which could hide a line', 'a\rb', 'a\\u000db'],
  ['a separator of lines', 'a\u2028b', 'a\\u2028b'],
])('%s is written as an escape', (_, text, shown) => {
  expect(escapeText(text)).toBe(shown);
});

test.each(['two\n\tlines', 'שלום', 'Grüße, 東京', '👩‍🚀 on the moon', '<img onerror>'])('%j stays as it is', (text) => {
  expect(escapeText(text)).toBe(text);
});
