import { type Abortable, noop, onAbort, started } from './abort.ts';
import { Cancel } from './cancel.ts';
import type { Clock } from './clock.ts';

/** A span of time after which something is called, once. It can stand still, start over, and end early. */
export class Deadline {
  readonly #clock: Clock;
  readonly #expire: () => void;
  #ms: number;
  /** When it expires; infinite while it stands still. */
  #dueAt = Number.POSITIVE_INFINITY;
  #left: number;
  /** When the timer fires: it may be before the time is over, and is then set again, so that starting over sets none. */
  #firesAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #isOver = false;

  /** Runs from now on. `Infinity` never expires. */
  constructor(clock: Clock, ms: number, expire: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#left = ms;
    this.#expire = expire;
    this.resume();
  }

  /** Starts over with the whole span, or with another. */
  restart(ms: number = this.#ms): void {
    this.#ms = ms;
    this.#left = ms;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.resume();
  }

  /** Stands still: the time until `resume` does not count. */
  pause(): void {
    if (this.#dueAt === Number.POSITIVE_INFINITY) return;
    this.#left = this.#dueAt - this.#clock.now();
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#stop();
  }

  resume(): void {
    if (this.#isOver || this.#dueAt !== Number.POSITIVE_INFINITY || this.#left === Number.POSITIVE_INFINITY) return;
    const left = Math.max(0, this.#left);
    this.#dueAt = this.#clock.now() + left;
    if (this.#firesAt > this.#dueAt) this.#set(left);
  }

  /** Never expires after this, nor runs again. */
  end(): void {
    this.#isOver = true;
    this.#stop();
  }

  #set(ms: number): void {
    this.#stop();
    this.#firesAt = this.#dueAt;
    this.#cancel = this.#clock.after(ms, () => this.#fired());
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#firesAt = Number.POSITIVE_INFINITY;
  }

  #fired(): void {
    const isMoved = this.#dueAt !== this.#firesAt;
    this.#firesAt = Number.POSITIVE_INFINITY;
    // Never more than the span: a machine's time may be set back.
    const left = isMoved ? Math.min(this.#dueAt - this.#clock.now(), this.#ms) : 0;
    if (left > 0) {
      this.#set(left);
      return;
    }
    this.end();
    this.#expire();
  }
}

/** What work under a deadline is given. */
export interface Within extends Abortable {
  /** Aborted when the work is given up. Made when it is first asked for. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** Whether it has settled, or was given up. */
  readonly isOver: boolean;
}

export interface DeadlineOptions<T> {
  readonly clock: Clock;
  readonly signal: AbortSignal | Abortable;
  readonly timeoutMs: number;
  /** What to reject with when the time is over; the work's signal is aborted with the same error. */
  readonly timeoutError: () => Error;
  /** Told what the work gave, or threw, after it was given up. Never used otherwise. */
  readonly late?: (settled: PromiseSettledResult<T>) => void;
}

/**
 * Does `work` until it settles, its time is over, or the signal is aborted, whichever comes first.
 *
 * Returns at once in each case, also where the work ignores the signal that it is given.
 */
export function withDeadline<T>(work: (within: Within) => T | Promise<T>, options: DeadlineOptions<T>): Promise<T> {
  if (options.signal.aborted) return Promise.reject(options.signal.reason);
  return new Promise((resolve, reject) => {
    const timed = new Timed(options, reject);
    started(() => work(timed)).then(
      (value) => (timed.settle() ? resolve(value) : options.late?.({ status: 'fulfilled', value })),
      (reason: unknown) => (timed.settle() ? reject(reason) : options.late?.({ status: 'rejected', reason })),
    );
  });
}

/** Work under way. */
class Timed implements Within {
  readonly deadline: Deadline;
  readonly #cancel = new Cancel();
  readonly #reject: (reason: unknown) => void;
  readonly #leave: () => void;
  /** Who waits for its being given up. */
  #waiting: Set<() => void> | undefined;
  #isSettled = false;

  constructor({ clock, signal, timeoutMs, timeoutError }: DeadlineOptions<never>, reject: (reason: unknown) => void) {
    this.#reject = reject;
    this.deadline = new Deadline(clock, timeoutMs, () => this.#giveUp(timeoutError()));
    this.#leave = onAbort(signal, () => this.#giveUp(signal.reason));
  }

  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  get isOver(): boolean {
    return this.#isSettled;
  }

  get aborted(): boolean {
    return this.#cancel.isOver;
  }

  get reason(): unknown {
    return this.#cancel.reason;
  }

  onAbort(callback: () => void): () => void {
    if (this.aborted) {
      callback();
      return noop;
    }
    this.#waiting ??= new Set();
    this.#waiting.add(callback);
    return () => void this.#waiting?.delete(callback);
  }

  /** False where it was given up before. */
  settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.deadline.end();
    this.#leave();
    return true;
  }

  #giveUp(reason: unknown): void {
    if (!this.settle()) return;
    this.#reject(reason);
    this.#cancel.cancel(reason);
    for (const tell of this.#waiting ?? []) tell();
  }
}
