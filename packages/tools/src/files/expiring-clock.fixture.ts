import type { Clock } from '@pawl/core';

export interface ExpiringClock {
  readonly clock: Clock;
  readonly maxDurationMs: number;
  /** Number of event loop turns before each reading of the time. */
  readonly turnsAtReads: readonly number[];
  stop(): void;
}

/** Creates a clock whose time is over at the n-th reading, however fast the machine is. */
export function createExpiringClock(count: number): ExpiringClock {
  const turnsAtReads: number[] = [];
  let turns = 0;
  const countTurn = (): void => {
    turns++;
    timer = setImmediate(countTurn);
  };
  let timer = setImmediate(countTurn);
  const readTime = (): number => (turnsAtReads.push(turns) < count ? 0 : 1_000);
  return {
    clock: { now: readTime, after: () => () => undefined, sleep: () => Promise.resolve() },
    maxDurationMs: 1_000,
    turnsAtReads,
    stop: () => clearImmediate(timer),
  };
}
