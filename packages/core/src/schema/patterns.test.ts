import { expect, test } from 'vitest';
import { isIndependentOfFlags, isPatternOf, type PatternDialect } from './patterns.ts';

const DIALECTS: readonly PatternDialect[] = ['ecmascript', 'python', 'regular', 'gbnf', 'none'];

/** Returns the strictest dialect that supports the pattern. */
test.each<[string, PatternDialect]>([
  ['^[a-z]+$', 'gbnf'],
  ['^(yes|no)$', 'gbnf'],
  ['^(?:[0-9]{2,3}\\.){3}[0-9]+$', 'gbnf'],
  ['^é[äö]*$', 'gbnf'],
  ['[a-z]+', 'regular'],
  ['^a|b$', 'regular'],
  ['^\\d+$', 'regular'],
  ['^[\\w-]+$', 'regular'],
  ['^a\\-b$', 'regular'],
  ['^a\\/b$', 'regular'],
  ['^a\\\\b$', 'regular'],
  ['^a"b$', 'regular'],
  ['^.+$', 'regular'],
  ['^[^@]+$', 'regular'],
  ['^[!-~]+$', 'regular'],
  ['^[ -~]+$', 'regular'],
  ['^a+?$', 'regular'],
  ['^a{2}?$', 'regular'],
  ['^a{3000}$', 'regular'],
  ['^a{2,3000}$', 'regular'],
  ['^(a)|b$', 'regular'],
  ['^[A-z]+$', 'regular'],
  ['^a$b$', 'regular'],
  ['^\\u00e9$', 'regular'],
  ['^\\x41$', 'regular'],
  ['\\(?=a', 'regular'],
  ['[(?=]', 'regular'],
  ['[\\b]', 'regular'],
  ['\\bword\\b', 'python'],
  ['a\\B', 'python'],
  ['(?=a)b', 'ecmascript'],
  ['(?!a)b', 'ecmascript'],
  ['(?<=a)b', 'ecmascript'],
  ['(?<!a)b', 'ecmascript'],
  ['(?<year>[0-9]+)', 'ecmascript'],
  ['(?<a>x)\\k<a>', 'ecmascript'],
  ['(a)\\1', 'ecmascript'],
  ['(?i:a)', 'ecmascript'],
  ['^\\p{L}+$', 'ecmascript'],
  ['^[\\P{L}]+$', 'ecmascript'],
  ['^\\u{1F600}$', 'ecmascript'],
  ['^\\cA$', 'ecmascript'],
  ['\\A[a-z]\\Z', 'ecmascript'],
  ['[^]', 'ecmascript'],
  ['(', 'ecmascript'],
  ['a**', 'ecmascript'],
])('%s is supported up to the dialect %s', (pattern, strictest) => {
  const taken = DIALECTS.filter((dialect) => isPatternOf(pattern, dialect));
  expect(taken).toEqual(DIALECTS.slice(0, DIALECTS.indexOf(strictest) + 1));
});

/** The TypeScript target does not support literals with the flag `v`. */
function withFlags(source: string, flags: string): RegExp {
  return new RegExp(source, flags);
}

test.each([
  [/^(yes|no)$/i, false],
  [/^[a-z]$/i, false],
  [/^\u0041$/i, false],
  [/^я$/i, false],
  [/^\d+-\s$/i, true],
  [/^.$/s, false],
  [/^\.[.]$/s, true],
  [/^a$/m, false],
  [/^a/m, false],
  [/a$/m, false],
  [/[$^]/m, true],
  [/^a/y, true],
  [/a/y, false],
  [/^a|b/y, false],
  [/^\p{L}$/u, true],
  [withFlags('^[a-z]$', 'v'), true],
  [withFlags('^[\\p{L}--[a-z]]$', 'v'), false],
  [withFlags('^\\p{RGI_Emoji}$', 'v'), false],
  [/^a$/g, true],
  [/^a$/d, true],
  [/^a$/, true],
])('tells whether %s means the same without its flags: %s', (pattern, isSame) => {
  expect(isIndependentOfFlags(pattern)).toBe(isSame);
});
