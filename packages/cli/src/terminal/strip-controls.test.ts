import { expect, test } from 'vitest';
import { ControlFilter, escapeControls, stripControls, toSafeJson } from './strip-controls.ts';

const HOSTILE: readonly (readonly [name: string, text: string, kept: string])[] = [
  ['a colour', 'a\u001b[31mb\u001b[0mc', 'abc'],
  ['a title, ended by BEL', 'a\u001b]0;title\u0007b', 'ab'],
  ['a link, ended by ST', 'a\u001b]8;;http://x\u001b\\b', 'ab'],
  ['a device control string', 'a\u001bP1$r\u001b\\b', 'ab'],
  ['a C1 sequence', 'a\u009b2Jb', 'ab'],
  ['a C1 string', 'a\u009d0;title\u009cb', 'ab'],
  ['a character set', 'a\u001b(Bb', 'ab'],
  ['a reset', 'a\u001bcb', 'ab'],
  ['C0, DEL and C1', 'a\u0000\u0008\r\u007f\u0085b', 'ab'],
  ['an override of the direction', 'a\u202ebc\u2069', 'abc'],
  ['newlines and tabs', 'a\n\tb', 'a\n\tb'],
  ['an emoji with a joiner', '👩‍💻 é', '👩‍💻 é'],
  ['a sequence without an end', 'a\u001b]0;title\nnext line', 'a\nnext line'],
  ['an Escape at the end', 'a\u001b', 'a'],
];

test.each(HOSTILE)('removes %s', (_, text, kept) => {
  expect(stripControls(text)).toBe(kept);
});

test.each(HOSTILE)('removes %s that is split anywhere', (_, text, kept) => {
  for (let at = 0; at <= text.length; at++) {
    const filter = new ControlFilter();
    expect(filter.push(text.slice(0, at)) + filter.push(text.slice(at))).toBe(kept);
  }
});

test('a sequence of megabytes hides at most some thousand characters', () => {
  const kept = stripControls(`a\u001b]${'x'.repeat(1_000_000)}`);
  expect(kept.length).toBeGreaterThan(990_000);
});

test('shows what could control a terminal as escapes, which JSON reads as the same text', () => {
  for (const [, text] of HOSTILE) {
    expect(JSON.parse(toSafeJson({ text }))).toEqual({ text });
    expect(stripControls(toSafeJson({ text }))).toBe(toSafeJson({ text }));
  }
  expect(escapeControls('\u009b')).toBe('\\u009b');
  expect(toSafeJson(undefined)).toBe('null');
});
