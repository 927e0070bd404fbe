import { Deadline } from '../base/deadline.ts';
import { parseJson } from '../base/json.ts';
import { ProtocolError } from '../chat/errors.ts';
import type { Delta } from '../chat/response.ts';
import { detectBodyForm, type FinishedResponse, type PieceReader, readEventData } from '../chat/response-reader.ts';
import { EventReader, type ServerSentEvent } from '../chat/server-sent-events.ts';
import type { ModelContext } from '../model/chat-model.ts';
import { ByteCounter, type ResponseLimits } from './response-limits.ts';
import { type HttpResponse, TransportError } from './transport/transport.ts';

export interface ReadResponseOptions {
  readonly context: ModelContext;
  readonly limits: Required<ResponseLimits>;
  readonly reader: PieceReader;
  /** Restarted with each chunk, and paused while a reader is behind. */
  readonly deadline: Deadline;
  readonly idleMs: number;
  /** Called once, with the first bytes of the body. */
  readonly onStart: (reader: BodyReader) => void;
  /** Closes the connection of a stream that continues after the end of the response. */
  readonly close: () => void;
}

/** Reads a response as one JSON body or as a stream of events: its first bytes decide, not the request. */
export function readResponse(response: HttpResponse, options: ReadResponseOptions): Promise<FinishedResponse> {
  return new Promise((resolve, reject) => {
    let drainDeadline: Deadline | undefined;
    const body = new BodyReader(response.getHeader('content-type'), options, (finished) => {
      // The connection can be reused only if the stream ends soon after the response.
      drainDeadline = new Deadline(options.context.clock, MAX_DRAIN_MS, options.close);
      resolve(finished);
    });
    const ended = response.read((bytes) => body.read(bytes)).then(() => body.end());
    ended.then(
      (finished) => {
        drainDeadline?.end();
        if (finished !== undefined) resolve(finished);
      },
      (error: unknown) => {
        drainDeadline?.end();
        const finished = error instanceof TransportError ? body.finishEarly() : undefined;
        if (finished === undefined) reject(error);
        else resolve(finished);
      },
    );
  });
}

const MAX_DRAIN_MS = 1000;

/** Builds a response from the bytes of its body. */
export class BodyReader {
  readonly #options: ReadResponseOptions;
  readonly #contentType: string | undefined;
  readonly #counter: ByteCounter;
  readonly #reader: PieceReader;
  /** Called with the response if the stream signals its end before the connection ends. */
  readonly #onDone: (response: FinishedResponse) => void;
  readonly #decoder = new TextDecoder();
  #text = '';
  /** Set if the body is a stream. */
  #events: EventReader | undefined;
  #hasBegun = false;
  #isEnded = false;

  constructor(
    contentType: string | undefined,
    options: ReadResponseOptions,
    onDone: (response: FinishedResponse) => void,
  ) {
    const { limits, reader } = options;
    this.#options = options;
    this.#contentType = contentType;
    this.#counter = new ByteCounter(limits.maxBytes);
    this.#reader = reader;
    this.#onDone = onDone;
  }

  read(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#isEnded) return undefined;
    if (!this.#hasBegun) this.#begin(bytes);
    this.#options.deadline.restart(this.#options.idleMs);
    this.#counter.add(bytes);
    if (this.#events !== undefined) return this.#readEvents(this.#events.read(bytes));
    this.#text += this.#decoder.decode(bytes, STREAM);
    return undefined;
  }

  /** Ends the body. Returns the response, unless `onDone` already got it. */
  async end(): Promise<FinishedResponse | undefined> {
    if (this.#isEnded) return undefined;
    if (!this.#hasBegun) this.#begin(NO_BYTES);
    if (this.#events === undefined) return this.#endWhole();
    await this.#readEvents(this.#events.end());
    return this.#isEnded ? undefined : this.#reader.finish('closed');
  }

  /** Ignores further bytes. */
  stop(): void {
    this.#isEnded = true;
  }

  /** Returns the response of a stream if it was complete when the connection broke or stalled. */
  finishEarly(): FinishedResponse | undefined {
    if (this.#events === undefined) return undefined;
    try {
      return this.#reader.finish('closed');
    } catch {
      return undefined;
    }
  }

  #begin(bytes: Uint8Array): void {
    const { limits, onStart } = this.#options;
    this.#hasBegun = true;
    if (detectBodyForm(bytes, this.#contentType) === 'events')
      this.#events = new EventReader({ maxLength: limits.maxEventLength });
    onStart(this);
  }

  async #endWhole(): Promise<FinishedResponse> {
    const text = this.#text + this.#decoder.decode();
    const parsed = parseJson(text);
    if (!parsed.ok) {
      const problem = text.trim() === '' ? 'is empty' : `is not JSON: ${parsed.problem}`;
      throw new ProtocolError(`The server's response ${problem}.`, { code: 'response.garbage', received: text });
    }
    const deltas = this.#reader.readBody(parsed.value);
    const finished = this.#reader.finish('whole'); // Before `#emit`: an invalid response must emit no deltas.
    const wait = this.#emit(deltas);
    if (wait !== undefined) await wait;
    return finished;
  }

  /** Not `async`: an `await` per event would slow down bodies with thousands of events in one chunk. */
  #readEvents(events: readonly ServerSentEvent[], from = 0): Promise<void> | undefined {
    for (let at = from; at < events.length && !this.#isEnded; at++) {
      const event = events[at];
      const wait = event && this.#readEvent(event);
      if (wait !== undefined) return wait.then(() => this.#readEvents(events, at + 1));
    }
    return undefined;
  }

  #readEvent(event: ServerSentEvent): Promise<void> | undefined {
    const content = readEventData(event);
    switch (content.type) {
      case 'done':
        this.#finish();
        return undefined;
      case 'piece': {
        const wait = this.#emit(this.#reader.read(content.piece));
        if (this.#reader.isComplete) this.#finish();
        return wait;
      }
      case 'nothing':
        return undefined;
    }
  }

  #finish(): void {
    this.#isEnded = true;
    this.#onDone(this.#reader.finish('done'));
  }

  #emit(deltas: readonly Delta[], from = 0): Promise<void> | undefined {
    const { context } = this.#options;
    for (let at = from; at < deltas.length; at++) {
      const delta = deltas[at];
      const wait = delta && context.onDelta(delta);
      if (wait !== undefined) return this.#waitForReader(wait, () => this.#emit(deltas, at + 1));
    }
    return undefined;
  }

  /** The transport pauses the socket while this promise is pending. */
  async #waitForReader(wait: Promise<void>, readOn: () => Promise<void> | undefined): Promise<void> {
    const { deadline } = this.#options;
    deadline.pause();
    await wait;
    if (this.#isEnded) return;
    deadline.resume();
    await readOn();
  }
}

const STREAM = { stream: true } as const;
const NO_BYTES = new Uint8Array();
