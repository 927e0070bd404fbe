import { PawlError } from '../base/errors.ts';

/** The part of a retry policy that decides on pauses. */
export interface Backoff {
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
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
  if (!isRetryable(error) || failures >= policy.maxAttempts) return undefined;
  const wish = 'retryAfterMs' in error ? error.retryAfterMs : undefined;
  if (typeof wish === 'number') return wish <= policy.maxRetryAfterMs ? wish : undefined;
  const most = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** (failures - 1));
  return Math.floor(random() * most);
}

export interface LoadingDelayOptions {
  readonly policy: Backoff;
  /** For how long the server was waited for while it loaded its model. */
  readonly waitedMs: number;
}

/** How long to wait for a server that loads its model, beside the attempts that count; `undefined` if it was waited for long enough. */
export function loadingDelay(error: unknown, { policy, waitedMs }: LoadingDelayOptions): number | undefined {
  if (policy.maxAttempts === 1 || !isRetryable(error)) return undefined;
  if (!('isModelLoading' in error) || error.isModelLoading !== true) return undefined;
  const asked = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;
  const ms = Math.max(asked, LOADING_PAUSE_MS);
  return waitedMs + ms <= Math.min(policy.maxRetryAfterMs, MAX_LOADING_MS) ? ms : undefined;
}

/** The model may be there at any moment. */
const LOADING_PAUSE_MS = 2_000;
/** A policy may allow any wait, and a server may load for ever. */
const MAX_LOADING_MS = 600_000;

/** By its field and not its class, which is another one in a second copy of this package. */
function isRetryable(error: unknown): error is PawlError {
  return PawlError.isInstance(error) && 'retryable' in error && error.retryable === true;
}
