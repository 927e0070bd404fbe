/**
 * Adds the blank lines that a server leaves out between its events.
 *
 * By the rules of event streams the data of such events is one text. But a line that ends a JSON value, followed by one
 * that begins another, is never one JSON text: an event ends there. `[DONE]` ends its event at once.
 */
export class EventBoundaries {
  readonly #maxLength: number;
  /** A line whose end has not come. */
  #partial = '';
  #hasCarriageReturn = false;
  /** Whether no line of an event has come since the last blank one. */
  #isBetweenEvents = true;
  /** Whether the event's data ends like a JSON value. */
  #hasValue = false;
  /** The event's line `event: …`. */
  #name = '';
  /** Such a line behind a JSON value: it may be the next event's. */
  #nextName = '';

  /** @param maxLength - characters of a line that are held back at most */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** The text with those lines. A line is held back until it is complete. */
  push(text: string): string {
    if (text === '' || (this.#partial === '' && this.#isBetweenEvents && isFramed(text))) return text;
    const isSplitEnd = this.#hasCarriageReturn && text.startsWith('\n');
    let ready = isSplitEnd ? '\n' : '';
    let start = ready.length;
    this.#hasCarriageReturn = text.endsWith('\r');
    for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) {
      if (index < start) continue;
      ready += this.#readLine(this.#partial + text.slice(start, index), end);
      this.#partial = '';
      start = index + end.length;
    }
    this.#partial += text.slice(start);
    // Longer than any event may be: the parser has to see it.
    return this.#partial.length > this.#maxLength ? ready + this.end() : ready;
  }

  /** What was held back, once no more comes. */
  end(): string {
    const partial = this.#partial;
    this.#partial = '';
    return (partial === '' ? '' : this.#readLine(partial, '')) + this.#takeNextName();
  }

  #readLine(line: string, end: string): string {
    if (line === '') return this.#endEvent(end);
    this.#isBetweenEvents = false;
    if (line.startsWith('data:')) return this.#readData(line.slice('data:'.length).trim(), line + end);
    if (!line.startsWith('event:')) return line + end;
    if (this.#hasValue) this.#nextName = line + end;
    else this.#name = line + end;
    return this.#hasValue ? '' : line + end;
  }

  #readData(data: string, line: string): string {
    if (data === '') return this.#takeNextName() + line;
    const isNext = this.#hasValue && /^[{[]/.test(data);
    const before = isNext ? this.#beginNext() : this.#takeNextName();
    if (data === DONE) return before + line + this.#endEvent(BOUNDARY);
    this.#hasValue = data.endsWith('}') || data.endsWith(']');
    return before + line;
  }

  /** An event without a name of its own has that of the one before: by the rules they are one. */
  #beginNext(): string {
    const name = this.#takeNextName() || this.#name;
    this.#name = name;
    return BOUNDARY + name;
  }

  #endEvent(end: string): string {
    const name = this.#takeNextName();
    this.#isBetweenEvents = true;
    this.#hasValue = false;
    this.#name = '';
    return name + end;
  }

  #takeNextName(): string {
    const name = this.#nextName;
    this.#nextName = '';
    return name;
  }
}

const DONE = '[DONE]';

/** Two, as the first may complete a CRLF. An event without data is none. */
const BOUNDARY = '\n\n';

/** Whole events with a blank line behind each: what nearly every server sends. */
function isFramed(text: string): boolean {
  if (!text.endsWith('\n\n') || text.includes('\r')) return false;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at + 1) !== LINE_FEED && VALUE_ENDS.has(text.charCodeAt(at - 1))) return false;
  }
  return true;
}

const LINE_FEED = 0x0a;

/** Braces and brackets, and the blanks that may stand behind them. */
const VALUE_ENDS: ReadonlySet<number> = new Set([...'}] \t'].map((sign) => sign.charCodeAt(0)));
