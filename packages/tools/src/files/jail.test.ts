import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, type Tool, type ToolContext } from '@pawl/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listFiles } from '../list-files/list-files.ts';
import { readFile } from '../read-file/read-file.ts';

let folder = '';
let root = '';
let read: Tool<unknown>;
let list: Tool<unknown>;

const SECRET = 'TOP SECRET';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pawl-jail-'));
  root = join(folder, 'root');
  mkdirSync(join(root, 'docs', 'deep'), { recursive: true });
  mkdirSync(join(folder, 'root-secrets'));
  mkdirSync(join(root, '.git'));
  for (const path of [
    'outside.txt',
    'root-secrets/a.txt',
    'root/.env',
    'root/.ENV.local',
    'root/.git/config',
    'root/server.KEY',
  ]) {
    writeFileSync(join(folder, path), SECRET);
  }
  writeFileSync(join(root, 'hello.txt'), 'one\ntwo\nthree\n');
  writeFileSync(join(root, 'docs', 'deep', 'a.md'), '# A');
  symlinkSync(join(folder, 'outside.txt'), join(root, 'link.txt'));
  symlinkSync(folder, join(root, 'up'));
  symlinkSync('loop', join(root, 'loop'));
  symlinkSync(join(root, '.env'), join(root, 'innocent.txt'));
  symlinkSync('/dev/zero', join(root, 'zero'));
  symlinkSync('hello.txt', join(root, 'inside-link.txt'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  read = readFile({ roots: root });
  list = listFiles({ roots: root });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const context: ToolContext = {
  signal: new AbortController().signal,
  context: undefined,
  callId: 'call_1',
  idempotencyKey: 'run/tool:1.0',
  runId: 'run',
  path: '',
  traceparent: undefined,
  progress: () => undefined,
};

/** What the model gets: the result, or the error's words. */
async function call(tool: Tool<unknown>, args: unknown): Promise<string> {
  const validated = await tool.validate(args);
  if (!validated.ok) return validated.issues;
  try {
    return String(await tool.execute(validated.value, context));
  } catch (error) {
    if (error instanceof Error && error.name === 'ToolError') return `refused: ${error.message}`;
    throw error;
  }
}

const hostile = [
  '../outside.txt',
  'docs/../../outside.txt',
  './././../outside.txt',
  '/etc/passwd',
  '/proc/self/environ',
  '/proc/self/root/etc/passwd',
  '/dev/zero',
  '/dev/stdin',
  '../root-secrets/a.txt',
  'link.txt',
  'up/outside.txt',
  'up/root/../outside.txt',
  'loop',
  'innocent.txt',
  'zero',
  'pipe',
  'docs',
  '.',
  '.env',
  '.ENV.local',
  './docs/../.env',
  '.git/config',
  '.GIT/config',
  'server.KEY',
  '..%2foutside.txt',
  '..\\outside.txt',
  '%2e%2e/outside.txt',
  '\u2024\u2024/outside.txt',
  '．．/outside.txt',
  '.env\0.txt',
  'hello.txt\0',
  'a'.repeat(5_000),
  `${'b'.repeat(300)}/x`,
  'file:///etc/passwd',
  '~/.ssh/id_rsa',
  '\n/etc/passwd',
  '',
  'hello.txt/../../outside.txt',
];

describe('hostile paths', () => {
  test.each(hostile)('readFile refuses %j, and says nothing of what is there', async (path) => {
    const said = await call(read, { path });
    expect(said).toMatch(/^(refused|path): /);
    expect(said).not.toContain(SECRET);
    expect(said).not.toContain('root:');
    expect(said).not.toContain(folder);
  });

  test.each(hostile.filter((path) => !['docs', '.', ''].includes(path)))('listFiles refuses %j', async (path) => {
    const said = await call(list, { path });
    expect(said).toMatch(/^refused: /);
    expect(said).not.toContain(folder);
  });

  test('a link that changes from inside to outside while it is read never gives what is outside', async () => {
    const swap = join(root, 'swap.txt');
    const answers = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const [first, second] = round % 2 === 0 ? ['hello.txt', '../outside.txt'] : ['../outside.txt', 'hello.txt'];
      symlinkSync(join(root, first ?? ''), `${swap}.1`);
      renameSync(`${swap}.1`, swap);
      const reading = call(read, { path: 'swap.txt' });
      symlinkSync(join(root, second ?? ''), `${swap}.2`);
      renameSync(`${swap}.2`, swap);
      answers.add(await reading);
    }
    rmSync(swap);
    for (const answer of answers) expect(answer).not.toContain(SECRET);
    expect([...answers]).toContain('one\ntwo\nthree');
  });
});

describe('readFile', () => {
  test('reads a file, also through a link that stays inside', async () => {
    expect(await call(read, { path: 'hello.txt' })).toBe('one\ntwo\nthree');
    expect(await call(read, { path: 'inside-link.txt' })).toBe('one\ntwo\nthree');
  });

  test('gives pages of lines, and says which line to go on with', async () => {
    expect(await call(read, { path: 'hello.txt', lines: 2 })).toBe('one\ntwo\n[more: go on with fromLine 3]');
    expect(await call(read, { path: 'hello.txt', fromLine: 3 })).toBe('three');
    expect(await call(read, { path: 'hello.txt', fromLine: 9 })).toBe('hello.txt ends before line 9.');
  });

  test('tells a binary file and an empty one for what they are', async () => {
    writeFileSync(join(root, 'image.bin'), Uint8Array.of(1, 0, 2));
    writeFileSync(join(root, 'empty.txt'), '');
    expect(await call(read, { path: 'image.bin' })).toBe('image.bin is a binary file of 3 bytes; it is not shown.');
    expect(await call(read, { path: 'empty.txt' })).toBe('empty.txt is empty.');
  });

  test('cuts a line without an end, and reads a file of a gibibyte in bounded memory', async () => {
    writeFileSync(join(root, 'line.txt'), 'x'.repeat(200_000));
    const cut = await call(read, { path: 'line.txt' });
    expect(cut.length).toBeLessThan(50_000);
    expect(cut).toContain('[line 1 is too long');
    writeFileSync(join(root, 'sparse.txt'), 'start\n');
    truncateSync(join(root, 'sparse.txt'), 2 ** 30);
    const before = process.memoryUsage().rss;
    expect(await call(read, { path: 'sparse.txt' })).toContain('is a binary file of 1073741824 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 2 ** 20);
  });

  test('with several roots, paths begin with the root’s name', async () => {
    const both = readFile({ roots: [root, join(folder, 'root-secrets')] });
    expect(await call(both, { path: 'root-secrets/a.txt' })).toBe(SECRET);
    expect(await call(both, { path: 'root/hello.txt' })).toBe('one\ntwo\nthree');
    expect(await call(both, { path: 'hello.txt' })).toContain('Begin the path with one of: root, root-secrets.');
  });
});

describe('listFiles', () => {
  test('lists what is there, without what is denied, and follows no link', async () => {
    const lines = (await call(list, {})).split('\n');
    expect(lines).toContain('docs/');
    expect(lines).toContain('docs/deep/a.md');
    expect(lines).toContain('up');
    expect(lines.filter((line) => /\.env|\.git|key|up\//i.test(line))).toEqual([]);
  });

  test('takes a folder and a glob', async () => {
    expect(await call(list, { path: 'docs' })).toBe('docs/deep/\ndocs/deep/a.md');
    expect(await call(list, { glob: '**/*.md' })).toBe('docs/deep/a.md');
  });

  test('says where it stopped', async () => {
    expect(await call(listFiles({ roots: root, maxEntries: 2 }), {})).toContain('[more entries are left out');
    expect(await call(listFiles({ roots: root, maxDepth: 1 }), {})).toContain('[folders further down are left out');
  });
});

describe('definitions', () => {
  test.each([
    { roots: [], message: 'needs roots' },
    { roots: '/no/such/folder', message: 'is no folder' },
  ])('roots $roots are a ConfigError', ({ roots, message }) => {
    expect(() => readFile({ roots })).toThrow(ConfigError);
    expect(() => listFiles({ roots })).toThrow(message);
  });
});
