import { expect, test } from 'vitest';
import { hashText } from './hash-text.ts';

test('equal texts have equal hashes, and a hundred thousand similar ones have different hashes', () => {
  expect(hashText('a body')).toBe(hashText('a body'));
  const hashes = new Set<string>();
  for (let index = 0; index < 50_000; index++) {
    hashes.add(hashText(`{"messages":[{"content":"${index}"}]}`));
    hashes.add(hashText(`${'x'.repeat(index % 97)}${index}`));
  }
  expect(hashes.size).toBe(100_000);
  for (const hash of hashes) expect(hash).toMatch(/^[\da-f]{32}$/);
});
