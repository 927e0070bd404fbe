import type { FileHandle } from 'node:fs/promises';
import { isBinary } from '../base/is-binary.ts';

/** Where a page begins: at a line, counted from 1, or at a byte, counted from 0. */
export type PageStart =
  | { readonly type: 'line'; readonly line: number }
  | { readonly type: 'byte'; readonly byte: number };

export interface PageOptions {
  readonly start: PageStart;
  readonly maxLines: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export type Page =
  | {
      readonly type: 'text';
      readonly text: string;
      /** Where to go on; `undefined` at the end of the file. */
      readonly next: PageStart | undefined;
    }
  | { readonly type: 'past-end' }
  | { readonly type: 'binary' };

const SNIFFED_BYTES = 8_192;

/** Reads some lines of a file in bounded memory, however large it is and however long its lines are. */
export async function readPage(handle: FileHandle, { start, maxLines, maxBytes, signal }: PageOptions): Promise<Page> {
  if (isBinary(await readAt(handle, { position: 0, length: SNIFFED_BYTES, signal }))) return { type: 'binary' };
  const position = await findPosition(handle, { start, signal });
  if (position === undefined) return { type: 'past-end' };
  // One byte more, to see whether there is more.
  const bytes = await readAt(handle, { position, length: maxBytes + 1, signal });
  if (bytes.length === 0) return { type: 'past-end' };
  const { length, lines } = cut(bytes, { maxLines, maxBytes });
  const page = bytes.subarray(0, length);
  if (page.includes(0)) return { type: 'binary' };
  return {
    type: 'text',
    text: new TextDecoder().decode(page).replace(/\n$/, ''),
    next: length === bytes.length ? undefined : findNext(start, { lines, byte: position + length }),
  };
}

interface ByteRange {
  readonly position: number;
  readonly length: number;
  readonly signal: AbortSignal;
}

async function readAt(handle: FileHandle, { position, length, signal }: ByteRange): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

const CHUNK_BYTES = 262_144;
const LF = 10;

/** `undefined` where the file ends before. */
async function findPosition(
  handle: FileHandle,
  { start, signal }: { readonly start: PageStart; readonly signal: AbortSignal },
): Promise<number | undefined> {
  if (start.type === 'byte') return start.byte;
  // A Buffer looks for a byte several times as fast as a Uint8Array.
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let position = 0;
  for (let line = 1; line < start.line; ) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return undefined;
    const { length, lines } = measureLines(chunk.subarray(0, bytesRead), start.line - line);
    line += lines;
    position += line === start.line ? length : bytesRead;
  }
  return position;
}

interface LineSpan {
  /** In bytes, their ends included. */
  readonly length: number;
  readonly lines: number;
}

/** The first whole lines, so many at the most. */
function measureLines(bytes: Uint8Array, maxLines: number): LineSpan {
  let length = 0;
  let lines = 0;
  while (lines < maxLines) {
    const end = bytes.indexOf(LF, length);
    if (end === -1) break;
    length = end + 1;
    lines++;
  }
  return { length, lines };
}

/** As many whole lines as fit; of a line that alone is too long, as much as fits (0 lines). */
function cut(
  bytes: Uint8Array,
  { maxLines, maxBytes }: { readonly maxLines: number; readonly maxBytes: number },
): LineSpan {
  const whole = measureLines(bytes.subarray(0, maxBytes), maxLines);
  if (whole.lines === maxLines) return whole;
  if (bytes.length <= maxBytes) return { length: bytes.length, lines: whole.lines };
  return whole.lines === 0 ? { length: findCharacterEnd(bytes, maxBytes), lines: 0 } : whole;
}

/** The last place up to `length` that is not within a character of UTF-8. */
function findCharacterEnd(bytes: Uint8Array, length: number): number {
  for (let end = length; end > 0 && end > length - 4; end--) {
    if (((bytes[end] ?? 0) & 0xc0) !== 0x80) return end;
  }
  return length;
}

function findNext(start: PageStart, { lines, byte }: { readonly lines: number; readonly byte: number }): PageStart {
  if (start.type === 'byte' || lines === 0) return { type: 'byte', byte };
  return { type: 'line', line: start.line + lines };
}
