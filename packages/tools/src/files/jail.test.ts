import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listFiles } from '../list-files/list-files.ts';
import { readFile } from '../read-file/read-file.ts';
import { callTool, createSandbox, SECRET } from './sandbox.fixture.ts';

const box = createSandbox();
const { root, resolve: at, write } = box;
let server: Server;

beforeAll(async () => {
  const secrets = ['../outside.txt', '../root-secrets/a.txt', '.env', '.ENV.local', '.git/config', 'server.KEY'];
  for (const below of secrets) write(below, SECRET);
  write('hello.txt', 'one\ntwo\nthree\n');
  write('docs/deep/a.md', '# A');
  const links = [
    ['../outside.txt', 'link.txt'],
    ['../nowhere.txt', 'dangling-out.txt'],
    ['nowhere.txt', 'dangling-in.txt'],
    ['..', 'up'],
    ['loop', 'loop'],
    ['ring-b', 'ring-a'],
    ['ring-a', 'ring-b'],
    ['.env', 'innocent.txt'],
    ['.git', 'history'],
    ['/dev/zero', 'zero'],
    ['/dev/stdin', 'stdin'],
    ['/proc/self/environ', 'environ'],
    ['/proc/self/root', 'everything'],
    ['/proc/self/fd', 'handles'],
    ['docs', 'papers'],
  ] as const;
  for (const [target, below] of links) symlinkSync(target, at(below));
  execFileSync('mkfifo', [at('pipe')]);
  server = createServer();
  await new Promise<void>((listening) => server.listen(at('socket'), listening));
});

afterAll(() => {
  server.close();
  box.remove();
});

const OUT = 'is outside the accessible folders, or leads nowhere. Pass a path relative to the root.';
const DENY = 'is denied: its name is on the deny list. Use another path.';
const OUTSIDE = [
  '../outside.txt',
  '../there-is-no-such-file.txt',
  '..',
  '/',
  'docs/../../outside.txt',
  './././../outside.txt',
  'hello.txt/../../outside.txt',
  '/etc/passwd',
  '/no/such/file',
  '/proc/self/environ',
  '/proc/self/root/etc/passwd',
  '/dev/zero',
  '/dev/stdin',
  '../root-secrets/a.txt',
  '../root-secrets/none.txt',
  'link.txt',
  'link.txt/',
  'dangling-out.txt',
  'dangling-in.txt',
  'dangling-out.txt/deeper',
  'up/outside.txt',
  'up/there-is-no-such-file.txt',
  'up/root/../outside.txt',
  'loop',
  'loop/loop/loop',
  'ring-a',
  'zero',
  'stdin',
  'environ',
  'everything/etc/passwd',
  'everything/no/such/file',
  'handles/0',
];

const DENIED_PATHS = [
  '.env',
  '.ENV.local',
  '.env.that-is-not-there',
  './docs/../.env',
  '.git/config',
  '.git/that-is-not-there',
  '.GIT/config',
  '.git/../.git/config',
  'server.KEY',
  'innocent.txt',
  'history/config',
  'history/that-is-not-there',
  '．ｅｎｖ',
  '.g\u200cit/config',
  '.env.',
  '~/.ssh/id_rsa',
  'docs\\.env',
];

const MISSING = [
  '..%2foutside.txt',
  '%2e%2e/outside.txt',
  '..\\outside.txt',
  '\u2024\u2024/outside.txt',
  '．．/outside.txt',
  '..\u2215outside.txt',
  '\n/etc/passwd',
  'file:///etc/passwd',
  '$HOME/file',
  '`id`',
];

const IMPOSSIBLE = [
  ['hello.txt\0', 'The path contains a NUL character. Remove it.'],
  ['hello.txt\0/../../outside.txt', 'The path contains a NUL character. Remove it.'],
  ['a'.repeat(5_000), 'The path is longer than 4096 characters. Pass a shorter path.'],
  ['../'.repeat(2_000), 'The path is longer than 4096 characters. Pass a shorter path.'],
  [`${'b'.repeat(300)}/x`, 'A name in the path is too long. Pass a shorter name.'],
  ['é'.repeat(200), 'A name in the path is too long. Pass a shorter name.'],
] as const;

describe.each([
  ['read_file', readFile({ roots: root })],
  ['list_files', listFiles({ roots: root })],
])('%s', (_, tool) => {
  test.each(OUTSIDE)('refuses %j outside with the same message whether it exists or not', async (path) => {
    expect(await callTool(tool, { path })).toEqual(`refused: ${JSON.stringify(path)} ${OUT}`);
  });

  test.each(DENIED_PATHS)('refuses the denied path %j', async (path) => {
    expect(await callTool(tool, { path })).toEqual(`refused: ${JSON.stringify(path)} ${DENY}`);
  });

  test.each(MISSING)('reads %j as a literal name', async (path) => {
    expect(await callTool(tool, { path })).toEqual(`refused: ${JSON.stringify(path)} does not exist.`);
  });

  test.each(IMPOSSIBLE)('refuses the invalid path %j', async (path, message) => {
    expect(await callTool(tool, { path })).toEqual(`refused: ${message}`);
  });
});

describe('an entry that is not a file', () => {
  test.each([
    ['pipe', 'a pipe'],
    ['socket', 'a socket'],
    ['docs', 'a folder'],
    ['papers', 'a folder'],
    ['.', 'a folder'],
  ])('such as %s is refused without waiting', async (path, kind) => {
    expect(await callTool(readFile({ roots: root }), { path })).toEqual(`refused: "${path}" is ${kind}, not a file.`);
  });

  test.skipIf(process.platform === 'win32').each(['zero', 'null', 'random', 'tty'])(
    'such as /dev/%s is refused if /dev is a root',
    async (path) => {
      expect(await callTool(readFile({ roots: '/dev' }), { path })).toEqual(
        `refused: "${path}" is a device, not a file.`,
      );
    },
  );

  test.skipIf(process.platform !== 'linux').each(['root/etc/passwd', 'root/no/such/file', 'cwd/package.json', 'exe'])(
    'behind the link %s of /proc is refused if /proc/self is a root',
    async (path) => {
      const tool = readFile({ roots: '/proc/self' });
      expect(await callTool(tool, { path })).toEqual(`refused: ${JSON.stringify(path)} ${OUT}`);
    },
  );
});

test.skipIf(process.platform !== 'linux')('the root / includes all files except system folders', async () => {
  const tool = readFile({ roots: '/' });
  expect(await callTool(tool, { path: at('hello.txt') })).toEqual('one\ntwo\nthree');
  for (const path of ['/proc/self/environ', 'proc/1/cmdline', '/dev/zero', '/sys/kernel', '/proc']) {
    expect(await callTool(tool, { path })).toEqual(`refused: ${JSON.stringify(path)} ${OUT}`);
  }
  expect(await callTool(listFiles({ roots: '/' }), { depth: 1 })).not.toMatch(/^(proc|dev|sys)\/$/m);
});

test('accepts an absolute path below the root', async () => {
  expect(await callTool(readFile({ roots: root }), { path: at('hello.txt') })).toEqual('one\ntwo\nthree');
});

test('accepts absolute paths by the link or the folder if the root is a link', async () => {
  symlinkSync(root, at('../alias'));
  const tool = readFile({ roots: at('../alias') });
  expect(await callTool(tool, { path: at('../alias/hello.txt') })).toEqual('one\ntwo\nthree');
  expect(await callTool(tool, { path: at('hello.txt') })).toEqual('one\ntwo\nthree');
});

test('keeps the folder of a root whose link is replaced later', async () => {
  symlinkSync(root, at('../current'));
  const tool = readFile({ roots: at('../current') });
  rmSync(at('../current'));
  mkdirSync(at('../current'));
  write('../current/hello.txt', SECRET);
  symlinkSync(at('../current/hello.txt'), at('to-current.txt'));
  expect(await callTool(tool, { path: at('../current/hello.txt') })).toEqual('one\ntwo\nthree');
  expect(await callTool(tool, { path: 'to-current.txt' })).toEqual(`refused: "to-current.txt" ${OUT}`);
});

describe('with several roots', () => {
  const roots = [root, at('../root-secrets')];

  test('paths start with the root’s name', async () => {
    const tool = readFile({ roots });
    expect(await callTool(tool, { path: 'root-secrets/a.txt' })).toEqual(SECRET);
    expect(await callTool(tool, { path: './root/hello.txt' })).toEqual('one\ntwo\nthree');
    expect(await callTool(tool, { path: 'hello.txt' })).toEqual(
      'refused: "hello.txt" is not in an accessible folder. Start the path with one of: root, root-secrets.',
    );
    expect(await callTool(tool, { path: 'root/../../outside.txt' })).toEqual(
      `refused: "root/../../outside.txt" ${OUT}`,
    );
    expect(await callTool(tool, { path: 'root/missing/a.txt' })).toEqual(
      'refused: "root/missing/a.txt" does not exist. Did you mean "root-secrets/a.txt"?',
    );
  });

  test('a listing contains every root, or the requested one', async () => {
    const tool = listFiles({ roots: [at('docs'), at('../root-secrets')] });
    expect(await callTool(tool, {})).toEqual('docs/deep/\ndocs/deep/a.md\nroot-secrets/a.txt');
    expect(await callTool(tool, { path: 'docs/deep' })).toEqual('docs/deep/a.md');
  });
});

test('replaces the default deny list by the option', async () => {
  const tool = readFile({ roots: root, deny: ['docs/deep'] });
  expect(await callTool(tool, { path: '.env' })).toEqual(SECRET);
  expect(await callTool(tool, { path: 'docs/deep/a.md' })).toEqual(`refused: "docs/deep/a.md" ${DENY}`);
  expect(await callTool(tool, { path: 'papers/deep/a.md' })).toEqual(`refused: "papers/deep/a.md" ${DENY}`);
});
