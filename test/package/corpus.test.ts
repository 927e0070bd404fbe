import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeCorpusPage } from '../../scripts/corpus.ts';
import { corpusFiles } from '../chat/corpus-files.ts';

test('docs/reference/corpus.md lists every file of the corpus', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'corpus.md'), 'utf8');
  expect(page).toBe(writeCorpusPage());
});

test('the corpus has at least 80 files and no duplicate case', () => {
  expect(corpusFiles.length).toBeGreaterThanOrEqual(80);
  const titles = corpusFiles.map(({ server, what }) => `${server}: ${what}`);
  expect(new Set(titles).size).toBe(titles.length);
});
