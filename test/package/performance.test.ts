import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatePages } from '../../bench/results.ts';

test('the README and docs/performance.md show what was measured, as it was measured', () => {
  for (const [path, text] of generatePages()) {
    expect(readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8'), path).toBe(text);
  }
});
