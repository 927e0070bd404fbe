import { PawlError } from '../base/errors.ts';

/** The part of a retry policy that decides on pauses. */
export interface Backoff {
  readonly attempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxRetryAfterMs: number;
}

export interface RetryDelayOptions {
  /** Attempts that counted, the one of this error included. From 1. */
  readonly failures: number;
  readonly policy: Backoff;
  readonly random: () => number;
}

/** How long to pause before the next attempt at the same model; `undefined` where there is to be none. */
export function retryDelay(error: unknown, { failures, policy, random }: RetryDelayOptions): number | undefined {
  if (!isRetryable(error) || failures >= policy.attempts) return undefined;
  const wish = 'retryAfterMs' in error ? error.retryAfterMs : undefined;
  if (typeof wish === 'number') return wish <= policy.maxRetryAfterMs ? wish : undefined;
  const most = Math.min(policy.maxDelayMs, policy.minDelayMs * 2 ** (failures - 1));
  return Math.floor(random() * most);
}

/** By its field and not its class, which is another one in a second copy of this package. */
function isRetryable(error: unknown): error is PawlError {
  return PawlError.isInstance(error) && 'retryable' in error && error.retryable === true;
}
