import type { FileHandle } from 'node:fs/promises';
import { isBinary } from '../base/is-binary.ts';

/** The start of a page: a line, counted from 1, or a byte, counted from 0. */
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
      /** The start of the next page; `undefined` at the end of the file. */
      readonly next: PageStart | undefined;
    }
  | { readonly type: 'past-end' }
  | { readonly type: 'binary' };

const SNIFFED_BYTES = 8_192;

/** Reads a page of lines. The memory is bounded for files of any size and lines of any length. */
export async function readPage(handle: FileHandle, { start, maxLines, maxBytes, signal }: PageOptions): Promise<Page> {
  if (isBinary(await readAt(handle, { position: 0, length: SNIFFED_BYTES, signal }))) return { type: 'binary' };
  const position = await findPosition(handle, { start, signal });
  if (position === undefined) return { type: 'past-end' };
  // One byte more than the page, to detect the end of the file.
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

/** Finds the byte position of a start; `undefined` if the file ends before it. */
async function findPosition(
  handle: FileHandle,
  { start, signal }: { readonly start: PageStart; readonly signal: AbortSignal },
): Promise<number | undefined> {
  if (start.type === 'byte') return start.byte;
  // A Buffer finds a byte several times faster than a Uint8Array.
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
  /** Bytes, with the line ends. */
  readonly length: number;
  readonly lines: number;
}

/** Measures the leading whole lines, at most `maxLines`. */
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

/** Measures the whole lines that fit. A single line that is too long is cut, and counts as 0 lines. */
function cut(
  bytes: Uint8Array,
  { maxLines, maxBytes }: { readonly maxLines: number; readonly maxBytes: number },
): LineSpan {
  const whole = measureLines(bytes.subarray(0, maxBytes), maxLines);
  if (whole.lines === maxLines) return whole;
  if (bytes.length <= maxBytes) return { length: bytes.length, lines: whole.lines };
  return whole.lines === 0 ? { length: findCharacterEnd(bytes, maxBytes), lines: 0 } : whole;
}

/** Finds the last position up to `length` that is not inside a UTF-8 character. */
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
