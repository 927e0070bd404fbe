import { Cancellation, type CancellationSource, isCancelled } from './cancellation.ts';
import type { Clock } from './clock.ts';

/** Calls back once after a span of time. It can be paused, restarted and ended early. */
export class Deadline {
  readonly #clock: Clock;
  readonly #onExpire: () => void;
  #ms: number;
  /** When it expires; infinite while it is paused. */
  #dueAt = Number.POSITIVE_INFINITY;
  #remainingMs: number;
  /** When the timer fires. It can fire before the deadline and is then set again, so that a restart needs no new timer. */
  #firesAt = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #isOver = false;

  /** Starts immediately. `Infinity` never expires. */
  constructor(clock: Clock, ms: number, expire: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#remainingMs = ms;
    this.#onExpire = expire;
    this.resume();
  }

  /** Starts again with the whole span, or with another one. */
  restart(ms: number = this.#ms): void {
    this.#ms = ms;
    this.#remainingMs = ms;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.resume();
  }

  /** The time until `resume` does not count. */
  pause(): void {
    if (this.#dueAt === Number.POSITIVE_INFINITY) return;
    this.#remainingMs = this.#dueAt - this.#clock.now();
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#clearTimer();
  }

  resume(): void {
    if (this.#isOver || this.#dueAt !== Number.POSITIVE_INFINITY || this.#remainingMs === Number.POSITIVE_INFINITY)
      return;
    const left = Math.max(0, this.#remainingMs);
    this.#dueAt = this.#clock.now() + left;
    if (this.#firesAt > this.#dueAt) this.#setTimer(left);
  }

  /** The deadline never expires after this call and cannot be resumed. */
  end(): void {
    this.#isOver = true;
    this.#clearTimer();
  }

  #setTimer(ms: number): void {
    this.#clearTimer();
    this.#firesAt = this.#dueAt;
    this.#cancelTimer = this.#clock.after(ms, () => this.#handleTimer());
  }

  #clearTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#firesAt = Number.POSITIVE_INFINITY;
  }

  #handleTimer(): void {
    const isMoved = this.#dueAt !== this.#firesAt;
    this.#firesAt = Number.POSITIVE_INFINITY;
    // Never more than the span, because the time of a machine can be set back.
    const left = isMoved ? Math.min(this.#dueAt - this.#clock.now(), this.#ms) : 0;
    if (left > 0) {
      this.#setTimer(left);
      return;
    }
    this.end();
    this.#onExpire();
  }
}

export interface DeadlineOptions<T> {
  readonly clock: Clock;
  readonly signal: CancellationSource;
  readonly timeoutMs: number;
  /** Makes the error to reject with when the time is over. The work is cancelled with the same error. */
  readonly timeoutError: () => Error;
  /** Called with the result of work that settles after the deadline or a cancellation. */
  readonly onLateResult?: (settled: PromiseSettledResult<T>) => void;
}

/**
 * Runs `work` until it settles, its time is over, or the signal is aborted, whichever comes first.
 *
 * Settles immediately in each case, even if the work ignores its cancellation.
 */
export function withDeadline<T>(work: (timed: TimedWork) => T | Promise<T>, options: DeadlineOptions<T>): Promise<T> {
  const { signal, onLateResult: late } = options;
  if (isCancelled(signal)) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timed = new TimedWork(options, reject);
    let done: Promise<T>;
    try {
      done = Promise.resolve(work(timed));
    } catch (error) {
      done = Promise.reject(error);
    }
    done.then(
      (value) => (timed.settle() ? resolve(value) : late?.({ status: 'fulfilled', value })),
      (reason: unknown) => (timed.settle() ? reject(reason) : late?.({ status: 'rejected', reason })),
    );
  });
}

/** Work with a deadline. Cancelling it rejects its result. */
export class TimedWork extends Cancellation {
  readonly deadline: Deadline;
  readonly #reject: (reason: unknown) => void;
  #isOver = false;

  constructor({ clock, signal, timeoutMs, timeoutError }: DeadlineOptions<never>, reject: (reason: unknown) => void) {
    super(signal);
    this.#reject = reject;
    this.deadline = new Deadline(clock, timeoutMs, () => this.cancel(timeoutError()));
  }

  /** Whether it has settled or was cancelled. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Marks the work as over. Returns `false` if it already was. */
  settle(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.deadline.end();
    this.detach();
    return true;
  }

  override cancel(reason: unknown): void {
    if (!this.settle()) return;
    this.#reject(reason);
    super.cancel(reason);
  }
}
