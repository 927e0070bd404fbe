import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { toMarkdown } from '../../packages/tools/src/fetch-page/to-markdown.ts';
import { buildChildTexts } from '../../scripts/child-texts.ts';
import { buildConvertWorker } from '../../scripts/embed-worker.ts';

test('the texts of child processes equal their programs: node scripts/child-texts.ts writes them', async () => {
  for (const { path, content } of await buildChildTexts()) expect(readFileSync(path, 'utf8')).toBe(content);
});

describe('the published worker', () => {
  let text: string;
  beforeAll(async () => {
    text = await buildConvertWorker();
  });

  test('needs only Node', () => {
    const required = [...text.matchAll(/require\([`"']([^`"']*)[`"']\)/g)].map(([, name]) => name);
    expect(required).toEqual(['node:worker_threads']);
  });

  test.each([
    ['a heading and a list', '<h1>A</h1><ul><li>one</li><li>two &amp; three</li></ul>'],
    ['a page in pieces', `<main>${'<p>Some words of a page.</p>'.repeat(4_000)}</main>`],
  ])('converts %s like the worker of the sources', async (_, html) => {
    const signal = new AbortController().signal;
    expect(await toMarkdown(html, { signal, source: { text } })).toBe(await toMarkdown(html, { signal }));
  });
});
