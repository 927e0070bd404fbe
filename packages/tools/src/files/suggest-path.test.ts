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
  ['a slip', 'tripp.md', 'trip.md'],
  ['another case', 'TRIP.md', 'trip.md'],
  ['another ending', 'src/agent.js', 'src/agent.ts'],
  ['a slip in a folder', 'scr/agent.ts', 'src/agent.ts'],
  ['a slip above two folders', 'srcs/tool/tool.ts', 'src/tool/tool.ts'],
  ['a folder too few', 'deep/guide.md', 'docs/guide.md'],
  ['a folder too many', 'docs/trip.md', 'trip.md'],
  ['a folder of which only the name comes near', 'doc/none.md', 'docs'],
])('a path with %s is answered with the nearest one that exists', async (_, path, near) => {
  expect(await callTool(readFile({ roots: root }), { path })).toEqual(
    `refused: There is no "${path}" here. Did you mean "${near}"?`,
  );
});

test.each(['nothing-like-it.txt', 'secrets.pen', '.emv', 'trips.txt.gz.bak'])(
  '%s has no neighbour that may be told',
  async (path) => {
    expect(await callTool(readFile({ roots: root }), { path })).toEqual(`refused: There is no "${path}" here.`);
  },
);

test('a folder that is listed gets the same help', async () => {
  expect(await callTool(listFiles({ roots: root }), { path: 'doc' })).toEqual(
    'refused: There is no "doc" here. Did you mean "docs"?',
  );
});
