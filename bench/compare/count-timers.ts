export interface TimerCounts {
  readonly made: number;
  /** Timers that have neither fired nor been cancelled. */
  readonly pending: number;
}

const pending = new Set<unknown>();
let createdCount: number | undefined;

export function getTimerCounts(): TimerCounts {
  if (createdCount === undefined) throw new Error('Timers are not counted. Call countTimers() first.');
  return { made: createdCount, pending: pending.size };
}

/** Counts timers from now on, except Node's own. Call it before loading modules that set timers. */
export function countTimers(): void {
  createdCount = 0;
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const createTimer = (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]): unknown => {
    createdCount = (createdCount ?? 0) + 1;
    const timer = set(() => {
      pending.delete(timer);
      work(...args);
    }, ms);
    pending.add(timer);
    return timer;
  };
  globalThis.setTimeout = createTimer as typeof set; // Its other signatures are not used here.
  globalThis.clearTimeout = (timer) => {
    pending.delete(timer);
    clear(timer);
  };
}
