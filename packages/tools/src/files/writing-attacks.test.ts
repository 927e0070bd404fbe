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
  // Nothing is left half-written, whatever came of the call.
  const left = treeOf(box.root).filter((name) => name.includes('.pawl-'));
  box.remove();
  expect(left).toEqual([]);
});

/** Entries are asked for with their types: without them Node follows links, and some of these lead round in circles. */
function treeOf(root: string): readonly string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.map(({ parentPath, name }) => `${parentPath}/${name}`).sort();
}

const write = (args: object, options: object = {}) => callTool(writeFile({ roots: box.root, ...options }), args);
const edit = (args: object, options: object = {}) => callTool(editFile({ roots: box.root, ...options }), args);
const text = (below: string) => readFileSync(box.resolve(below), 'utf8');
const version = (content: string | Uint8Array) => computeVersion(Buffer.from(content));

describe('what nothing is written through', () => {
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
    ['a link to what is not there outside', 'link', () => symlinkSync(box.resolve('../none.txt'), box.resolve('link'))],
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
    ['a file of secrets that is there', '.env', () => box.write('.env', SECRET)],
    ['a file of secrets in capitals', '.ENV', () => undefined],
    ['a file of secrets with a dot behind', '.env.', () => undefined],
    ['a file of secrets with an invisible letter', '.en\u200bv', () => undefined],
    ['a hook of git', '.git/hooks/pre-commit', () => mkdirSync(box.resolve('.git/hooks'), { recursive: true })],
    ['a link to a file of secrets', 'link', linkedSecret],
    ['an empty last name', './', () => undefined],
  ];

  test.each(hostile)('%s: %j', async (_, path, prepare) => {
    writeFileSync(outside(), SECRET);
    prepare();
    const tree = treeOf(box.root);
    for (const folders of ['refuse', 'create'] as const) {
      for (const content of ['owned', SECRET]) {
        const said = await write({ path, content, version: version(SECRET) }, { folders });
        expect(said).toMatch(/^refused: /);
        expect(said).not.toContain(SECRET);
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

  test('a folder that turns into a link that leads out, and back, is written into or not at all', async () => {
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

  test('a file that somebody else makes or changes meanwhile stays theirs', async () => {
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
      const said = await made;
      if (isTheirs) expect([text(path), said]).toEqual(['theirs', expect.stringContaining('exists already')]);
      else expect(text(path)).toBe('ours');
    }
  });

  test('another name of the same file keeps what it had: the file is replaced, not written into', async () => {
    box.write('a.txt', 'one');
    linkSync(box.resolve('a.txt'), box.resolve('b.txt'));
    await write({ path: 'a.txt', content: 'two', version: version('one') });
    expect([text('a.txt'), text('b.txt')]).toEqual(['two', 'one']);
  });

  test('a call that is aborted writes nothing and leaves nothing', async () => {
    const controller = new AbortController();
    const input = { path: 'a.txt', content: 'x'.repeat(500_000) };
    const writing = writeFile({ roots: box.root }).execute(input, createToolContext(controller.signal));
    controller.abort(new Error('enough'));
    await expect(writing).rejects.toThrow('enough');
    expect(readdirSync(box.root)).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')('every handle is closed, whatever came of the call', async () => {
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
