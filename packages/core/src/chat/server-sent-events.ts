import { createParser, type EventSourceParser, type ParseError } from 'eventsource-parser';
import { ProtocolError } from './errors.ts';

export interface ServerSentEvent {
  /** Absent if the server gave no name. */
  readonly event?: string;
  readonly data: string;
  /** The stream ended inside it, so it may lack its end. */
  readonly isOpen?: true;
}

export interface EventReaderOptions {
  /** Characters that one line, or the lines of one event, may have. @defaultValue 16 × 1024 × 1024 */
  readonly maxLength?: number;
}

/** Reads the bytes of an event stream, cut anywhere, as events. Comments and empty events are left out; an event may lack the blank line behind it. */
export class EventReader {
  readonly #decoder = new TextDecoder();
  readonly #lines = new ErrorLines();
  readonly #boundaries: EventBoundaries;
  readonly #parser: EventSourceParser;
  #events: ServerSentEvent[] = [];

  constructor({ maxLength = 16 * 1024 * 1024 }: EventReaderOptions = {}) {
    this.#boundaries = new EventBoundaries(maxLength);
    this.#parser = createParser({
      maxBufferSize: maxLength,
      onEvent: ({ event, data }) => this.#events.push(event === undefined ? { data } : { event, data }),
      onError: (error) => checkParseError(error, maxLength),
    });
  }

  /** @throws ProtocolError `response.too_large`; nothing can be read after it. */
  read(bytes: Uint8Array): readonly ServerSentEvent[] {
    const text = this.#lines.push(this.#decoder.decode(bytes, { stream: true }));
    this.#parser.feed(this.#boundaries.push(text));
    return this.#takeEvents();
  }

  /** The event that the stream ended in, where it has data. */
  end(): readonly ServerSentEvent[] {
    const text = this.#lines.push(this.#decoder.decode()) + this.#lines.end();
    // The line ends, and then the event.
    this.#parser.feed(`${this.#boundaries.push(text)}${this.#boundaries.end()}\n\n`);
    return this.#takeEvents().map((event) => ({ ...event, isOpen: true }));
  }

  #takeEvents(): readonly ServerSentEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** An unknown field is ignored; an event without end is an error. */
function checkParseError({ type }: ParseError, maxLength: number): void {
  if (type !== 'max-buffer-size-exceeded') return;
  const message = `The server sent an event of more than ${maxLength} characters. The response is not used. If you expect such events, raise responseLimits.maxEventLength.`;
  throw new ProtocolError(message, { code: 'response.too_large', retryable: false });
}

/**
 * Adds the blank lines that a server leaves out between its events.
 *
 * By the rules of event streams the data of such events is one text. But a line that ends a JSON value, followed by one
 * that begins another, is never one JSON text: an event ends there. `[DONE]` ends its event at once.
 */
class EventBoundaries {
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

/**
 * Turns lines that begin with `error:` into an event of that name.
 *
 * llama.cpp sent its errors so through 2025. Event streams have no such field, so a parser drops the line.
 */
class ErrorLines {
  #isLineStart = true;
  /** What may be the beginning of such a line. */
  #held = '';

  /** The text as a parser understands it; what it may yet turn out to be is held back until more comes. */
  push(more: string): string {
    if (more === '') return '';
    // Whole lines, and none of that name: what nearly every server sends.
    if (this.#held === '' && more.endsWith('\n') && !more.includes(FIELD)) {
      this.#isLineStart = true;
      return more;
    }
    const text = this.#held + more;
    const lineStart = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
    const tail = lineStart > 0 || this.#isLineStart ? text.slice(lineStart) : FIELD;
    this.#held = FIELD.startsWith(tail) && tail !== FIELD ? tail : '';
    const ready = text.slice(0, text.length - this.#held.length);
    const named = this.#isLineStart && ready.startsWith(FIELD) ? EVENT + ready.slice(FIELD.length) : ready;
    if (ready !== '') this.#isLineStart = ready.endsWith('\n') || ready.endsWith('\r');
    return named.includes(FIELD) ? named.replace(/([\r\n])error:/g, `$1${EVENT}`) : named;
  }

  end(): string {
    return this.#held;
  }
}

const FIELD = 'error:';
const EVENT = 'event: error\ndata:';
