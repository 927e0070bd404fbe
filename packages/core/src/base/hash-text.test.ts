import { expect, test } from 'vitest';
import { hashText } from './hash-text.ts';

test('the same text has the same hash, of 16 hexadecimal characters', () => {
  for (const text of ['', 'a', 'ä🦊', 'x'.repeat(100_000)]) {
    expect(hashText(text)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashText(text)).toBe(hashText(text));
  }
});

test('texts that differ little have hashes that differ', () => {
  const texts = Array.from({ length: 50_000 }, (_, index) => `{"type":"object","properties":{"a${index}":{}}}`);
  expect(new Set(texts.map(hashText)).size).toBe(texts.length);
  expect(new Set(texts.map((text) => hashText(text).slice(0, 8))).size).toBeGreaterThan(49_990);
  expect(new Set(texts.map((text) => hashText(text).slice(8))).size).toBeGreaterThan(49_990);
});
