import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatePages } from '../../bench/results.ts';

test('docs/performance.md and docs/faults.md show the saved results', () => {
  for (const [path, text] of generatePages()) {
    expect(readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8'), path).toBe(text);
  }
});
