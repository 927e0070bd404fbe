import { describe, expect, test } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { computeExpiry, computeRetentionCutoff, roundClock, roundTime } from './round-clock.ts';

describe('the time of a host', () => {
  test('is rounded down to whole milliseconds', () => {
    expect(roundTime(1_700_000_000_000.999)).toBe(1_700_000_000_000);
    expect(roundTime(-0.5)).toBe(-1);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, 'now' as never])('refuses %s', (ms) => {
    expect(() => roundTime(ms)).toThrow(expect.objectContaining({ name: 'ConfigError' }));
  });

  test('is rounded for both times of the clock', () => {
    const clock = roundClock({ ...systemClock, now: () => 7.9, monotonic: () => 3.2 });
    expect(clock.now()).toBe(7);
    expect(clock.monotonic?.()).toBe(3);
  });

  test('uses the system clock for what the clock leaves out', async () => {
    const clock = roundClock({ now: () => 7.9 } as Clock); // As from JavaScript.
    expect(clock.now()).toBe(7);
    await clock.sleep(1, new AbortController().signal);
    await new Promise<void>((resolve) => clock.after(1, resolve));
  });

  test.each([{}, null, 'clock'])('refuses a clock without now(): %o', (clock) => {
    expect(() => roundClock(clock as Clock)).toThrow(expect.objectContaining({ name: 'ConfigError' }));
  });

  test('has no monotonic part where the clock has none', () => {
    expect(roundClock({ ...systemClock, now: () => 7.9 }).monotonic).toBeUndefined();
    expect(roundClock(systemClock)).toBe(systemClock);
  });
});

describe('computeExpiry', () => {
  test('rounds up', () => {
    expect(computeExpiry(1_000, 1_000 / 7)).toBe(1_143);
    expect(computeExpiry(1_000, 0)).toBe(1_000);
    expect(computeExpiry(1_000, -5)).toBe(1_000);
  });

  test('returns Infinity for a time later than a database can store', () => {
    expect(computeExpiry(1_000)).toBe(Number.POSITIVE_INFINITY);
    expect(computeExpiry(1_000, 1e300)).toBe(Number.POSITIVE_INFINITY);
    expect(computeExpiry(1_000, Number.MAX_SAFE_INTEGER - 1_000)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test.each([Number.NaN, '5000' as never])('refuses a timeout of %s', (timeoutMs) => {
    expect(() => computeExpiry(1_000, timeoutMs)).toThrow(expect.objectContaining({ name: 'ConfigError' }));
  });
});

describe('computeRetentionCutoff', () => {
  test('returns a whole number that a database can compare', () => {
    expect(computeRetentionCutoff(1_000, 0.5)).toBe(1_000);
    expect(computeRetentionCutoff(1_000, -1)).toBe(1_001);
    expect(computeRetentionCutoff(1_000, 1e300)).toBe(Number.MIN_SAFE_INTEGER);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, '7d' as never])('refuses %s', (olderThanMs) => {
    expect(() => computeRetentionCutoff(1_000, olderThanMs)).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message: expect.stringContaining('host.deleteRuns: olderThanMs is'),
      }),
    );
  });
});
