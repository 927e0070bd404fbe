import { type Clock, HostError } from '@pawl/core';

export interface RetryOptions {
  readonly clock: Clock;
  /** Aborted if the host closes: failures are no longer retried. */
  readonly signal: AbortSignal;
}

/**
 * Retries transient errors for about a minute: a server that restarts, or ends a connection, is usually reachable again by then. `work` must
 * be safe to repeat, because only the response to it may have been lost.
 */
export async function retry<T>(work: () => Promise<T>, { clock, signal }: RetryOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || tries === MAX_TRIES || signal.aborted) throw error;
      await clock.sleep(Math.min(2 ** tries * FIRST_PAUSE_MS, MAX_PAUSE_MS), signal).catch(() => undefined); // Rejects if the host closes.
    }
  }
}

/** All pauses together take about one minute. */
const MAX_TRIES = 35;
const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 2_000;

/** Whether a later try may succeed. */
export function isTransient(error: unknown): boolean {
  return HostError.isInstance(error) && TRANSIENT.has(error.code);
}

const TRANSIENT: ReadonlySet<string> = new Set([
  'host.unreachable',
  'host.full',
  'host.io',
  'host.locked',
  'host.read_only',
  'host.lost',
  'host.closing',
]);
