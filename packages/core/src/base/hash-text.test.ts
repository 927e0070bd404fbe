import { expect, test } from 'vitest';
import { hashText } from './hash-text.ts';

test('a text has one hash, of 16 hexadecimal characters', () => {
  for (const text of ['', 'a', 'ä🦊', 'x'.repeat(100_000)]) {
    expect(hashText(text)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashText(text)).toBe(hashText(text));
  }
});

test('similar texts have different hashes', () => {
  const texts = Array.from({ length: 50_000 }, (_, index) => `{"type":"object","properties":{"a${index}":{}}}`);
  expect(new Set(texts.map(hashText)).size).toBe(texts.length);
  expect(new Set(texts.map((text) => hashText(text).slice(0, 8))).size).toBeGreaterThan(49_990);
  expect(new Set(texts.map((text) => hashText(text).slice(8))).size).toBeGreaterThan(49_990);
});
