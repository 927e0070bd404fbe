import { type Clock, HostError } from '@pawl/core';

export interface RetryOptions {
  readonly clock: Clock;
  /** Aborted where the host closes: what fails then is not tried again. */
  readonly signal: AbortSignal;
}

/**
 * Tries again what fails in passing: a server that is started anew, or ends a connection, is there again within a minute. The work has
 * to be one that may be done twice, since the answer to it may be what was lost.
 */
export async function retry<T>(work: () => Promise<T>, { clock, signal }: RetryOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error) || tries === MAX_TRIES || signal.aborted) throw error;
      await clock.sleep(Math.min(2 ** tries * FIRST_PAUSE_MS, MAX_PAUSE_MS), signal).catch(() => undefined); // It closes.
    }
  }
}

/** Together a minute. */
const MAX_TRIES = 35;
const FIRST_PAUSE_MS = 25;
const MAX_PAUSE_MS = 2_000;

/** Whether a problem of the host may be over when it is asked again. */
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
