import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';

export interface ManualClockOptions {
  /** Milliseconds since 1970-01-01 UTC. @defaultValue 0 */
  readonly startMs?: number;
  /**
   * - `'at-once'`: a sleep advances the time by itself and resolves, so pauses between attempts take no time.
   * - `'held'`: a sleep waits for `advance`, like every timer.
   *
   * @defaultValue 'at-once'
   */
  readonly sleeps?: 'at-once' | 'held';
}

/** A clock whose time changes only through `advance` and through sleeps. */
export interface ManualClock extends Clock {
  monotonic(): number;
  /** Every requested sleep in milliseconds, in order, including cancelled ones. */
  readonly slept: readonly number[];
  /** The number of timers and held sleeps that have neither fired nor been cancelled. */
  readonly pending: number;
  /** The delays of these timers in milliseconds, in the order in which they were set. */
  readonly running: readonly number[];
  /**
   * Advances the time and fires due timers in order of their time. After each timer, microtasks and immediates run
   * before the next one fires.
   *
   * Does not wait for real input and output.
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
  /** In the order in which they were set: timers of the same time fire in this order. */
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

  /** Equals `now`. To test a jump of the date, pass a clock with another `now`. */
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
    if (this.#sleeps === 'held') return this.#waitForAdvance(ms, signal);
    await this.#moveTo(this.#now + Math.max(0, ms), signal);
    signal.throwIfAborted();
  }

  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    // Work that has just started sets its timers first.
    await setImmediate();
    await this.#moveTo(target, new AbortController().signal);
    await setImmediate();
  }

  #waitForAdvance(ms: number, signal: AbortSignal): Promise<void> {
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

  /** Stops at the timer that aborts the signal: the sleeper wakes at that time. */
  async #moveTo(target: number, signal: AbortSignal): Promise<void> {
    for (let timer = this.#findNextDue(target); timer !== undefined; timer = this.#findNextDue(target)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.callback();
      await setImmediate();
      if (signal.aborted) return;
    }
    this.#now = Math.max(this.#now, target);
  }

  #findNextDue(target: number): Timer | undefined {
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
