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

describe('a match', () => {
  beforeEach(() => {
    box.write('src/a.ts', 'one\nTwo foo(1)\nthree\nfour\nfoo(22)\n');
    box.write('src/deep/b.ts', 'foo(333)\r\nlast');
    box.write('notes.md', 'foo bar\n');
  });

  test('is returned with path and line, file by file', async () => {
    expect(await search({ pattern: 'foo' })).toBe(
      'notes.md:1: foo bar\nsrc/a.ts:2: Two foo(1)\nsrc/a.ts:5: foo(22)\nsrc/deep/b.ts:1: foo(333)',
    );
  });

  test('is found by an exact text or an RE2 expression', async () => {
    expect(await search({ pattern: 'foo(1' })).toBe('src/a.ts:2: Two foo(1)');
    expect(await search({ pattern: 'foo\\(\\d{2,}\\)$', kind: 'regex' })).toBe(
      'src/a.ts:5: foo(22)\nsrc/deep/b.ts:1: foo(333)',
    );
    expect(await search({ pattern: 'tWO', letterCase: 'insensitive' })).toBe('src/a.ts:2: Two foo(1)');
    expect(await search({ pattern: '^TWO', kind: 'regex', letterCase: 'insensitive' })).toBe('src/a.ts:2: Two foo(1)');
  });

  test('can be limited to a folder, a file or a glob', async () => {
    expect(await search({ pattern: 'foo', path: 'src/deep' })).toBe('src/deep/b.ts:1: foo(333)');
    expect(await search({ pattern: 'foo', path: 'notes.md' })).toBe('notes.md:1: foo bar');
    expect(await search({ pattern: 'foo', glob: '*.md' })).toBe('notes.md:1: foo bar');
    expect(await search({ pattern: 'foo', path: 'src', glob: 'deep/*.ts' })).toBe('src/deep/b.ts:1: foo(333)');
    expect(await search({ pattern: 'nowhere' })).toBe('No line matches "nowhere".');
  });

  test('includes the lines around it if requested', async () => {
    expect(await search({ pattern: 'foo', path: 'src/a.ts', context: 1 })).toBe(
      'src/a.ts:1- one\nsrc/a.ts:2: Two foo(1)\nsrc/a.ts:3- three\nsrc/a.ts:4- four\nsrc/a.ts:5: foo(22)',
    );
    expect(await search({ pattern: 'Two|22', kind: 'regex', path: 'src/a.ts', context: 1, matches: 1 })).toContain(
      'src/a.ts:3- three\n[',
    );
  });

  test('is returned once when a search continues after the last match', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    for (let calls = 0; calls < 10; calls++) {
      const page = await search({ pattern: 'foo', matches: 1, ...(after === undefined ? {} : { after }) });
      if (page.startsWith('No line')) break;
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
    expect(await search({ pattern: 'foo', after: 'gone.ts:1' })).toContain('is not a file of this search');
    expect(await search({ pattern: 'foo', after: 'nonsense' })).toContain('Pass the path and line');
  });
});

describe('skips', () => {
  test('the same files as git, by the .gitignore files of all folders', async () => {
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
    // The rules also apply to a search in a subfolder, and to list_files.
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

describe('a hostile input', () => {
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

  test.each(paths)('such as %s is refused: %j', async (_, path, prepare) => {
    prepare();
    const result = await search({ pattern: 'T', path });
    expect(result).toMatch(/^refused: /);
    expect(result).not.toContain(SECRET);
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
  ])('such as %s neither blocks the search nor reveals a secret', async (_, prepare) => {
    prepare();
    box.write('a'.repeat(200), 'TOP');
    const before = process.memoryUsage().rss;
    const result = await search({ pattern: 'TOP' });
    expect(result).toContain(`${'a'.repeat(200)}:1: TOP`);
    expect(result).not.toContain(SECRET);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test.each([
    ['nested stars', '(a+)+$'],
    ['alternatives that overlap', '(a|aa)+$'],
    ['a star over a star', '(a*)*b'],
    ['many optional letters', `${'a?'.repeat(30)}${'a'.repeat(30)}$`],
    ['a large count', '(a{1,100}){1,9}b'],
    ['letters of all kinds', '(\\p{L}+\\s?)+\\d$'],
  ])('such as a regular expression with %s takes linear time: %s', async (_, pattern) => {
    box.write('long.txt', `${'a'.repeat(60_000)}!\n`);
    // Backtracking would take years.
    expect(await search({ pattern, kind: 'regex' })).toMatch(/^long\.txt:1: |^No line matches/);
  });

  test.each([
    ['has a look-ahead', '(?=a)b', '(?='],
    ['has a back-reference', '(a)\\1', '\\1'],
    ['is incomplete', '(a', 'missing closing'],
    ['has too large a count', 'a{1500}', 'repeat count'],
  ])('such as a pattern that %s is refused with the reason', async (_, pattern, reason) => {
    const result = await search({ pattern, kind: 'regex' });
    expect(result).toMatch(/^refused: The pattern is not a supported regular expression/);
    expect(result).toContain(reason);
  });

  test('such as a pattern with multiplied counts is refused', async () => {
    box.write('long.txt', 'a'.repeat(60_000));
    const before = process.memoryUsage().rss;
    expect(await search({ pattern: 'a{1000}'.repeat(140), kind: 'regex' })).toContain('The pattern is too large');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test('such as a slow pattern yields to the event loop, and ends when the time is over', async () => {
    box.write('long.txt', `${'a'.repeat(200_000)}\n`.repeat(30));
    const { turnsAtReads, stop, ...limits } = createExpiringClock(8);
    expect(await search({ pattern: '(a|b|c?){300}[^a]', kind: 'regex' }, limits)).toContain('time ran out');
    stop();
    // The last readings of the time are between lines.
    expect(turnsAtReads.at(-1)).toBeGreaterThan(turnsAtReads.at(-2) ?? Number.NaN);
  });

  test('such as a name with a line break is quoted', async () => {
    box.write('fake.txt:1: x\nevil.txt', 'TOP');
    expect(await search({ pattern: 'TOP' })).toBe('"fake.txt:1: x\\nevil.txt":1: TOP');
  });
});

describe('a limit', () => {
  test('on matches, files or lengths says how to continue', async () => {
    for (let count = 0; count < 30; count++)
      box.write(`f${String(count).padStart(2, '0')}.txt`, `hit ${'x'.repeat(900)}\n`.repeat(5));
    expect(await search({ pattern: 'hit' }, { maxMatches: 7 })).toMatch(
      /f01\.txt:2: hit x+ \[… 404 more characters\]\n\[there may be more matches: continue with after: "f01\.txt:2"\]$/,
    );
    expect(await search({ pattern: 'hit', matches: 3 }, { maxFiles: 10 })).toContain('too many files');
    expect(await search({ pattern: 'hit' }, { maxMatches: 1_000 })).toMatch(
      /\[more matches are omitted: continue with after: "f\d\d\.txt:\d"\]$/,
    );
  });

  test('on time returns what was found', async () => {
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
    expect(await search({ pattern: 'hit' }, { clock: ticking, maxDurationMs: 350 })).toContain('time ran out');
  });

  test('on a file says that it was searched in part', async () => {
    box.write('big.txt', `${'x\n'.repeat(5_000)}hit`);
    expect(await search({ pattern: 'hit' }, { maxFileBytes: 100 })).toContain(
      '1 large files were searched only in part',
    );
  });

  test('is not needed to abort the search of a large file, which yields to the event loop', async () => {
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
