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
    [[], "has no roots. Pass the folders that it may access: roots: './project'."],
    ['', ': the root "" is not a folder. Pass one that exists.'],
    [[root, ''], ': the root "" is not a folder. Pass one that exists.'],
    ['/no/such/folder', ': the root "/no/such/folder" is not a folder. Pass one that exists.'],
    [at('file'), `: the root ${JSON.stringify(at('file'))} is not a folder. Pass one that exists.`],
    [[root, root], 'has two roots named "root". Pass roots with different names: the model sees only the names.'],
  ])('refuses the roots %j with a ConfigError', (roots, message) => {
    expect(() => make({ roots })).toThrow(
      new ConfigError(`Tool "${name}"${message.startsWith(':') ? '' : ' '}${message}`),
    );
  });

  test.each([[['']], [['{a,b}'.repeat(9)]]])('refuses the deny list %j with a ConfigError', (deny) => {
    expect(() => make({ roots: root, deny })).toThrow(
      new ConfigError(
        `Tool "${name}": deny is not a list of globs. Pass a list such as [".env*"], or [] to deny nothing.`,
      ),
    );
  });

  test('has the effect "read", a deadline and a preview', async () => {
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
])('readFile refuses %j', (limits, problem) => {
  expect(() => readFile({ roots: root, ...limits })).toThrow(
    new ConfigError(`Tool "read_file": ${problem}. Pass a whole number of 1 or more.`),
  );
});

test.each([
  [{ maxEntries: 0 }, 'maxEntries is 0'],
  [{ maxDepth: -1 }, 'maxDepth is -1'],
  [{ maxDurationMs: 0.5 }, 'maxDurationMs is 0.5'],
])('listFiles refuses %j', (limits, problem) => {
  expect(() => listFiles({ roots: root, ...limits })).toThrow(
    new ConfigError(`Tool "list_files": ${problem}. Pass a whole number of 1 or more.`),
  );
});
