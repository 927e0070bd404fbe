export interface TimerCounts {
  readonly made: number;
  /** Neither over nor cancelled. */
  readonly pending: number;
}

const pending = new Set<unknown>();
let createdCount: number | undefined;

export function getTimerCounts(): TimerCounts {
  if (createdCount === undefined) throw new Error('Nothing has counted the timers of this process.');
  return { made: createdCount, pending: pending.size };
}

/** From now on, but for Node's own: to be called before anything is loaded that sets timers. */
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
  globalThis.setTimeout = createTimer as typeof set; // It has more signatures, which nothing here uses.
  globalThis.clearTimeout = (timer) => {
    pending.delete(timer);
    clear(timer);
  };
}
