import type { Clock } from '@pawl/core';

export interface ExpiringClock {
  readonly clock: Clock;
  readonly maxDurationMs: number;
  /** How many turns others had had by each look. */
  readonly turnsAtReads: readonly number[];
  stop(): void;
}

/** Time that is over when it is looked at for the n-th time, however fast the machine is. */
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
