import type { FileHandle } from 'node:fs/promises';

export interface Window {
  /** The first line to give, counted from 1. */
  readonly from: number;
  readonly maxLines: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface Lines {
  readonly text: string;
  readonly count: number;
  /** The line to go on with; `undefined` at the end of the file. */
  readonly next: number | undefined;
  /** Whether the last line given was cut, since it alone is longer than the cap. */
  readonly isCut: boolean;
  readonly isBinary: boolean;
}

const CHUNK_BYTES = 65_536;
const LF = 10;

/** Reads some lines of a file in bounded memory, however large it is and however long its lines are. */
export async function readLines(handle: FileHandle, { from, maxLines, maxBytes, signal }: Window): Promise<Lines> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let line = 1;
  let isCut = false;
  let isFull = false;
  for (let isFirst = true; !isFull; isFirst = false) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) break;
    const bytes = chunk.subarray(0, bytesRead);
    if (isFirst && bytes.includes(0)) return { text: '', count: 0, next: undefined, isCut: false, isBinary: true };
    const start = startOf(bytes, { line, from });
    line = start.line;
    if (line < from) continue;
    const room = takeable(bytes.subarray(start.at), { lines: from + maxLines - line, bytes: maxBytes - keptBytes });
    kept.push(bytes.slice(start.at, start.at + room.length));
    keptBytes += room.length;
    line += room.lines;
    isFull = room.isFull;
    isCut = room.isCut;
  }
  const text = new TextDecoder().decode(joined(kept, keptBytes));
  const whole = isCut || text === '' || text.endsWith('\n') ? text : `${text}`;
  return {
    text: whole.replace(/\n$/, ''),
    count: text === '' ? 0 : text.replace(/\n$/, '').split('\n').length,
    next: isFull ? line : undefined,
    isCut,
    isBinary: false,
  };
}

/** Where in the bytes the first wanted line begins. */
function startOf(
  bytes: Uint8Array,
  { line, from }: { readonly line: number; readonly from: number },
): { readonly at: number; readonly line: number } {
  let at = 0;
  let reached = line;
  while (reached < from) {
    const end = bytes.indexOf(LF, at);
    if (end === -1) return { at: bytes.length, line: reached };
    at = end + 1;
    reached++;
  }
  return { at, line: reached };
}

interface Taken {
  readonly length: number;
  readonly lines: number;
  readonly isFull: boolean;
  readonly isCut: boolean;
}

/** How much of the bytes still fits: whole lines, unless one alone is too long. */
function takeable(bytes: Uint8Array, room: { readonly lines: number; readonly bytes: number }): Taken {
  let length = 0;
  let lines = 0;
  while (length < bytes.length) {
    if (lines >= room.lines) return { length, lines, isFull: true, isCut: false };
    const end = bytes.indexOf(LF, length);
    const next = end === -1 ? bytes.length : end + 1;
    if (next > room.bytes)
      return { length: Math.max(length, room.bytes), lines, isFull: true, isCut: room.bytes > length };
    length = next;
    if (end !== -1) lines++;
  }
  return { length, lines, isFull: false, isCut: false };
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
