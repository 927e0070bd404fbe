import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { profilesPage } from '../../scripts/profiles.ts';

test('docs/reference/profiles.md says what the profiles say', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'profiles.md'), 'utf8');
  expect(page).toBe(profilesPage());
});
