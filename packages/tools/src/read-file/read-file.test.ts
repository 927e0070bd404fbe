import { readdirSync, truncateSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { callTool, createSandbox, createToolContext } from '../files/sandbox.fixture.ts';
import { readFile } from './read-file.ts';

const box = createSandbox();
const { root, resolve: at, write } = box;
const read = readFile({ roots: root });

afterAll(() => box.remove());

describe('pages', () => {
  test('end after the requested lines, and say how to continue', async () => {
    write('hello.txt', 'one\ntwo\nthree\n');
    expect(await callTool(read, { path: 'hello.txt' })).toEqual('one\ntwo\nthree');
    expect(await callTool(read, { path: 'hello.txt', lines: 2 })).toEqual('one\ntwo\n[more: continue with fromLine 3]');
    expect(await callTool(read, { path: 'hello.txt', lines: 3 })).toEqual('one\ntwo\nthree');
    expect(await callTool(read, { path: 'hello.txt', fromLine: 3 })).toEqual('three');
  });

  test('past the end are refused', async () => {
    expect(await callTool(read, { path: 'hello.txt', fromLine: 4 })).toEqual(
      'refused: hello.txt ends before line 4. Pass a smaller number.',
    );
    expect(await callTool(read, { path: 'hello.txt', fromLine: 9e15 })).toEqual(
      `refused: hello.txt ends before line ${9e15}. Pass a smaller number.`,
    );
    expect(await callTool(read, { path: 'hello.txt', fromByte: 14 })).toEqual(
      'refused: hello.txt ends before byte 14. Pass a smaller number.',
    );
  });

  test('that reach the byte limit end with a whole line, and contain every line once', async () => {
    const text = Array.from({ length: 500 }, (_, index) => `line ${index} ${'é'.repeat(index % 40)}`).join('\n');
    write('long.txt', text);
    const tool = readFile({ roots: root, maxBytes: 300 });
    const pages: string[] = [];
    for (let fromLine: number | undefined = 1; fromLine !== undefined; ) {
      const page = await callTool(tool, { path: 'long.txt', fromLine });
      const [more, next] = /\n\[more: continue with fromLine (\d+)\]$/.exec(page) ?? [''];
      pages.push(page.slice(0, page.length - more.length));
      fromLine = next === undefined ? undefined : Number(next);
    }
    expect(pages.join('\n')).toEqual(text);
    expect(pages.length).toBeGreaterThan(50);
  });

  test('of one huge line continue by bytes without splitting a character', async () => {
    const line = '€x'.repeat(40);
    write('line.txt', `first\n${line}\nlast\n`);
    const tool = readFile({ roots: root, maxBytes: 100 });
    expect(await callTool(tool, { path: 'line.txt', fromLine: 2 })).toEqual(
      `${'€x'.repeat(25)}\n[line 2 is longer than a page: continue with fromByte 106, or skip it with fromLine 3]`,
    );
    expect(await callTool(tool, { path: 'line.txt', fromByte: 106 })).toEqual(`${'€x'.repeat(15)}\nlast`);
    const odd = readFile({ roots: root, maxBytes: 102 });
    expect(await callTool(odd, { path: 'line.txt', fromLine: 2 })).toEqual(
      `${'€x'.repeat(25)}\n[line 2 is longer than a page: continue with fromByte 106, or skip it with fromLine 3]`,
    );
    expect(await callTool(readFile({ roots: root, maxBytes: 50 }), { path: 'line.txt', fromByte: 106 })).toEqual(
      `${'€x'.repeat(12)}\n[more: continue with fromByte 154]`,
    );
  });

  test('refuse more lines than maxLines', async () => {
    const result = await callTool(readFile({ roots: root, maxLines: 2 }), { path: 'hello.txt', lines: 3 });
    expect(result).toMatch(/^invalid: lines: /);
  });

  test('fit into the maximum length of a result', () => {
    expect(readFile({ roots: root, maxBytes: 1_000_000 }).maxResultLength).toBeGreaterThan(1_000_000);
  });
});

describe('content', () => {
  test.each([
    ['a NUL', Uint8Array.of(65, 0, 66), 3],
    ['compressed bytes', Uint8Array.from({ length: 300 }, (_, index) => 255 - (index % 100)), 300],
    ['control characters', new TextEncoder().encode('a\u0001\u0002\u0003'.repeat(50)), 200],
  ])('with %s is reported as binary', async (_, bytes, size) => {
    write('image.bin', bytes);
    expect(await callTool(read, { path: 'image.bin' })).toEqual(
      `image.bin is a binary file of ${size} bytes, not shown.`,
    );
  });

  test('with a NUL on a later page is reported as binary there', async () => {
    write('mixed.txt', `${'text\n'.repeat(4_000)}\0`);
    expect(await callTool(read, { path: 'mixed.txt', fromLine: 3_999 })).toEqual(
      'mixed.txt is a binary file of 20001 bytes, not shown.',
    );
  });

  test('that is empty is reported as empty', async () => {
    write('empty.txt', '');
    expect(await callTool(read, { path: 'empty.txt' })).toEqual('empty.txt is empty.');
  });

  test('with a few invalid bytes, colours or a byte order mark is returned as text', async () => {
    const bytes = new TextEncoder().encode('\u{feff}a \u001b[31mred\u001b[0m sign, and much more of plain text');
    write('colours.txt', Uint8Array.of(...bytes, 0xe9));
    expect(await callTool(read, { path: 'colours.txt' })).toEqual(
      'a \u001b[31mred\u001b[0m sign, and much more of plain text\ufffd',
    );
  });

  test('with a character across the end of the sniffed bytes is returned as text', async () => {
    write('cut.txt', `${'a'.repeat(8_190)}€`);
    expect(await callTool(read, { path: 'cut.txt' })).toEqual(`${'a'.repeat(8_190)}€`);
  });
});

describe('a file of 256 MiB', () => {
  const tall = (): void => {
    write('sparse.txt', 'start\n'.repeat(2_000));
    truncateSync(at('sparse.txt'), 2 ** 28);
  };

  test('is read in bounded memory, to its end', async () => {
    tall();
    const before = process.memoryUsage().rss;
    expect(await callTool(read, { path: 'sparse.txt', lines: 1 })).toEqual('start\n[more: continue with fromLine 2]');
    expect(await callTool(read, { path: 'sparse.txt', fromLine: 5_000 })).toEqual(
      'refused: sparse.txt ends before line 5000. Pass a smaller number.',
    );
    expect(await callTool(read, { path: 'sparse.txt', fromByte: 2 ** 27 })).toEqual(
      'sparse.txt is a binary file of 268435456 bytes, not shown.',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  test('is abandoned when the signal is aborted', async () => {
    tall();
    const controller = new AbortController();
    const input = { path: 'sparse.txt', fromLine: 1_000_000 };
    const reading = read.execute(input, createToolContext(controller.signal));
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

test.skipIf(process.platform !== 'linux')('closes every handle, whether the call succeeds or not', async () => {
  const open = (): number => readdirSync('/proc/self/fd').length;
  await callTool(read, { path: 'hello.txt' });
  const before = open();
  for (const path of ['hello.txt', 'image.bin', 'empty.txt', 'none.txt', '.']) await callTool(read, { path });
  await callTool(read, { path: 'hello.txt', fromLine: 99 });
  expect(open()).toEqual(before);
});
