import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildOptionsPage, readOptions } from '../../scripts/options.ts';

test('docs/reference/options.md is current', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'options.md'), 'utf8');
  expect(page).toBe(buildOptionsPage());
});

test('every type of options has options', () => {
  const empty = readOptions().filter(({ members }) => members.length === 0);
  expect(empty.map(({ declaration }) => declaration.name)).toEqual([]);
});
