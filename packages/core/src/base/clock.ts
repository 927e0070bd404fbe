import { ConfigError } from './errors.ts';

/** The source of time for everything in Pawl. Tests pass one that they move by hand. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Calls back once after `ms`. The returned function cancels the callback. Used for deadlines. */
  after(ms: number, callback: () => void): () => void;
  /** Resolves after `ms`. Rejects with the signal's reason when the signal is aborted. Used for pauses between attempts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /**
   * Milliseconds of a clock that never goes back, even if the date of the machine changes. Hosts use it to decide whether a
   * process still works on its runs, so all processes of a machine must share it.
   *
   * @defaultValue the time since the machine was started
   */
  monotonic?(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(
        () => {
          signal.removeEventListener('abort', stop);
          resolve();
        },
        Math.min(ms, LONGEST_TIMER_MS),
      );
      signal.addEventListener('abort', stop, { once: true });
    }),
};

/**
 * Fills the missing methods of a clock with those of the machine's clock. Otherwise a clock that has only `now`, which JavaScript
 * allows, would fail at the first deadline.
 *
 * @throws ConfigError if the clock has no `now`.
 */
export function completeClock(clock: Clock): Clock {
  const partial: Partial<Clock> | null = clock;
  if (typeof partial?.now !== 'function') {
    throw new ConfigError('The clock has no now(). Pass an object with now, after and sleep, or leave it out.');
  }
  if (typeof partial.after === 'function' && typeof partial.sleep === 'function') return clock;
  return {
    now: () => clock.now(),
    after: (ms, callback) => (partial.after ? clock : systemClock).after(ms, callback),
    sleep: (ms, signal) => (partial.sleep ? clock : systemClock).sleep(ms, signal),
    ...(partial.monotonic !== undefined && { monotonic: () => clock.monotonic?.() ?? Number.NaN }),
  };
}

/** A longer delay overflows the 32 bits of a timer, so the timer would fire immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
