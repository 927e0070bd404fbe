import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildBehavioursPage } from '../../scripts/behaviours.ts';

test('docs/behaviours.md lists each row with its tests, and every row has a test', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'behaviours.md'), 'utf8');
  expect(page).toBe(buildBehavioursPage());
});
