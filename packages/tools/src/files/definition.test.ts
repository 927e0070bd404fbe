import { writeFileSync } from 'node:fs';
import { ConfigError } from '@pawl/core';
import { afterAll, describe, expect, test } from 'vitest';
import { listFiles } from '../list-files/list-files.ts';
import { readFile } from '../read-file/read-file.ts';
import { createSandbox } from './sandbox.fixture.ts';

const box = createSandbox();
const { root, resolve: at } = box;
writeFileSync(at('file'), '');

afterAll(() => box.remove());

describe.each([
  ['read_file', readFile],
  ['list_files', listFiles],
])('%s', (name, make) => {
  test.each([
    [[], 'needs roots: the folders that it may look at. Nothing is allowed without.'],
    ['', ': the root "" is no folder. Pass one that exists.'],
    [[root, ''], ': the root "" is no folder. Pass one that exists.'],
    ['/no/such/folder', ': the root "/no/such/folder" is no folder. Pass one that exists.'],
    [at('file'), `: the root ${JSON.stringify(at('file'))} is no folder. Pass one that exists.`],
    [[root, root], 'has two roots named "root". The model could not tell them apart.'],
  ])('roots %j are refused where the tool is made', (roots, message) => {
    expect(() => make({ roots })).toThrow(
      new ConfigError(`Tool "${name}"${message.startsWith(':') ? '' : ' '}${message}`),
    );
  });

  test.each([[['']], [['{a,b}'.repeat(9)]]])('the deny-list %j is refused', (deny) => {
    expect(() => make({ roots: root, deny })).toThrow(
      new ConfigError(`Tool "${name}": deny is no list of globs. Pass some, such as [".env*"], or [] for none.`),
    );
  });

  test('it only reads, has a deadline, and shows a person what it would do', async () => {
    const tool = make({ roots: root, timeoutMs: 500 });
    expect([tool.name, tool.effect, tool.timeoutMs, await tool.preview?.({ path: 'a.txt' }, {} as never)]).toEqual([
      name,
      'read',
      500,
      name === 'read_file' ? 'read a.txt' : 'list a.txt',
    ]);
  });
});

test.each([
  [{ maxLines: 0 }, 'maxLines is 0'],
  [{ maxBytes: Number.NaN }, 'maxBytes is NaN'],
  [{ maxBytes: 1.5 }, 'maxBytes is 1.5'],
])('readFile refuses %j', (caps, what) => {
  expect(() => readFile({ roots: root, ...caps })).toThrow(
    new ConfigError(`Tool "read_file": ${what}. Pass a whole number of 1 or more.`),
  );
});

test.each([
  [{ maxEntries: 0 }, 'maxEntries is 0'],
  [{ maxDepth: -1 }, 'maxDepth is -1'],
  [{ maxDurationMs: 0.5 }, 'maxDurationMs is 0.5'],
])('listFiles refuses %j', (caps, what) => {
  expect(() => listFiles({ roots: root, ...caps })).toThrow(
    new ConfigError(`Tool "list_files": ${what}. Pass a whole number of 1 or more.`),
  );
});
