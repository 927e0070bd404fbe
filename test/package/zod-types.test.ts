import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildZodTypesPage } from '../../scripts/zod-types.ts';

test('docs/reference/zod-types.md equals the conversions', async () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'zod-types.md'), 'utf8');
  expect(page).toBe(await buildZodTypesPage());
});
