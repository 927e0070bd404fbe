import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';

export interface ManualClockOptions {
  /** Milliseconds since 1970-01-01 UTC. @defaultValue 0 */
  readonly startMs?: number;
  /**
   * `'at-once'`: a sleep moves the time on by itself and resolves, so that pauses between attempts take no time.
   * `'held'`: a sleep waits for `advance`, as every timer does.
   * @defaultValue 'at-once'
   */
  readonly sleeps?: 'at-once' | 'held';
}

/** A clock that only moves by hand, or by being slept on. */
export interface ManualClock extends Clock {
  monotonic(): number;
  /** Every sleep that was asked for, in milliseconds, in order; also those that were cut short. */
  readonly slept: readonly number[];
  /** Timers and held sleeps that were neither fired nor cancelled. */
  readonly pending: number;
  /** How long each of those was set to take, in milliseconds, in the order in which they were set. */
  readonly running: readonly number[];
  /**
   * Moves the time on, firing what comes due in order of time; what a timer starts goes as far as it can before the next.
   *
   * Real input and output in flight is not waited for.
   */
  advance(ms: number): Promise<void>;
}

const MANUAL_CLOCK: OptionTable<ManualClockOptions> = {
  keys: { startMs: 'number', sleeps: { 'at-once': true, held: true } },
  hints: { now: 'The option is "startMs".', start: 'The option is "startMs".' },
};

export function manualClock(options: ManualClockOptions = {}): ManualClock {
  const { startMs = 0, sleeps = 'at-once' } = checkOptions(options, MANUAL_CLOCK, 'manualClock');
  return new ManualTime(startMs, sleeps);
}

class ManualTime implements ManualClock {
  readonly #sleeps: 'at-once' | 'held';
  readonly #slept: number[] = [];
  /** In the order in which they were set, which decides between timers of the same time. */
  readonly #timers = new Set<Timer>();
  #now: number;

  constructor(startMs: number, sleeps: 'at-once' | 'held') {
    this.#now = startMs;
    this.#sleeps = sleeps;
  }

  get slept(): readonly number[] {
    return [...this.#slept];
  }

  get pending(): number {
    return this.#timers.size;
  }

  get running(): readonly number[] {
    return [...this.#timers].map(({ ms }) => ms);
  }

  now(): number {
    return this.#now;
  }

  /** Moves as the time does: whoever wants the date to jump gives another `now`. */
  monotonic(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { ms, at: this.#now + Math.max(0, ms), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#slept.push(ms);
    if (this.#sleeps === 'held') return this.#held(ms, signal);
    await this.#moveTo(this.#now + Math.max(0, ms), signal);
    signal.throwIfAborted();
  }

  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    // What was just started sets its timers first.
    await setImmediate();
    await this.#moveTo(target, new AbortController().signal);
    await setImmediate();
  }

  #held(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        cancel();
        reject(signal.reason);
      };
      const cancel = this.after(ms, () => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Stops where a timer aborts the signal: whoever slept was woken at that time. */
  async #moveTo(target: number, signal: AbortSignal): Promise<void> {
    for (let timer = this.#nextDue(target); timer !== undefined; timer = this.#nextDue(target)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
      await setImmediate();
      if (signal.aborted) return;
    }
    this.#now = Math.max(this.#now, target);
  }

  #nextDue(target: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= target && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

interface Timer {
  readonly ms: number;
  readonly at: number;
  readonly callback: () => void;
}
