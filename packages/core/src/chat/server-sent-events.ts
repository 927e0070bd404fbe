import { createParser, type EventSourceParser, type ParseError } from 'eventsource-parser';
import { ErrorLines } from './error-lines.ts';
import { ProtocolError } from './errors.ts';
import { EventBoundaries } from './event-boundaries.ts';

export interface ServerSentEvent {
  /** Absent where the server gave no name. */
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
      onError: (error) => stopAt(error, maxLength),
    });
  }

  /** @throws ProtocolError `reply.too_large`; nothing can be read after it. */
  read(bytes: Uint8Array): readonly ServerSentEvent[] {
    const text = this.#lines.push(this.#decoder.decode(bytes, { stream: true }));
    this.#parser.feed(this.#boundaries.push(text));
    return this.#taken();
  }

  /** The event that the stream ended in, where it has data. */
  end(): readonly ServerSentEvent[] {
    const text = this.#lines.push(this.#decoder.decode()) + this.#lines.end();
    // The line ends, and then the event.
    this.#parser.feed(`${this.#boundaries.push(text)}${this.#boundaries.end()}\n\n`);
    return this.#taken().map((event) => ({ ...event, isOpen: true }));
  }

  #taken(): readonly ServerSentEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}

/** Fields that nobody knows are to be overlooked; a buffer without end is not. */
function stopAt({ type }: ParseError, maxLength: number): void {
  if (type !== 'max-buffer-size-exceeded') return;
  const message = `The server sent an event of more than ${maxLength} characters. Nothing of such a reply is used. If it is meant, raise caps.eventLength.`;
  throw new ProtocolError(message, { code: 'reply.too_large', retryable: false });
}
