import { createParser, type EventSourceParser, type ParseError } from 'eventsource-parser';
import { ProtocolError } from './errors.ts';

export interface ServerSentEvent {
  /** Absent if the event has no name. */
  readonly event?: string;
  readonly data: string;
  /** The stream ended inside the event, so its data can be incomplete. */
  readonly isOpen?: true;
}

export interface EventReaderOptions {
  /** The maximum number of characters of a line and of an event. @defaultValue 16 × 1024 × 1024 */
  readonly maxLength?: number;
}

/** Reads events from the bytes of a stream, which can be cut anywhere. Skips comments and empty events. The blank line after an event can be missing. */
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

  /** @throws ProtocolError `response.too_large`. Do not read any more after it. */
  read(bytes: Uint8Array): readonly ServerSentEvent[] {
    const text = this.#lines.push(this.#decoder.decode(bytes, { stream: true }));
    this.#parser.feed(this.#boundaries.push(text));
    return this.#takeEvents();
  }

  /** Returns the event in which the stream ended, if it has data. */
  end(): readonly ServerSentEvent[] {
    const text = this.#lines.push(this.#decoder.decode()) + this.#lines.end();
    // One line break ends the line, the other one the event.
    this.#parser.feed(`${this.#boundaries.push(text)}${this.#boundaries.end()}\n\n`);
    return this.#takeEvents().map((event) => ({ ...event, isOpen: true }));
  }

  #takeEvents(): readonly ServerSentEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** Ignores an unknown field. An event that is too long is an error. */
function checkParseError({ type }: ParseError, maxLength: number): void {
  if (type !== 'max-buffer-size-exceeded') return;
  const message = `The server sent an event of more than ${maxLength} characters. The response is not used. If you expect such events, raise responseLimits.maxEventLength.`;
  throw new ProtocolError(message, { code: 'response.too_large', retryable: false });
}

/**
 * Adds missing blank lines between events.
 *
 * By the specification, the data of events without a blank line between them is one text. But a line that ends a JSON value and a line
 * that begins one never form one JSON text, so an event ends between them. `[DONE]` ends its event immediately.
 */
class EventBoundaries {
  readonly #maxLength: number;
  /** The start of an incomplete line. */
  #partial = '';
  #hasCarriageReturn = false;
  /** Whether no line of an event has arrived since the last blank line. */
  #isBetweenEvents = true;
  /** Whether the event's data ends like a JSON value. */
  #hasValue = false;
  /** The line `event: …` of the event. */
  #name = '';
  /** Such a line after a JSON value, which can belong to the next event. */
  #nextName = '';

  /** @param maxLength - the maximum number of characters of a line that is held back */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Returns the text with blank lines added. Holds back an incomplete line. */
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
    // The line is too long for an event. The parser must see it to report the error.
    return this.#partial.length > this.#maxLength ? ready + this.end() : ready;
  }

  /** Returns the text that was held back, at the end of the stream. */
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

  /** An event without a name gets the name of the event before, because by the specification both are one event. */
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

/** Two line feeds, because the first can complete a CRLF. Parsers skip an event without data. */
const BOUNDARY = '\n\n';

/** Whether a text has only whole events with a blank line after each. A fast path for most servers. */
function isFramed(text: string): boolean {
  if (!text.endsWith('\n\n') || text.includes('\r')) return false;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at + 1) !== LINE_FEED && VALUE_ENDS.has(text.charCodeAt(at - 1))) return false;
  }
  return true;
}

const LINE_FEED = 0x0a;

/** Braces and brackets, and the blanks that can follow them. */
const VALUE_ENDS: ReadonlySet<number> = new Set([...'}] \t'].map((sign) => sign.charCodeAt(0)));

/**
 * Turns a line that begins with `error:` into an event named `error`.
 *
 * llama.cpp sent its errors in this form through 2025. A parser would drop the line, because event streams have no such field.
 */
class ErrorLines {
  #isLineStart = true;
  /** Text that can be the beginning of such a line. */
  #held = '';

  /** Returns the text for a parser. Holds back the possible beginning of such a line. */
  push(more: string): string {
    if (more === '') return '';
    // Fast path: whole lines without such a field.
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
