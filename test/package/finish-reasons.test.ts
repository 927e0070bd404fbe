import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FINISH_WORDS, type FinishKind, readFinishKind } from '../../packages/core/src/chat/finish-reason.ts';
import { VENDORS } from '../../scripts/finish-reason-sources.ts';
import { writeFinishReasonsPage } from '../../scripts/finish-reasons.ts';

test('docs/reference/finish-reasons.md equals the table', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'finish-reasons.md'), 'utf8');
  expect(page).toBe(writeFinishReasonsPage());
});

test('every documented finish reason of a vendor is known', () => {
  const unknown = VENDORS.flatMap(({ words }) => words).filter((word) => readFinishKind(word) === undefined);
  expect(unknown).toEqual([]);
});

test('every finish reason of the table belongs to a vendor, with the same kind', () => {
  const theirs = new Set(VENDORS.flatMap(({ words }) => words.map(plain)));
  const nobodys = Object.values(FINISH_WORDS).flatMap((words) =>
    words.split(/\s+/).filter((word) => !theirs.has(plain(word))),
  );
  expect(nobodys).toEqual([]);
});

test('every finish reason of the table has one kind', () => {
  const kinds = Object.entries(FINISH_WORDS).flatMap(([kind, words]) =>
    words.split(/\s+/).map((word) => [word, kind] as const),
  );
  expect(kinds.filter(([word, kind]) => readFinishKind(word) !== (kind as FinishKind))).toEqual([]);
});

function plain(word: string): string {
  const [first = ''] = word.split(':');
  return first
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/^(alternativestatus|reason)/, '');
}
