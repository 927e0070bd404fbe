import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROFILE_SOURCES } from '../../scripts/profile-sources.ts';
import { buildProfilesPage } from '../../scripts/profiles.ts';

test('docs/reference/profiles.md equals the profiles', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'profiles.md'), 'utf8');
  expect(page).toBe(buildProfilesPage());
});

test.each(Object.entries(PROFILE_SOURCES))('%s has a public source', (_, sources) => {
  expect(sources).not.toEqual([]);
  for (const { url } of sources) expect(new URL(url).protocol).toBe('https:');
});
