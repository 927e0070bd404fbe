import type { Clock } from '@pawl/core';

interface Timer {
  readonly ms: number;
  readonly callback: () => void;
}

/** Pauses are over at once and noted; deadlines expire only when a test says so. */
export class ManualClock implements Clock {
  readonly slept: number[] = [];
  readonly #timers = new Set<Timer>();
  #now: number = Date.UTC(2026, 0, 1);

  /** The spans of the deadlines that run. */
  get running(): readonly number[] {
    return [...this.#timers].map(({ ms }) => ms);
  }

  now(): number {
    return this.#now;
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  after(ms: number, callback: () => void): () => void {
    const timer: Timer = { ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets the deadlines of that span expire. */
  expire(ms: number): void {
    for (const timer of [...this.#timers]) {
      if (timer.ms !== ms) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.slept.push(ms);
    this.#now += ms;
    signal.throwIfAborted();
  }
}
