import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { PasteFilter } from './paste-filter.ts';

async function filter(pieces: readonly string[]): Promise<{ readonly keys: string; readonly restored: string }> {
  const source = new PassThrough();
  const paste = new PasteFilter(source);
  for (const piece of pieces) source.write(piece);
  source.end();
  const keys = await text(paste);
  return { keys, restored: paste.restore(keys) };
}

const PASTED = '\u001b[200~one\r\ntwo\rthree\u001b[201~';

test('a pasted text of several lines becomes a word, and the text again', async () => {
  expect(await filter([`Read ${PASTED}!`])).toEqual({
    keys: 'Read [pasted text 1: 3 lines]!',
    restored: 'Read one\ntwo\nthree!',
  });
});

test('markers may be split anywhere', async () => {
  for (let at = 0; at <= PASTED.length; at++) {
    if (at === 1) continue; // A single Escape is a key.
    expect((await filter([PASTED.slice(0, at), PASTED.slice(at)])).restored).toBe('one\ntwo\nthree');
  }
});

test('a pasted line is keys, and a very long one a word', async () => {
  expect((await filter(['\u001b[200~a\tb\u001b[201~'])).keys).toBe('a b');
  expect((await filter([`\u001b[200~${'x'.repeat(600)}\u001b[201~`])).keys).toBe('[pasted text 1: 600 characters]');
});

test('other keys pass: arrows, Escape, and characters of several bytes', async () => {
  expect((await filter(['\u001b[A', '\u001b', 'é👍'])).keys).toBe('\u001b[A\u001bé👍');
});
