import { sliceStart } from '../base/whole-characters.ts';
import type { FileMatches } from './search-file.ts';

/** Why there may be more matches than the result has. */
export type SearchStop = 'matches' | 'files' | 'time' | 'length';

/** Less than the maximum length of a result, with the notes. */
const MAX_LENGTH = 49_152;
const MAX_LINE_LENGTH = 500;

/** Collects matches for the model: grouped by file, one line each. */
export class SearchReport {
  matchCount = 0;
  /** Number of files that could not be read. */
  unreadCount = 0;
  readonly #stops = new Set<SearchStop>();
  readonly #groups: string[] = [];
  #length = 0;
  #cutCount = 0;
  #lastMatch = '';

  get isFull(): boolean {
    return this.#stops.size > 0 && !(this.#stops.size === 1 && this.#stops.has('files'));
  }

  stop(stop: SearchStop): void {
    this.#stops.add(stop);
  }

  /** Adds the matches of a file; `undefined` for a binary file, which is not reported. */
  add(displayPath: string, searched: FileMatches | undefined): void {
    if (searched === undefined) return;
    const lines: string[] = [];
    let previous = 0;
    const hasContext = searched.lines.some(({ isMatch }) => !isMatch);
    for (const { number, text: toText, isMatch } of searched.lines) {
      const line = `${escapeName(displayPath)}:${number}${isMatch ? ':' : '-'} ${shortenLine(toText)}`;
      if (this.#length + line.length > MAX_LENGTH) {
        this.stop('length');
        break;
      }
      if (hasContext && previous > 0 && number > previous + 1) lines.push('--');
      lines.push(line);
      this.#length += line.length + 1;
      previous = number;
      if (!isMatch) continue;
      this.matchCount++;
      this.#lastMatch = `${displayPath}:${number}`;
    }
    if (lines.length > 0) this.#groups.push(lines.join('\n'));
    if (searched.isTimeOver) this.stop('time');
    else if (searched.isCut && searched.matchCount === 0) this.#cutCount++;
  }

  toText(pattern: string): string {
    const notes = [...this.#stops].map((stop) => this.#note(stop));
    if (this.#cutCount > 0) notes.push(`[${this.#cutCount} large files were searched only in part]`);
    if (this.unreadCount > 0)
      notes.push(`[${this.unreadCount} ${this.unreadCount === 1 ? 'file' : 'files'} could not be read]`);
    const found = this.#groups.length === 0 ? [`No line matches ${JSON.stringify(pattern)}.`] : this.#groups;
    return [...found, ...notes].join('\n');
  }

  #note(stop: SearchStop): string {
    const more =
      this.#lastMatch === ''
        ? 'search a folder, or pass a glob'
        : `continue with after: ${JSON.stringify(this.#lastMatch)}`;
    switch (stop) {
      case 'matches':
        return `[there may be more matches: ${more}]`;
      case 'length':
        return `[more matches are omitted: ${more}]`;
      case 'files':
        return '[there are too many files to search all: search a folder, or pass a glob]';
      case 'time':
        return `[time ran out before all files were searched: ${more}]`;
    }
  }
}

/** Quotes a name with a line break, so that it does not look like two results. */
function escapeName(displayPath: string): string {
  return /[\p{Cc}\p{Zl}\p{Zp}]/u.test(displayPath) ? JSON.stringify(displayPath) : displayPath;
}

function shortenLine(text: string): string {
  if (text.length <= MAX_LINE_LENGTH) return text;
  const start = sliceStart(text, MAX_LINE_LENGTH);
  return `${start} [… ${text.length - start.length} more characters]`;
}
