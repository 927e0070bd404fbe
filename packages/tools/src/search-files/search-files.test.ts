import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type { Clock } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createExpiringClock } from '../files/expiring-clock.fixture.ts';
import { callTool, createSandbox, createToolContext, type Sandbox, SECRET } from '../files/sandbox.fixture.ts';
import { listFiles } from '../list-files/list-files.ts';
import { searchFiles } from './search-files.ts';

let box: Sandbox;
beforeEach(() => {
  box = createSandbox();
});
afterEach(() => box.remove());

const search = (args: object, options: object = {}) => callTool(searchFiles({ roots: box.root, ...options }), args);

describe('what is found', () => {
  beforeEach(() => {
    box.write('src/a.ts', 'one\nTwo foo(1)\nthree\nfour\nfoo(22)\n');
    box.write('src/deep/b.ts', 'foo(333)\r\nlast');
    box.write('notes.md', 'foo bar\n');
  });

  test('is told by path and line, file by file', async () => {
    expect(await search({ pattern: 'foo' })).toBe(
      'notes.md:1: foo bar\nsrc/a.ts:2: Two foo(1)\nsrc/a.ts:5: foo(22)\nsrc/deep/b.ts:1: foo(333)',
    );
  });

  test('is taken letter by letter as a text, and by RE2 as a regular expression', async () => {
    expect(await search({ pattern: 'foo(1' })).toBe('src/a.ts:2: Two foo(1)');
    expect(await search({ pattern: 'foo\\(\\d{2,}\\)$', kind: 'regex' })).toBe(
      'src/a.ts:5: foo(22)\nsrc/deep/b.ts:1: foo(333)',
    );
    expect(await search({ pattern: 'tWO', letterCase: 'insensitive' })).toBe('src/a.ts:2: Two foo(1)');
    expect(await search({ pattern: '^TWO', kind: 'regex', letterCase: 'insensitive' })).toBe('src/a.ts:2: Two foo(1)');
  });

  test('can be held to a folder, a file or a glob', async () => {
    expect(await search({ pattern: 'foo', path: 'src/deep' })).toBe('src/deep/b.ts:1: foo(333)');
    expect(await search({ pattern: 'foo', path: 'notes.md' })).toBe('notes.md:1: foo bar');
    expect(await search({ pattern: 'foo', glob: '*.md' })).toBe('notes.md:1: foo bar');
    expect(await search({ pattern: 'foo', path: 'src', glob: 'deep/*.ts' })).toBe('src/deep/b.ts:1: foo(333)');
    expect(await search({ pattern: 'nowhere' })).toBe('Nothing there has "nowhere".');
  });

  test('comes with the lines around it, where these are wanted', async () => {
    expect(await search({ pattern: 'foo', path: 'src/a.ts', context: 1 })).toBe(
      'src/a.ts:1- one\nsrc/a.ts:2: Two foo(1)\nsrc/a.ts:3- three\nsrc/a.ts:4- four\nsrc/a.ts:5: foo(22)',
    );
    expect(await search({ pattern: 'Two|22', kind: 'regex', path: 'src/a.ts', context: 1, matches: 1 })).toContain(
      'src/a.ts:3- three\n[',
    );
  });

  test('goes on behind the last match, and gives each match once', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    for (let calls = 0; calls < 10; calls++) {
      const page = await search({ pattern: 'foo', matches: 1, ...(after === undefined ? {} : { after }) });
      if (page.startsWith('Nothing')) break;
      const [found = ''] = page.split('\n');
      seen.push(found);
      after = /after: "(.*)"\]/.exec(page)?.[1];
      if (after === undefined) break;
    }
    expect(seen).toEqual([
      'notes.md:1: foo bar',
      'src/a.ts:2: Two foo(1)',
      'src/a.ts:5: foo(22)',
      'src/deep/b.ts:1: foo(333)',
    ]);
    expect(await search({ pattern: 'foo', after: 'gone.ts:1' })).toContain('is not among the files');
    expect(await search({ pattern: 'foo', after: 'nonsense' })).toContain('Pass the path and the line');
  });
});

describe('what is passed over', () => {
  test('is what .gitignore says, of this folder and those around it, as git takes it', async () => {
    const files = [
      'keep.ts',
      'drop.log',
      'build/x.ts',
      'src/build/x.ts',
      'src/keep.log',
      'src/a.ts',
      'src/own/b.ts',
      'docs/only/c.ts',
      'a{b}.ts',
      'deep/x/y/z.ts',
    ];
    for (const file of files) box.write(file, 'hit');
    box.write('.gitignore', '# logs\n*.log\n/build/\n!src/keep.log\ndocs/only\na{b}.ts\ndeep/**/z.ts\n\n');
    box.write('src/.gitignore', 'own/\n');
    const found = (await search({ pattern: 'hit' })).split('\n').map((line) => line.replace(/:1: hit$/, ''));
    execFileSync('git', ['init', '-q'], { cwd: box.root, env: { PATH: process.env['PATH'] ?? '', HOME: box.root } });
    const ignored = files.filter((file) => {
      try {
        execFileSync('git', ['check-ignore', '-q', '--no-index', file], {
          cwd: box.root,
          env: { PATH: process.env['PATH'] ?? '', HOME: box.root },
        });
        return true;
      } catch {
        return false;
      }
    });
    expect(found.sort()).toEqual(files.filter((file) => !ignored.includes(file)).sort());
    expect(ignored).toHaveLength(6);
    // Also where the search begins further down, and where files are listed.
    expect(await search({ pattern: 'hit', path: 'src' })).not.toContain('own');
    expect(await callTool(listFiles({ roots: box.root }), { path: 'src' })).not.toContain('own');
    expect(await callTool(listFiles({ roots: box.root, ignoreFiles: [] }), { path: 'src' })).toContain('src/own/b.ts');
    expect(await search({ pattern: 'hit', path: 'src' }, { ignoreFiles: [] })).toContain('src/own/b.ts');
  });

  test.each([
    ['a file of secrets', '.env', SECRET],
    ['a key', 'id_rsa', SECRET],
    ['the insides of git', '.git/config', SECRET],
    ['a binary file', 'image.bin', Buffer.concat([Buffer.from(SECRET), Buffer.alloc(10)])],
    [
      'a file that is binary further down',
      'late.bin',
      Buffer.concat([Buffer.from(`${SECRET}\n`), Buffer.alloc(100_000, 65), Buffer.alloc(1)]),
    ],
  ])('%s', async (_, path, content) => {
    box.write(path, content);
    box.write('open.txt', 'TOP of the page');
    expect(await search({ pattern: 'TOP' })).toBe('open.txt:1: TOP of the page');
  });
});

describe('what is hostile', () => {
  beforeEach(() => writeFileSync(box.resolve('../outside.txt'), SECRET));

  const tall = (path: string, text: string): void => {
    box.write(path, text);
    truncateSync(box.resolve(path), 2 ** 30);
  };

  const paths: readonly (readonly [string, string, () => void])[] = [
    ['a path that goes up', '..', () => undefined],
    ['a file outside', '../outside.txt', () => undefined],
    ['an absolute path', '/etc', () => undefined],
    ['its own environment', '/proc/self/environ', () => undefined],
    ['a folder of processes', '/proc', () => undefined],
    ['a device', '/dev/zero', () => undefined],
    ['a link to a file outside', 'link', () => symlinkSync(box.resolve('../outside.txt'), box.resolve('link'))],
    ['a link to a folder outside', 'link', () => symlinkSync(box.resolve('..'), box.resolve('link'))],
    ['a link to itself', 'link', () => symlinkSync('link', box.resolve('link'))],
    ['a NUL', 'a\0b', () => undefined],
    ['a name that is too long', 'x'.repeat(300), () => undefined],
    ['a denied name', '.env', () => box.write('.env', SECRET)],
    ['a denied name in capitals', '.ENV', () => box.write('.ENV', SECRET)],
  ];

  test.each(paths)('%s is refused by name: %j', async (_, path, prepare) => {
    prepare();
    const said = await search({ pattern: 'T', path });
    expect(said).toMatch(/^refused: /);
    expect(said).not.toContain(SECRET);
  });

  test.each([
    ['links that lead out', () => symlinkSync(box.resolve('..'), box.resolve('up'))],
    ['a link to a file outside', () => symlinkSync(box.resolve('../outside.txt'), box.resolve('link.txt'))],
    ['folders that are links in a ring', () => symlinkSync('.', box.resolve('ring'))],
    ['a pipe', () => execFileSync('mkfifo', [box.resolve('pipe')])],
    ['a .gitignore that leads out', () => symlinkSync(box.resolve('../outside.txt'), box.resolve('.gitignore'))],
    ['a .gitignore that is a pipe', () => execFileSync('mkfifo', [box.resolve('.gitignore')])],
    ['a .gitignore that is a folder', () => mkdirSync(box.resolve('.gitignore'))],
    ['a .gitignore of a gibibyte', () => tall('.gitignore', '#')],
    ['a .gitignore of stars without end', () => box.write('.gitignore', `${'*a'.repeat(400)}b\n`.repeat(500))],
    ['a file of a gibibyte without lines', () => tall('tall.txt', 'x'.repeat(10_000))],
  ])('%s keep nobody waiting, and tell nothing', async (_, prepare) => {
    prepare();
    box.write('a'.repeat(200), 'TOP');
    const before = process.memoryUsage().rss;
    const said = await search({ pattern: 'TOP' });
    expect(said).toContain(`${'a'.repeat(200)}:1: TOP`);
    expect(said).not.toContain(SECRET);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test.each([
    ['nested stars', '(a+)+$'],
    ['alternatives that overlap', '(a|aa)+$'],
    ['a star over a star', '(a*)*b'],
    ['many optional letters', `${'a?'.repeat(30)}${'a'.repeat(30)}$`],
    ['a large count', '(a{1,100}){1,9}b'],
    ['letters of all kinds', '(\\p{L}+\\s?)+\\d$'],
  ])('a regular expression with %s takes no longer than its line: %s', async (_, pattern) => {
    box.write('long.txt', `${'a'.repeat(60_000)}!\n`);
    // It would be years by backtracking.
    expect(await search({ pattern, kind: 'regex' })).toMatch(/^long\.txt:1: |^Nothing there/);
  });

  test.each([
    ['looks ahead', '(?=a)b', '(?='],
    ['refers back', '(a)\\1', '\\1'],
    ['does not end', '(a', 'missing closing'],
    ['counts too far', 'a{1500}', 'repeat count'],
  ])('a pattern that %s is refused with the reason', async (_, pattern, told) => {
    const said = await search({ pattern, kind: 'regex' });
    expect(said).toMatch(/^refused: The pattern is no regular expression/);
    expect(said).toContain(told);
  });

  test('a pattern whose counts multiply is refused, and takes neither time nor memory', async () => {
    box.write('long.txt', 'a'.repeat(60_000));
    const before = process.memoryUsage().rss;
    expect(await search({ pattern: 'a{1000}'.repeat(140), kind: 'regex' })).toContain('The pattern is too large');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test('a pattern that is slow over long lines gives others their turn, and ends with the time', async () => {
    box.write('long.txt', `${'a'.repeat(200_000)}\n`.repeat(30));
    const { turnsAtReads, stop, ...limits } = createExpiringClock(8);
    expect(await search({ pattern: '(a|b|c?){300}[^a]', kind: 'regex' }, limits)).toContain('the time was over');
    stop();
    // The last looks are those between its lines.
    expect(turnsAtReads.at(-1)).toBeGreaterThan(turnsAtReads.at(-2) ?? Number.NaN);
  });

  test('names and lines with line breaks in them pass for nothing else', async () => {
    box.write('fake.txt:1: x\nevil.txt', 'TOP');
    expect(await search({ pattern: 'TOP' })).toBe('"fake.txt:1: x\\nevil.txt":1: TOP');
  });
});

describe('caps', () => {
  test('on matches, files, the length of a line and of all say where to go on', async () => {
    for (let count = 0; count < 30; count++)
      box.write(`f${String(count).padStart(2, '0')}.txt`, `hit ${'x'.repeat(900)}\n`.repeat(5));
    expect(await search({ pattern: 'hit' }, { maxMatches: 7 })).toMatch(
      /f01\.txt:2: hit x+ \[… 404 more characters\]\n\[there may be more: go on with after: "f01\.txt:2"\]$/,
    );
    expect(await search({ pattern: 'hit', matches: 3 }, { maxFiles: 10 })).toContain('too many files');
    expect(await search({ pattern: 'hit' }, { maxMatches: 1_000 })).toMatch(
      /\[more is left out: go on with after: "f\d\d\.txt:\d"\]$/,
    );
  });

  test('on time tells what was found by then', async () => {
    for (let count = 0; count < 5; count++) box.write(`f${count}.txt`, 'hit\n');
    const clock = manualClock();
    const ticking: Clock = {
      now() {
        void clock.advance(100);
        return clock.now();
      },
      sleep: (ms, signal) => clock.sleep(ms, signal),
      after: (ms, callback) => clock.after(ms, callback),
    };
    expect(await search({ pattern: 'hit' }, { clock: ticking, maxDurationMs: 350 })).toContain('the time was over');
  });

  test('on a file say that it was searched in its first part only', async () => {
    box.write('big.txt', `${'x\n'.repeat(5_000)}hit`);
    expect(await search({ pattern: 'hit' }, { maxFileBytes: 100 })).toContain(
      '1 large files were searched in their first part only',
    );
  });

  test('others get their turn while a large file is searched, and an abort ends it at once', async () => {
    box.write('big.txt', 'some line that is read\n'.repeat(300_000));
    const controller = new AbortController();
    let turns = 0;
    const turn = (): void => {
      if (++turns < 30) setImmediate(turn);
      else controller.abort(new Error('enough'));
    };
    turn();
    const input = { pattern: 'nowhere', kind: 'regex', letterCase: 'sensitive', context: 0, matches: 10 };
    const searching = searchFiles({ roots: box.root }).execute(input, createToolContext(controller.signal));
    await expect(searching).rejects.toThrow('enough');
  });
});
