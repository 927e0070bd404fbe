import { ConfigError } from './errors.ts';

/** Time, as everything here sees it. Tests pass one that they move by hand. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Calls back once after `ms`; the function that it returns cancels. For deadlines. */
  after(ms: number, callback: () => void): () => void;
  /** Resolves after `ms`; rejects with the signal's reason as soon as that is aborted. For pauses between attempts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /**
   * Milliseconds that only go forward: no change of the date moves them. Hosts judge by them whether a process still works
   * on its runs, so all processes of a machine have to share them.
   *
   * @defaultValue the machine's own, since it was started
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
 * A clock whose missing parts are the machine's: one that gives only another date, as from JavaScript, would otherwise fail at the
 * first deadline.
 *
 * @throws ConfigError where it does not tell the time.
 */
export function completeClock(clock: Clock): Clock {
  const given: Partial<Clock> | null = clock;
  if (typeof given?.now !== 'function') {
    throw new ConfigError('The clock has no now(). Pass an object with now, after and sleep, or leave it out.');
  }
  if (typeof given.after === 'function' && typeof given.sleep === 'function') return clock;
  return {
    now: () => clock.now(),
    after: (ms, callback) => (given.after ? clock : systemClock).after(ms, callback),
    sleep: (ms, signal) => (given.sleep ? clock : systemClock).sleep(ms, signal),
    ...(given.monotonic !== undefined && { monotonic: () => clock.monotonic?.() ?? Number.NaN }),
  };
}

/** A longer delay overflows the 32 bits of a timer, which then fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
