import type { Clock } from '@pawl/core';

export interface OverAtLook {
  readonly clock: Clock;
  readonly maxDurationMs: number;
  /** How many turns others had had by each look. */
  readonly looks: readonly number[];
  stop(): void;
}

/** Time that is over when it is looked at for the n-th time, however fast the machine is. */
export function overAtLook(count: number): OverAtLook {
  const looks: number[] = [];
  let turns = 0;
  const turn = (): void => {
    turns++;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  const now = (): number => (looks.push(turns) < count ? 0 : 1_000);
  return {
    clock: { now, after: () => () => undefined, sleep: () => Promise.resolve() },
    maxDurationMs: 1_000,
    looks,
    stop: () => clearImmediate(next),
  };
}
