import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { editFile } from '../edit-file/edit-file.ts';
import { writeFile } from '../write-file/write-file.ts';
import { callTool, createSandbox, createToolContext, type Sandbox, SECRET } from './sandbox.fixture.ts';
import { computeVersion } from './version.ts';

let box: Sandbox;
beforeEach(() => {
  box = createSandbox();
});
afterEach(() => {
  // No temporary file is left, whether the call succeeded or not.
  const left = treeOf(box.root).filter((name) => name.includes('.pawl-'));
  box.remove();
  expect(left).toEqual([]);
});

/** Reads entries with their types: otherwise Node follows links, and some of these are circular. */
function treeOf(root: string): readonly string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.map(({ parentPath, name }) => `${parentPath}/${name}`).sort();
}

const write = (args: object, options: object = {}) => callTool(writeFile({ roots: box.root, ...options }), args);
const edit = (args: object, options: object = {}) => callTool(editFile({ roots: box.root, ...options }), args);
const text = (below: string) => readFileSync(box.resolve(below), 'utf8');
const version = (content: string | Uint8Array) => computeVersion(Buffer.from(content));

describe('a hostile write', () => {
  const outside = () => box.resolve('../outside.txt');
  const linkedSecret = (): void => {
    box.write('.env', SECRET);
    symlinkSync('.env', box.resolve('link'));
  };
  const hostile: readonly (readonly [string, string, () => void])[] = [
    ['a path that goes up', '../outside.txt', () => undefined],
    ['a path that goes up further down', 'a/../../outside.txt', () => mkdirSync(box.resolve('a'))],
    ['an absolute path', '/etc/pawl-was-here', () => undefined],
    ['its own environment', '/proc/self/environ', () => undefined],
    ['its own memory', '/proc/self/mem', () => undefined],
    ['a device', '/dev/null', () => undefined],
    ['a link to a file outside', 'link', () => symlinkSync(outside(), box.resolve('link'))],
    ['a link to a missing file outside', 'link', () => symlinkSync(box.resolve('../none.txt'), box.resolve('link'))],
    ['a link to itself', 'link', () => symlinkSync('link', box.resolve('link'))],
    ['a folder that is a link', 'folder/x.txt', () => symlinkSync(box.resolve('..'), box.resolve('folder'))],
    ['a folder', 'folder', () => mkdirSync(box.resolve('folder'))],
    ['a folder by a slash', 'folder/', () => mkdirSync(box.resolve('folder'))],
    ['the root', '.', () => undefined],
    ['a file as a folder', 'file/x', () => box.write('file', 'x')],
    ['a name with a NUL', 'a\0.txt', () => undefined],
    ['a name that is too long', 'x'.repeat(300), () => undefined],
    ['a path that is too long', 'x/'.repeat(3_000), () => undefined],
    ['a file of secrets', '.env', () => undefined],
    ['an existing file of secrets', '.env', () => box.write('.env', SECRET)],
    ['a file of secrets in capitals', '.ENV', () => undefined],
    ['a file of secrets with a trailing dot', '.env.', () => undefined],
    ['a file of secrets with an invisible letter', '.en\u200bv', () => undefined],
    ['a hook of git', '.git/hooks/pre-commit', () => mkdirSync(box.resolve('.git/hooks'), { recursive: true })],
    ['a link to a file of secrets', 'link', linkedSecret],
    ['an empty last name', './', () => undefined],
  ];

  test.each(hostile)('through %s is refused: %j', async (_, path, prepare) => {
    writeFileSync(outside(), SECRET);
    prepare();
    const tree = treeOf(box.root);
    for (const folders of ['refuse', 'create'] as const) {
      for (const content of ['owned', SECRET]) {
        const result = await write({ path, content, version: version(SECRET) }, { folders });
        expect(result).toMatch(/^refused: /);
        expect(result).not.toContain(SECRET);
        expect(await write({ path, content }, { folders })).toMatch(/^refused: /);
      }
    }
    const edited = await edit({ path, version: version(SECRET), edits: [{ find: 'TOP', replace: 'NO' }] });
    expect(edited).toMatch(/^refused: /);
    expect(edited).not.toContain(SECRET);
    expect(readFileSync(outside(), 'utf8')).toBe(SECRET);
    expect(readdirSync(box.resolve('..')).sort()).toEqual(['outside.txt', 'root']);
    expect(treeOf(box.root)).toEqual(tree);
  });

  test('never goes through a folder that becomes a link to outside', async () => {
    mkdirSync(box.resolve('../elsewhere'));
    mkdirSync(box.resolve('folder'));
    let isLink = false;
    const swap = (): void => {
      if (isLink) {
        unlinkSync(box.resolve('folder'));
        renameSync(box.resolve('kept'), box.resolve('folder'));
      } else {
        renameSync(box.resolve('folder'), box.resolve('kept'));
        symlinkSync(box.resolve('../elsewhere'), box.resolve('folder'));
      }
      isLink = !isLink;
    };
    for (let count = 0; count < 60; count++) {
      const writing = Promise.all(
        ['a', 'b', 'c'].map((name) => write({ path: `folder/${name}${count}.txt`, content: 'x' })),
      );
      for (let swaps = 0; swaps < 6; swaps++) {
        swap();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await writing;
    }
    if (isLink) swap();
    expect(readdirSync(box.resolve('../elsewhere'))).toEqual([]);
  });

  test('never replaces a file that another process creates meanwhile', async () => {
    for (let count = 0; count < 40; count++) {
      const path = `race${count}.txt`;
      const made = write({ path, content: 'ours' });
      await new Promise((resolve) => setImmediate(resolve));
      let isTheirs = true;
      try {
        writeFileSync(box.resolve(path), 'theirs', { flag: 'wx' });
      } catch {
        isTheirs = false;
      }
      const result = await made;
      if (isTheirs) expect([text(path), result]).toEqual(['theirs', expect.stringContaining('already exists')]);
      else expect(text(path)).toBe('ours');
    }
  });

  test('does not change other hard links of the file', async () => {
    box.write('a.txt', 'one');
    linkSync(box.resolve('a.txt'), box.resolve('b.txt'));
    await write({ path: 'a.txt', content: 'two', version: version('one') });
    expect([text('a.txt'), text('b.txt')]).toEqual(['two', 'one']);
  });

  test('that is aborted leaves no file', async () => {
    const controller = new AbortController();
    const input = { path: 'a.txt', content: 'x'.repeat(500_000) };
    const writing = writeFile({ roots: box.root }).execute(input, createToolContext(controller.signal));
    controller.abort(new Error('enough'));
    await expect(writing).rejects.toThrow('enough');
    expect(readdirSync(box.root)).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')('closes every handle, whether the call succeeds or not', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    box.write('a.txt', 'one');
    await write({ path: 'a.txt', content: 'x' });
    const before = open();
    for (const path of ['a.txt', 'b.txt', '../c', 'none/d', '.env'])
      await write({ path, content: 'x', version: version('one') });
    await edit({ path: 'a.txt', version: version('x'), edits: [{ find: 'nothing', replace: '' }] });
    expect(open()).toBe(before);
  });
});
