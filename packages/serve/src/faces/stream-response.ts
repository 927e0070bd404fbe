import type { Clock } from '@pawl/core';
import { KEEP_ALIVE } from '../protocol/server-sent-events.ts';
import type { ReadEvent, RunReader } from '../runs/run-reader.ts';

export interface StreamOptions {
  readonly reader: RunReader;
  /** Aborts the reader. Called when the client has gone, or is too far behind. */
  readonly stop: () => void;
  /** Called once, when the stream is over. */
  readonly onClose: () => void;
  /** Returns the text of an event, `''` for none. */
  readonly encode: (read: ReadEvent) => string;
  /** Returns the text after the last event. @defaultValue nothing */
  readonly end?: () => string;
  /** Returns the text of an error: the host has failed. */
  readonly fail: (error: unknown) => string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent while nothing happens. @defaultValue a comment of server-sent events */
  readonly keepAlive?: string;
  readonly clock: Clock;
}

/** A client that is this far behind with live events is closed; its cursor tells it where to read on. */
const MAX_BEHIND_BYTES = 1 << 20;

/** Recorded events wait while this much is unsent. */
const HIGH_WATER_MARK_BYTES = 64 << 10;

/** How long recorded events wait for a client that reads nothing. */
const MAX_WAIT_MS = 30_000;

const KEEP_ALIVE_MS = 15_000;

/**
 * Streams the events of a run.
 *
 * Contract:
 * - A slow client never delays the run: recorded events wait for it, live events fill a buffer, and a client that is too far behind is closed.
 * - `onClose` is called once, however the stream ends. `stop` is called too if the client ends it.
 */
export function streamResponse(options: StreamOptions): Response {
  let pump: Pump | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        pump = new Pump(controller, options);
        void pump.run(); // Never rejects.
      },
      pull: () => pump?.resume(),
      cancel: () => pump?.stop(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_MARK_BYTES }),
  );
  return new Response(body, { headers: options.headers });
}

/** Moves events into a stream. */
class Pump {
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #options: StreamOptions;
  readonly #encoder = new TextEncoder();
  /** Text that is written with the next flush: one write for all events of a millisecond. */
  #pending = '';
  #isBatching = false;
  #isOpen = true;
  #wake: (() => void) | undefined;
  #stopTimer: () => void;
  #isIdle = true;

  constructor(controller: ReadableStreamDefaultController<Uint8Array>, options: StreamOptions) {
    this.#controller = controller;
    this.#options = options;
    this.#stopTimer = this.#scheduleKeepAlive();
  }

  async run(): Promise<void> {
    const { reader, encode, end, fail } = this.#options;
    try {
      for await (const read of reader) {
        if (this.#isOpen && this.#isStored(read)) await this.#waitForClient();
        this.#send(encode(read));
        if (!this.#isOpen) break;
      }
      if (end !== undefined) this.#send(end());
    } catch (error) {
      // A stream that just ends would look like a run that has ended.
      this.#send(fail(error));
    }
    this.#flush();
    if (this.#isOpen) this.#controller.close();
    this.#close();
  }

  /** Called when the client has read something. */
  resume(): void {
    this.#wake?.();
  }

  /** Called when the client has gone. */
  stop(): void {
    this.#options.stop();
    this.#close();
  }

  #isStored({ event, isReplay }: ReadEvent): boolean {
    return isReplay || event.position !== undefined;
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stopTimer();
    this.resume();
    this.#options.onClose();
  }

  #send(text: string): void {
    if (!this.#isOpen || text === '') return;
    this.#isIdle = false;
    this.#pending += text;
    if (this.#isBatching) return;
    // The first text leaves at once; those that follow in the same millisecond leave together.
    this.#flush();
    this.#isBatching = true;
    setTimeout(() => {
      this.#isBatching = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (!this.#isOpen || this.#pending === '') return;
    const behindBytes = HIGH_WATER_MARK_BYTES - (this.#controller.desiredSize ?? 0);
    const bytes = this.#encoder.encode(this.#pending);
    this.#pending = '';
    if (behindBytes > MAX_BEHIND_BYTES) this.#refuse();
    else this.#controller.enqueue(bytes);
  }

  #refuse(): void {
    this.#controller.error(new Error('The client reads too slowly.'));
    this.stop();
  }

  async #waitForClient(): Promise<void> {
    if (this.#pending.length > HIGH_WATER_MARK_BYTES) this.#flush();
    if ((this.#controller.desiredSize ?? 1) > 0) return;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wake = () => resolve(true);
    const stopTimer = this.#options.clock.after(MAX_WAIT_MS, () => resolve(false));
    const hasRead = await promise;
    stopTimer();
    this.#wake = undefined;
    if (!hasRead) this.#refuse();
  }

  #scheduleKeepAlive(): () => void {
    const { clock, keepAlive = KEEP_ALIVE } = this.#options;
    return clock.after(KEEP_ALIVE_MS, () => {
      // Nothing is added for a client that does not read.
      if (this.#isIdle && (this.#controller.desiredSize ?? 0) > 0) this.#send(keepAlive);
      this.#isIdle = true;
      if (this.#isOpen) this.#stopTimer = this.#scheduleKeepAlive();
    });
  }
}
