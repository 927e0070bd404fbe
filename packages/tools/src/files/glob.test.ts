import { expect, test } from 'vitest';
import { compileGlobs, isGlob } from './glob.ts';

test.each([
  ['*.md', 'a.md', true],
  ['*.md', 'docs/a.md', true],
  ['*.md', 'a.mdx', false],
  ['./*.md', 'docs/a.md', false],
  ['/*.md', 'a.md', true],
  ['**/*.md', 'a.md', true],
  ['**/*.md', 'docs/deep/a.md', true],
  ['src/*.ts', 'src/a/b.ts', false],
  ['src/**/*.ts', 'src/a/b/c.ts', true],
  ['src/**/*.ts', 'src/c.ts', true],
  ['src/**', 'src/a/b', true],
  ['src/**', 'other/a', false],
  ['a/**/b/**/c', 'a/b/x/b/y/c', true],
  ['**', 'any/thing', true],
  ['?.ts', 'a.ts', true],
  ['?.ts', 'ab.ts', false],
  ['?.ts', '😀.ts', true],
  ['[a-c]1', 'b1', true],
  ['[!a-c]1', 'b1', false],
  ['[^a-c]1', 'd1', true],
  ['[]x]', ']', true],
  ['a[', 'a[', true],
  ['\\*', '*', true],
  ['\\*', 'x', false],
  ['*.{ts,tsx}', 'a.tsx', true],
  ['{src,test}/*.ts', 'test/a.ts', true],
  ['{a}', '{a}', true],
  ['a.b', 'axb', false],
  ['(a|b)+', 'a', false],
  ['../*', 'a', false],
])('compileGlobs([%j]) for the path %j returns %s', (pattern, path, matches) => {
  expect(compileGlobs([pattern])(path)).toEqual(matches);
});

test('matches if one of several globs matches', () => {
  expect(['a.ts', 'b/c.md', 'd.js'].map(compileGlobs(['*.ts', 'b/*']))).toEqual([true, true, false]);
});

test('matches globs without backtracking', () => {
  // A backtracking matcher would take years.
  const bombs = [
    compileGlobs([`${'*a'.repeat(100)}b`])('a'.repeat(4_000)),
    compileGlobs([`${'**/a/'.repeat(40)}b`])('a/'.repeat(2_000)),
    compileGlobs([`${'*'.repeat(199)}b`])('a'.repeat(4_000)),
    compileGlobs(['{a*,a*}{a*,a*}{a*,a*}{a*,a*}{a*,a*}b'])('a'.repeat(4_000)),
  ];
  expect(bombs).toEqual([false, false, false, false]);
});

test('refuses braces with too many alternatives', () => {
  expect(['{a,b}'.repeat(6), '{a,b}'.repeat(7), '{a,b}'.repeat(40), '', 5].map(isGlob)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
