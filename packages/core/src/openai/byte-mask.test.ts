import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteMask } from './byte-mask.ts';

const SECRET = 'sk-live/"1234';
const read = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString();

function maskPieces(text: string, cuts: readonly number[]): string {
  const bytes = Buffer.from(text);
  const mask = new ByteMask([SECRET]);
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
  return read([...pieces.map((piece) => mask.apply(piece)), mask.finish()]);
}

test('masks a secret in plain text, JSON and URLs, and keeps the length', () => {
  for (const spelling of [SECRET, 'sk-live/\\"1234', 'sk-live\\/\\"1234', encodeURIComponent(SECRET)]) {
    expect(maskPieces(`a ${spelling} b`, [])).toBe(`a ${'*'.repeat(spelling.length)} b`);
  }
});

test('masks the same bytes however they are split', () => {
  const texts = fc.array(fc.constantFrom(SECRET, 'sk-', 'sk-live/', 's', 'é', ' ', SECRET.slice(3)), { maxLength: 12 });
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 30 }), (parts, cuts) => {
      const text = parts.join('');
      expect(maskPieces(text, cuts)).toBe(maskPieces(text, []));
      expect(maskPieces(text, cuts)).not.toContain(SECRET);
      expect(Buffer.byteLength(maskPieces(text, cuts))).toBe(Buffer.byteLength(text));
    }),
  );
});

test('masks overlapping secrets', () => {
  const mask = new ByteMask(['abcdefgh', 'efghijkl']);
  expect(read([mask.apply(Buffer.from('-abcdefghijkl-')), mask.finish()])).toBe('-************-');
});

test('masks the beginning of a secret at the end, unless it is short', () => {
  expect(maskPieces('a sk-liv', [])).toBe('a ******');
  expect(maskPieces('a sk-li', [])).toBe('a sk-li');
});

test('does not change the bytes that it gets', () => {
  const bytes = Buffer.from(SECRET);
  new ByteMask([SECRET]).apply(bytes);
  expect(bytes.toString()).toBe(SECRET);
});

test('returns the piece itself without secrets', () => {
  const bytes = Buffer.from('text');
  expect(new ByteMask([]).apply(bytes)).toBe(bytes);
});
