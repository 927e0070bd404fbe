import { Deadline } from '../base/deadline.ts';
import { parseJson } from '../base/json.ts';
import { ProtocolError } from '../chat/errors.ts';
import type { Delta } from '../chat/response.ts';
import {
  detectBodyForm,
  type FinishedResponse,
  ResponseReader,
  type ResponseReaderOptions,
  readEventData,
} from '../chat/response-reader.ts';
import { EventReader, type ServerSentEvent } from '../chat/server-sent-events.ts';
import type { ModelContext } from '../model/chat-model.ts';
import { ByteCount, type ResponseLimits } from './caps.ts';
import { type HttpResponse, TransportError } from './transport/transport.ts';

export interface ReadingOptions {
  readonly context: ModelContext;
  readonly caps: Required<ResponseLimits>;
  /** What the request says about how its response is read. */
  readonly asked: Omit<ResponseReaderOptions, 'maxCalls'>;
  /** Starts over with each piece; stands still while a reader is behind. */
  readonly deadline: Deadline;
  readonly idleMs: number;
  /** Told once, before anything is read. */
  readonly onFirst: (reader: BodyReader) => void;
  /** Closes the connection under a reply that goes on after its end. */
  readonly close: () => void;
}

/** Reads a reply as what it is, whatever was asked for: one JSON body, or a stream of events. */
export function parseExternalResult(reply: HttpResponse, options: ReadingOptions): Promise<FinishedResponse> {
  return new Promise((resolve, reject) => {
    let drain: Deadline | undefined;
    const body = new BodyReader(reply.header('content-type'), options, (finished) => {
      // The stream may come to its end behind the reply, so that the connection can be used again.
      drain = new Deadline(options.context.clock, LONGEST_DRAIN_MS, options.close);
      resolve(finished);
    });
    const ended = reply.read((bytes) => body.read(bytes)).then(() => body.end());
    ended.then(
      (finished) => {
        drain?.end();
        if (finished !== undefined) resolve(finished);
      },
      (error: unknown) => {
        drain?.end();
        const finished = error instanceof TransportError ? body.finishedBefore() : undefined;
        if (finished === undefined) reject(error);
        else resolve(finished);
      },
    );
  });
}

const LONGEST_DRAIN_MS = 1000;

/** Puts a reply together from the bytes of its body. */
export class BodyReader {
  readonly #options: ReadingOptions;
  readonly #contentType: string | undefined;
  readonly #count: ByteCount;
  readonly #reader: ResponseReader;
  /** Told the reply where its stream says that it is done, before it ends. */
  readonly #onDone: (reply: FinishedResponse) => void;
  readonly #decoder = new TextDecoder();
  #text = '';
  /** Of a stream. */
  #events: EventReader | undefined;
  #hasBegun = false;
  #isOver = false;

  constructor(contentType: string | undefined, options: ReadingOptions, onDone: (reply: FinishedResponse) => void) {
    const { caps, asked } = options;
    this.#options = options;
    this.#contentType = contentType;
    this.#count = new ByteCount(caps.maxBytes);
    this.#reader = new ResponseReader({ maxCalls: caps.maxToolCalls, ...asked });
    this.#onDone = onDone;
  }

  read(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    if (!this.#hasBegun) this.#begin(bytes);
    this.#options.deadline.restart(this.#options.idleMs);
    this.#count.add(bytes);
    if (this.#events !== undefined) return this.#readEvents(this.#events.read(bytes));
    this.#text += this.#decoder.decode(bytes, STREAM);
    return undefined;
  }

  /** The reply, once the body is over; nothing where it was told before. */
  async end(): Promise<FinishedResponse | undefined> {
    if (this.#isOver) return undefined;
    if (!this.#hasBegun) this.#begin(NOTHING);
    if (this.#events === undefined) return this.#endWhole();
    await this.#readEvents(this.#events.end());
    return this.#isOver ? undefined : this.#reader.finish('closed');
  }

  /** Reads nothing more. */
  stop(): void {
    this.#isOver = true;
  }

  /** What was complete before the connection broke, or was left open, is a reply. */
  finishedBefore(): FinishedResponse | undefined {
    if (this.#events === undefined) return undefined;
    try {
      return this.#reader.finish('closed');
    } catch {
      return undefined;
    }
  }

  #begin(bytes: Uint8Array): void {
    const { caps, onFirst } = this.#options;
    this.#hasBegun = true;
    if (detectBodyForm(bytes, this.#contentType) === 'events')
      this.#events = new EventReader({ maxLength: caps.maxEventLength });
    onFirst(this);
  }

  async #endWhole(): Promise<FinishedResponse> {
    const text = this.#text + this.#decoder.decode();
    const parsed = parseJson(text);
    if (!parsed.ok) {
      const problem = text.trim() === '' ? 'is empty' : `is not JSON: ${parsed.problem}`;
      throw new ProtocolError(`The server's reply ${problem}.`, { code: 'response.garbage', received: text });
    }
    const deltas = this.#reader.readBody(parsed.value);
    const finished = this.#reader.finish('whole'); // Before anything is told: what is no response has no pieces.
    const behind = this.#tell(deltas);
    if (behind !== undefined) await behind;
    return finished;
  }

  // Without a word from a reader there is nothing to wait for: thousands of pieces come in one go.
  #readEvents(events: readonly ServerSentEvent[], from = 0): Promise<void> | undefined {
    for (let at = from; at < events.length && !this.#isOver; at++) {
      const event = events[at];
      const behind = event && this.#readEvent(event);
      if (behind !== undefined) return behind.then(() => this.#readEvents(events, at + 1));
    }
    return undefined;
  }

  #readEvent(event: ServerSentEvent): Promise<void> | undefined {
    const said = readEventData(event);
    switch (said.type) {
      case 'done':
        this.#done();
        return undefined;
      case 'piece': {
        const behind = this.#tell(this.#reader.read(said.piece));
        if (this.#reader.isFiltered) this.#done();
        return behind;
      }
      case 'nothing':
        return undefined;
    }
  }

  #done(): void {
    this.#isOver = true;
    this.#onDone(this.#reader.finish('done'));
  }

  #tell(deltas: readonly Delta[], from = 0): Promise<void> | undefined {
    const { context } = this.#options;
    for (let at = from; at < deltas.length; at++) {
      const delta = deltas[at];
      const behind = delta && context.onDelta(delta);
      if (behind !== undefined) return this.#untilCaughtUp(behind, () => this.#tell(deltas, at + 1));
    }
    return undefined;
  }

  /** A reader who is behind stops the reading, and with it the socket. */
  async #untilCaughtUp(behind: Promise<void>, goOn: () => Promise<void> | undefined): Promise<void> {
    const { deadline } = this.#options;
    deadline.pause();
    await behind;
    if (this.#isOver) return;
    deadline.resume();
    await goOn();
  }
}

const STREAM = { stream: true } as const;
const NOTHING = new Uint8Array();
