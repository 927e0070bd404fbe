import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPrograms, isExcerpt, listPages, readPageCode } from '../scripts/code-blocks/check-pages.ts';
import { findBrokenLinks } from '../scripts/code-blocks/links.ts';
import { readPage } from '../scripts/code-blocks/read-page.ts';
import { REPOSITORY, translateLink } from '../scripts/code-blocks/site-link.ts';

const root = join(import.meta.dirname, '..');

const all = listPages().map(readPageCode);
const programs = all.flatMap((page) => page.programs);
const count = (type: string): number =>
  programs.filter(({ use }) => use.type === type).reduce((sum, { shown }) => sum + shown.length, 0);

/** Creates a page from blocks: the text of each fence, and its code. */
function createPage(...blocks: readonly (readonly [fence: string, code: string])[]): string {
  return blocks
    .map(([fence, code]) => (fence === 'hidden' ? `<!-- ts\n${code}\n-->` : `\`\`\`${fence}\n${code}\n\`\`\``))
    .join('\n');
}

test(`the code of ${all.length} pages compiles, runs and prints what they show: ${count('run')} blocks run, ${count('test')} run as tests, ${count('kept')} only compile and say why`, async () => {
  const ours = programs.filter(({ use }) => use.type !== 'peer');
  expect(await checkPrograms(ours, 'docs')).toEqual([]);
});

test('excerpts of our files in pages equal the files', () => {
  expect(all.flatMap((page) => page.excerpts).filter((excerpt) => !isExcerpt(excerpt))).toEqual([]);
  const excerpt = { page: 'a.md', line: 2, file: 'scripts/code-blocks/run-process.ts' };
  expect(isExcerpt({ ...excerpt, code: 'blockNetwork();\nconst server = await offlineServer();' })).toBe(true);
  expect(isExcerpt({ ...excerpt, code: 'blockNetwork();\nconst other = await offlineServer();' })).toBe(false);
});

test('reports a fault of a page with its line', async () => {
  const wrong = {
    'docs/types.md': createPage(['ts', 'const count = 1;'], ['ts continued', 'const text: string = count;']),
    'docs/kept.md': createPage(['ts not run: it has no server', 'missing();']),
    'docs/prints.md': createPage(
      ['hidden', "const second = 'two';"],
      ['ts', "console.log('one', second);"],
      ['text', 'one …\nthree'],
    ),
    'docs/throws.md': createPage(['ts', "throw new Error('Broken.');"]),
    'docs/rejects.md': createPage([
      'ts',
      "void Promise.reject(new Error('Late.'));\nawait new Promise(() => undefined);",
    ]),
    'docs/exits.md': createPage(['ts', 'process.exit();']),
    'docs/fine.md': createPage(['ts', "console.log('never comes to it');"]),
  };
  const given = Object.entries(wrong).flatMap(([page, markdown]) => readPage(page, markdown).programs);
  const [compiled = '', ...ran] = await checkPrograms(given, 'docs');
  expect(compiled.split('\n').sort()).toEqual([
    "docs/kept.md(2,1): error TS2304: Cannot find name 'missing'.",
    "docs/types.md(5,7): error TS2322: Type 'number' is not assignable to type 'string'.",
  ]);
  expect(ran.map((line) => line.split('\n').slice(0, 2))).toEqual([
    ['docs/prints.md:5: the block prints', 'one two'],
    ['docs/throws.md:2: the program fails. Error: Broken.', '    at docs/throws.md:2:7'],
    ['docs/rejects.md:2: the program fails. Error: Late.', '    at docs/rejects.md:2:21'],
    ['docs/exits.md:2: the block did not end.'],
    ['docs/fine.md:2: the block did not end.'],
  ]);
});

test.each([
  [
    createPage(['js', 'console.log(1)']),
    'page.md:1: "js" is not a language for pages. Use one of: ts, sh, json, sql, yaml, text.',
  ],
  [createPage(['ts skip', 'console.log(1)']), 'page.md:1: "ts skip" is unknown'],
  [createPage(['ts not run:', 'console.log(1)']), 'page.md:1: "ts not run:" is unknown'],
  [createPage(['ts continued', 'console.log(1)']), 'page.md:1: no block precedes this one.'],
  [createPage(['hidden', 'const a = 1;']), 'page.md:1: no block follows these hidden lines.'],
  ['```ts\nconst a = 1;', 'page.md:1: the block has no end.'],
  [
    '- so:\n  ```ts\n  const a = 1;\n  ```',
    'page.md:2: a fence has to be three backticks at the beginning of the line.',
  ],
])('rejects a page that leaves out code silently: %j', (markdown, message) => {
  expect(() => readPage('page.md', markdown)).toThrow(message);
});

const OTHER_PAGES = ['AGENTS.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'examples/README.md'];

test('every link between pages is relative and leads to a file, and to a heading in it', () => {
  expect([...listPages(), ...OTHER_PAGES].flatMap(findBrokenLinks)).toEqual([]);
});

test.each([
  ['guide/tools.md', 'limits.md#retries', '/guide/limits#retries'],
  ['guide/tools.md', '../start.md', '/'],
  ['start.md', 'guide/tools.md', '/guide/tools'],
  ['guide/tools.md', '../../packages/core/src/index.ts', '/api/@pawl/core'],
  ['start.md', '../packages/dbos/README.md#limits', `${REPOSITORY}/blob/main/packages/dbos/README.md#limits`],
  ['start.md', '../examples', `${REPOSITORY}/tree/main/examples`],
  ['start.md', '#a-run', '#a-run'],
  ['start.md', 'https://example.com/a', 'https://example.com/a'],
])('the site translates a link of %s from %s to %s', (page, link, translated) => {
  expect(translateLink(page, link)).toBe(translated);
});

test('the code of the README and of the start page has no hidden lines', () => {
  for (const page of ['README.md', 'docs/start.md']) {
    expect(readFileSync(join(root, page), 'utf8'), page).not.toContain('<!-- ts');
  }
});

test('the README has at most 150 lines, AGENTS.md at most 100, and no paragraph of the README more than four', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  expect(readme.split('\n').length).toBeLessThanOrEqual(150);
  expect(readFileSync(join(root, 'AGENTS.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(101);
  const paragraphs = readme.replaceAll(/^```.*?^```/gms, '').split('\n\n');
  const long = paragraphs.filter((text) => /^\w/.test(text) && text.split('\n').length > 4);
  expect(long).toEqual([]);
});
