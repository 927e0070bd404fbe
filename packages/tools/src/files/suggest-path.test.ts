import { symlinkSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listFiles } from '../list-files/list-files.ts';
import { readFile } from '../read-file/read-file.ts';
import { callTool, createSandbox } from './sandbox.fixture.ts';

const box = createSandbox();
const { root, resolve: at, write } = box;

beforeAll(() => {
  for (const below of [
    'trip.md',
    'src/agent.ts',
    'lib/tool/tool.ts',
    'src/tool/tool.ts',
    'docs/guide.md',
    '.env',
    'secrets.pem',
  ]) {
    write(below, '');
  }
  write('../trips.md', '');
  symlinkSync('..', at('above'));
});

afterAll(() => box.remove());

test.each([
  ['a typo', 'tripp.md', 'trip.md'],
  ['another case', 'TRIP.md', 'trip.md'],
  ['another extension', 'src/agent.js', 'src/agent.ts'],
  ['a typo in a folder', 'scr/agent.ts', 'src/agent.ts'],
  ['a typo in the first folder', 'srcs/tool/tool.ts', 'src/tool/tool.ts'],
  ['a wrong folder', 'deep/guide.md', 'docs/guide.md'],
  ['a folder too many', 'docs/trip.md', 'trip.md'],
  ['a typo in the folder of a missing file', 'doc/none.md', 'docs'],
])('suggests an existing path for a path with %s', async (_, path, near) => {
  expect(await callTool(readFile({ roots: root }), { path })).toEqual(
    `refused: "${path}" does not exist. Did you mean "${near}"?`,
  );
});

test.each(['nothing-like-it.txt', 'secrets.pen', '.emv', 'trips.txt.gz.bak'])(
  'suggests nothing for %s',
  async (path) => {
    expect(await callTool(readFile({ roots: root }), { path })).toEqual(`refused: "${path}" does not exist.`);
  },
);

test('suggests a folder for list_files', async () => {
  expect(await callTool(listFiles({ roots: root }), { path: 'doc' })).toEqual(
    'refused: "doc" does not exist. Did you mean "docs"?',
  );
});
