import { type Clock, completeClock, systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { checkNumber } from './check-number.ts';

/**
 * The clock of a host: `now` gives whole milliseconds. Databases keep times in integer columns, and refuse fractions or round
 * them in a way of their own.
 */
export function roundClock(given: Clock): Clock {
  const clock = completeClock(given);
  if (clock === systemClock) return clock;
  return {
    now: () => roundTime(clock.now()),
    after: (ms, callback) => clock.after(ms, callback),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    ...(clock.monotonic !== undefined && { monotonic: () => roundTime(clock.monotonic?.() ?? Number.NaN) }),
  };
}

/** @throws ConfigError for what is no time. */
export function roundTime(ms: number): number {
  if (Number.isSafeInteger(ms)) return ms;
  const rounded = Math.floor(ms);
  if (Number.isSafeInteger(rounded)) return rounded;
  throw new ConfigError(`The clock gave ${ms} as the time. Pass a clock whose now() gives milliseconds since 1970.`);
}

/**
 * When a wait that begins now is over: never early, and `Infinity` where that is later than a database can keep.
 *
 * @throws ConfigError for what is no length of time.
 */
export function computeExpiry(now: number, timeoutMs: number = Number.POSITIVE_INFINITY): number {
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
    throw new ConfigError(`A call would wait for ${timeoutMs} ms. Pass a number as the tool's approvalTimeoutMs.`);
  }
  const expiresAt = Math.ceil(now + Math.max(0, timeoutMs));
  return Number.isSafeInteger(expiresAt) ? expiresAt : Number.POSITIVE_INFINITY;
}

/** The nearest number that a database compares with its whole numbers: it refuses 1e300. */
export function clampInteger(whole: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(whole, Number.MAX_SAFE_INTEGER));
}

/**
 * Runs that ended before this time are older than that. Less than 0 is allowed: all that have ended.
 *
 * @throws ConfigError
 */
export function computeRetentionCutoff(now: number, olderThanMs: number): number {
  return clampInteger(Math.ceil(now - checkNumber(olderThanMs, { option: 'delete: olderThanMs' })));
}
