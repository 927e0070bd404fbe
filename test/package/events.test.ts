import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildEventsPage } from '../../scripts/events.ts';

test('docs/reference/events.md is current: the fields of the types, and an example of each event from a run', async () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'events.md'), 'utf8');
  expect(page).toBe(await buildEventsPage());
});
