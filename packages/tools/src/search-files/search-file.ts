import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { isBinary } from '../base/is-binary.ts';
import { alignEnd } from '../base/whole-characters.ts';

export interface SearchOptions {
  readonly matches: (line: string) => boolean;
  /** Number of lines before and after each match to include. */
  readonly context: number;
  /** Maximum matches. */
  readonly maxMatches: number;
  /** The line after which the search starts, counted from 1. */
  readonly afterLine: number;
  /** Maximum bytes to read. */
  readonly maxBytes: number;
  /** Whether the time for the whole search is over. */
  readonly isTimeOver: () => boolean;
  readonly signal: AbortSignal;
}

export interface FoundLine {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  readonly isMatch: boolean;
}

export interface FileMatches {
  readonly lines: readonly FoundLine[];
  readonly matchCount: number;
  /** Whether a limit was reached, so that there may be more matches. */
  readonly isCut: boolean;
  /** Whether the time was over before the end of the file. */
  readonly isTimeOver: boolean;
  readonly bytes: number;
}

const CHUNK_BYTES = 65_536;
const SNIFFED_BYTES = 8_192;
/** Longer lines are searched in pieces of this length. */
const MAX_LINE_LENGTH = 16_384;
/** The time after which the search yields to the event loop. */
const TURN_MS = 10;

/** Searches a file line by line, in bounded memory. `undefined` for a binary file. */
export async function searchFile(handle: FileHandle, options: SearchOptions): Promise<FileMatches | undefined> {
  const { maxBytes, signal } = options;
  const search = new LineSearch(options);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const decoder = new TextDecoder();
  let rest = '';
  let position = 0;
  while (!search.isDone && position < maxBytes) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK_BYTES, maxBytes - position), position);
    if (bytesRead === 0) break;
    const bytes = chunk.subarray(0, bytesRead);
    if (position === 0 ? isBinary(bytes.subarray(0, SNIFFED_BYTES)) : bytes.includes(0)) return undefined;
    position += bytesRead;
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    while (rest.length > MAX_LINE_LENGTH) {
      const end = alignEnd(rest, MAX_LINE_LENGTH);
      lines.push(rest.slice(0, end));
      rest = rest.slice(end);
    }
    await search.addLines(lines.flatMap(splitLine));
  }
  if (!search.isDone && rest !== '') await search.addLines([rest]);
  return {
    lines: search.lines,
    matchCount: search.matchCount,
    isCut: search.isDone || position >= maxBytes,
    isTimeOver: search.isTimeOver,
    bytes: position,
  };
}

function splitLine(line: string): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  while (line.length - from > MAX_LINE_LENGTH) {
    const to = alignEnd(line, from + MAX_LINE_LENGTH);
    pieces.push(line.slice(from, to));
    from = to;
  }
  return [...pieces, line.slice(from)];
}

class LineSearch {
  readonly lines: FoundLine[] = [];
  matchCount = 0;
  isTimeOver = false;
  #number = 0;
  #turnStartedAt = performance.now();
  /** The latest lines, as context of a coming match. */
  #linesBefore: FoundLine[] = [];
  #linesToAdd = 0;
  readonly #options: SearchOptions;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** Whether the search may stop: the lines after the last match are complete, too. */
  get isDone(): boolean {
    return this.isTimeOver || (this.matchCount >= this.#options.maxMatches && this.#linesToAdd === 0);
  }

  async addLines(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      if (this.isDone) return;
      this.#addLine(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (performance.now() - this.#turnStartedAt < TURN_MS) continue;
      await setImmediate();
      this.#options.signal.throwIfAborted();
      this.#turnStartedAt = performance.now();
      this.isTimeOver = this.#options.isTimeOver();
    }
  }

  #addLine(text: string): void {
    const { matches: matchCount, context, afterLine, maxMatches } = this.#options;
    const number = ++this.#number;
    const isMatch = this.matchCount < maxMatches && number > afterLine && matchCount(text);
    const found = { number, text, isMatch };
    if (isMatch) {
      this.matchCount++;
      this.lines.push(...this.#linesBefore, found);
      this.#linesBefore = [];
      this.#linesToAdd = context;
    } else if (this.#linesToAdd > 0) {
      this.#linesToAdd--;
      this.lines.push(found);
    } else if (context > 0) {
      this.#linesBefore = [...this.#linesBefore, found].slice(-context);
    }
  }
}
