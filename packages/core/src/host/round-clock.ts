import { type Clock, completeClock, systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { checkNumber } from './check-number.ts';

/**
 * Makes the clock of a host: `now` returns whole milliseconds. Databases store times in integer columns, and refuse or round fractions.
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

/** Rounds a time down to whole milliseconds. @throws ConfigError if the value is not a time. */
export function roundTime(ms: number): number {
  if (Number.isSafeInteger(ms)) return ms;
  const rounded = Math.floor(ms);
  if (Number.isSafeInteger(rounded)) return rounded;
  throw new ConfigError(
    `The clock returned ${ms} as the time. Pass a clock whose now() returns milliseconds since 1970.`,
  );
}

/**
 * Computes when a wait that begins now expires. Rounds up, and returns `Infinity` for a time later than a database can store.
 *
 * @throws ConfigError if `timeoutMs` is not a number.
 */
export function computeExpiry(now: number, timeoutMs: number = Number.POSITIVE_INFINITY): number {
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
    throw new ConfigError(`The tool's approvalTimeoutMs is ${timeoutMs}. Pass a number.`);
  }
  const expiresAt = Math.ceil(now + Math.max(0, timeoutMs));
  return Number.isSafeInteger(expiresAt) ? expiresAt : Number.POSITIVE_INFINITY;
}

/** Clamps a whole number to the safe integers: databases refuse numbers like 1e300. */
export function clampInteger(whole: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(whole, Number.MAX_SAFE_INTEGER));
}

/**
 * Computes the time before which ended runs are deleted. A negative `olderThanMs` selects all ended runs.
 *
 * @throws ConfigError
 */
export function computeRetentionCutoff(now: number, olderThanMs: number): number {
  return clampInteger(Math.ceil(now - checkNumber(olderThanMs, { option: 'host.deleteRuns: olderThanMs' })));
}
