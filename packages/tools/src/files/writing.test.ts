import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { Agent, memoryHost } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { editFile } from '../edit-file/edit-file.ts';
import { readFile } from '../read-file/read-file.ts';
import { writeFile } from '../write-file/write-file.ts';
import { callTool, createSandbox, type Sandbox } from './sandbox.fixture.ts';
import { computeVersion } from './version.ts';

let box: Sandbox;
beforeEach(() => {
  box = createSandbox();
});
afterEach(() => {
  // No temporary file is left, whether the call succeeded or not.
  const left = readdirSync(box.root, { recursive: true, withFileTypes: true }).filter(({ name }) =>
    name.includes('.pawl-'),
  );
  box.remove();
  expect(left).toEqual([]);
});

const write = (args: object, options: object = {}) => callTool(writeFile({ roots: box.root, ...options }), args);
const edit = (args: object, options: object = {}) => callTool(editFile({ roots: box.root, ...options }), args);
const text = (below: string) => readFileSync(box.resolve(below), 'utf8');
const version = (content: string | Uint8Array) => computeVersion(Buffer.from(content));

describe('write_file', () => {
  test('creates a file and returns its version', async () => {
    expect(await write({ path: 'new.txt', content: 'hello\n' })).toBe(
      `Wrote new.txt: 6 bytes.\n[version ${version('hello\n')}]`,
    );
    expect(text('new.txt')).toBe('hello\n');
  });

  test('replaces a file by the version that read_file returned', async () => {
    box.write('a.txt', 'one\n');
    const read = await callTool(readFile({ roots: box.root, versions: 'include' }), { path: 'a.txt' });
    expect(read).toBe(`one\n[version ${version('one\n')}]`);
    const [, readVersion] = /\[version (\w+)\]/.exec(read) ?? [];
    expect(await write({ path: 'a.txt', content: 'two\n', version: readVersion })).toContain('Wrote a.txt');
    expect(text('a.txt')).toBe('two\n');
  });

  test('refuses to replace a file that was not read, or that has changed since', async () => {
    box.write('a.txt', 'one');
    expect(await write({ path: 'a.txt', content: 'two' })).toContain('refused: "a.txt" already exists.');
    expect(await write({ path: 'a.txt', content: 'two', version: version('zero') })).toContain('has changed since');
    expect(await write({ path: 'gone.txt', content: 'two', version: version('zero') })).toContain('no longer exists');
    expect([text('a.txt'), readdirSync(box.root)]).toEqual(['one', ['a.txt']]);
  });

  test('returns the same result when it is repeated after a crash', async () => {
    const first = await write({ path: 'a.txt', content: 'same' });
    expect(await write({ path: 'a.txt', content: 'same' })).toBe(first);
    const second = await write({ path: 'a.txt', content: 'other', version: version('same') });
    expect(await write({ path: 'a.txt', content: 'other', version: version('same') })).toBe(second);
  });

  test('keeps the mode of a file', async () => {
    box.write('run.sh', '#!/bin/sh\n');
    chmodSync(box.resolve('run.sh'), 0o750);
    await write({ path: 'run.sh', content: '#!/bin/sh\nexit 0\n', version: version('#!/bin/sh\n') });
    expect(statSync(box.resolve('run.sh')).mode & 0o777).toBe(0o750);
  });

  test('refuses to replace a write-protected file', async () => {
    box.write('a.txt', 'one');
    chmodSync(box.resolve('a.txt'), 0o444);
    expect(await write({ path: 'a.txt', content: 'two', version: version('one') })).toContain('is write-protected');
    const edits = [{ find: 'one', replace: 'two' }];
    expect(await edit({ path: 'a.txt', version: version('one'), edits })).toContain('is write-protected');
    expect(text('a.txt')).toBe('one');
  });

  test('refuses halves of characters', async () => {
    expect(await write({ path: 'a.txt', content: 'a\ud83d' })).toContain('half of a character');
    box.write('b.txt', 'x😀y');
    const edits = [{ find: '\ud83d', replace: 'z' }];
    expect(await edit({ path: 'b.txt', version: version('x😀y'), edits })).toContain('half of a character');
    expect([readdirSync(box.root), text('b.txt')]).toEqual([['b.txt'], 'x😀y']);
  });

  test('escapes misleading characters in the preview', async () => {
    const tool = writeFile({ roots: box.root });
    const content = 'if (isAdmin\u202e \u2066// check\u2069 \u2066) {\u001b[2K\n';
    expect(await tool.preview?.({ path: 'a.txt', content }, {} as never)).toContain(
      'isAdmin\\u{202e} \\u{2066}// check\\u{2069} \\u{2066}) {\\u{1b}[2K',
    );
  });

  test('creates missing folders only if the option allows it', async () => {
    expect(await write({ path: 'a/b/c.txt', content: 'x' })).toMatch(/^refused: .* does not exist/);
    expect(readdirSync(box.root)).toEqual([]);
    expect(await write({ path: 'a/b/c.txt', content: 'x' }, { folders: 'create' })).toContain('Wrote a/b/c.txt');
    expect(text('a/b/c.txt')).toBe('x');
  });

  test('refuses content that exceeds the limit', async () => {
    expect(await write({ path: 'a.txt', content: 'é'.repeat(6) }, { maxBytes: 11 })).toContain(
      'has 12 bytes; at most 11 are allowed',
    );
    expect(readdirSync(box.root)).toEqual([]);
  });

  test('shows the difference in the preview', async () => {
    box.write('a.txt', 'one\ntwo\nthree\n');
    const tool = writeFile({ roots: box.root });
    const preview = await tool.preview?.({ path: 'a.txt', content: 'one\n2\nthree\n', version: 'any' }, {} as never);
    expect(preview).toBe('--- a.txt\n+++ a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three');
    expect(await tool.preview?.({ path: '../x', content: '' }, {} as never)).toContain('is outside');
  });
});

describe('edit_file', () => {
  const before = 'one\ntwo\nthree\ntwo\n';

  test('applies all edits, and returns the difference and the new version', async () => {
    box.write('a.txt', before);
    const edits = [
      { find: 'three', replace: '3' },
      { find: 'one', replace: '1' },
    ];
    const after = '1\ntwo\n3\ntwo\n';
    expect(await edit({ path: 'a.txt', version: version(before), edits })).toBe(
      `--- a.txt\n+++ a.txt\n@@ -1,4 +1,4 @@\n-one\n+1\n two\n-three\n+3\n two\n[version ${version(after)}]`,
    );
    expect(text('a.txt')).toBe(after);
  });

  test.each([
    [
      'is not found',
      [
        { find: 'thre', replace: 'x' },
        { find: 'tree', replace: 'x' },
      ],
      'Edit 2 was not found',
    ],
    ['matches several times', [{ find: 'two', replace: '2' }], 'matches 2 times, in lines 2, 4'],
    [
      'overlaps another',
      [
        { find: 'one\ntwo', replace: 'x' },
        { find: 'two\nthree', replace: 'y' },
      ],
      'Edits 1 and 2 overlap',
    ],
    ['changes nothing', [{ find: 'one', replace: 'one' }], 'changes nothing'],
    [
      'follows a valid edit and is not found',
      [
        { find: 'one', replace: '1' },
        { find: 'nothing', replace: 'x' },
      ],
      'Edit 2 was not found',
    ],
  ])('refuses an edit that %s, and writes nothing', async (_, edits, problem) => {
    box.write('a.txt', before);
    expect(await edit({ path: 'a.txt', version: version(before), edits })).toContain(problem);
    expect(text('a.txt')).toBe(before);
  });

  test('suggests the most similar line for a text that is not found', async () => {
    box.write('a.txt', 'const answer = 42;\n');
    const result = await edit({
      path: 'a.txt',
      version: version('const answer = 42;\n'),
      edits: [{ find: 'const anser = 42;', replace: 'x' }],
    });
    expect(result).toContain('The most similar line is line 1: const answer = 42;');
  });

  test('replaces every occurrence if occurrences is "all"', async () => {
    box.write('a.txt', before);
    await edit({ path: 'a.txt', version: version(before), edits: [{ find: 'two', replace: '2', occurrences: 'all' }] });
    expect(text('a.txt')).toBe('one\n2\nthree\n2\n');
  });

  test('keeps line ends and a byte order mark', async () => {
    const windows = '\u{feff}one\r\ntwo\r\n';
    box.write('a.txt', windows);
    await edit({ path: 'a.txt', version: version(windows), edits: [{ find: 'one\ntwo', replace: 'one\nand\ntwo' }] });
    expect(text('a.txt')).toBe('\u{feff}one\r\nand\r\ntwo\r\n');
  });

  test.each([
    ['one letter in a million places', 'a'.repeat(2 ** 20), [{ find: 'a', replace: 'b', occurrences: 'all' }]],
    [
      'a hundred times one letter in a million places',
      'a'.repeat(2 ** 20),
      Array.from({ length: 100 }, () => ({ find: 'a', replace: 'b', occurrences: 'all' })),
    ],
    ['a thousand long texts', 'a\n'.repeat(1_000), [{ find: 'a', replace: 'x'.repeat(500_000), occurrences: 'all' }]],
  ])('refuses edits of %s without exhausting the memory', async (_, content, edits) => {
    box.write('a.txt', content);
    const memory = process.memoryUsage().rss;
    expect(await edit({ path: 'a.txt', version: version(content), edits })).toMatch(
      /^refused: The (edits match more than 10000 times|file would have 500001000 characters)/,
    );
    expect(process.memoryUsage().rss - memory).toBeLessThan(100 * 2 ** 20);
    expect(text('a.txt')).toBe(content);
  });

  test('inserts dollar signs and backslashes literally', async () => {
    box.write('a.txt', 'a.b');
    await edit({ path: 'a.txt', version: version('a.b'), edits: [{ find: 'a.b', replace: "$& $1 \\n $'" }] });
    expect(text('a.txt')).toBe("$& $1 \\n $'");
  });

  test('refuses to edit a file that has changed, and says if it already contains the edits', async () => {
    box.write('a.txt', before);
    const edits = [{ find: 'one', replace: '1' }];
    await edit({ path: 'a.txt', version: version(before), edits });
    expect(await edit({ path: 'a.txt', version: version(before), edits })).toContain(
      'It seems to contain these edits already.',
    );
    box.write('a.txt', 'quite another');
    expect(await edit({ path: 'a.txt', version: version(before), edits })).toMatch(/Read it again\.$/);
  });

  test('refuses to edit a file that is not text', async () => {
    const bytes = Uint8Array.of(0xff, 0xfe, 65);
    box.write('a.bin', bytes);
    expect(await edit({ path: 'a.bin', version: version(bytes), edits: [{ find: 'A', replace: 'B' }] })).toContain(
      'is not UTF-8 text',
    );
  });
});

test('an agent reads a file and edits it by its version', async () => {
  box.write('sum.js', 'export const sum = (a, b) => a - b;\n');
  const model = scriptedModel([
    respond.call('read_file', { path: 'sum.js' }),
    ({ messages }) => {
      const [, readVersion = ''] = /\[version (\w+)\]/.exec(String(messages.at(-1)?.content)) ?? [];
      return respond.call('edit_file', {
        path: 'sum.js',
        version: readVersion,
        edits: [{ find: 'a - b', replace: 'a + b' }],
      });
    },
    respond.text('Fixed.'),
  ]);
  const options = { roots: box.root };
  const tools = [readFile({ ...options, versions: 'include' }), editFile(options), writeFile(options)];
  const outcome = await new Agent({ model, tools }).run('Fix sum.js.', { host: memoryHost() }).outcome();
  expect([outcome.status, text('sum.js')]).toEqual(['completed', 'export const sum = (a, b) => a + b;\n']);
});
