import type { Clock } from './clock.ts';

/** A span of time after which something is called, once. It can stand still, start over, and end early. */
export class Deadline {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #expire: () => void;
  #left: number;
  #since = 0;
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

  /** Starts over with the whole span. */
  restart(): void {
    this.#stop();
    this.#left = this.#ms;
    this.resume();
  }

  /** Stands still: the time until `resume` does not count. */
  pause(): void {
    if (this.#cancel === undefined) return;
    this.#stop();
    this.#left -= this.#clock.now() - this.#since;
  }

  resume(): void {
    if (this.#isOver || this.#cancel !== undefined || this.#left === Number.POSITIVE_INFINITY) return;
    this.#since = this.#clock.now();
    this.#cancel = this.#clock.after(Math.max(0, this.#left), () => {
      this.end();
      this.#expire();
    });
  }

  /** Never expires after this, nor runs again. */
  end(): void {
    this.#isOver = true;
    this.#stop();
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

export interface DeadlineOptions<T> {
  readonly clock: Clock;
  readonly signal: AbortSignal;
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
export function withDeadline<T>(
  work: (signal: AbortSignal, deadline: Deadline) => T | Promise<T>,
  { clock, signal, timeoutMs, timeoutError, late }: DeadlineOptions<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const controller = new AbortController();
    let settled = false;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      deadline.end();
      signal.removeEventListener('abort', onAbort);
      return true;
    };
    const giveUp = (reason: unknown): void => {
      if (!settle()) return;
      reject(reason);
      controller.abort(reason);
    };
    const onAbort = (): void => giveUp(signal.reason);
    const deadline = new Deadline(clock, timeoutMs, () => giveUp(timeoutError()));
    signal.addEventListener('abort', onAbort, { once: true });
    // In an async function, so that a throw is a rejection as well.
    void (async () => work(controller.signal, deadline))().then(
      (value) => (settle() ? resolve(value) : late?.({ status: 'fulfilled', value })),
      (reason: unknown) => (settle() ? reject(reason) : late?.({ status: 'rejected', reason })),
    );
  });
}
