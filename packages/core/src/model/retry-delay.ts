import { PawlError } from '../base/errors.ts';

/** The part of a retry policy that determines delays. */
export interface Backoff {
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxRetryAfterMs: number;
}

export interface RetryDelayOptions {
  /** Counted attempts, including the one of this error: 1 or more. */
  readonly failures: number;
  readonly policy: Backoff;
  readonly random: () => number;
}

/** Computes the delay before the next attempt with the same model, in milliseconds. Returns `undefined` if there is none. */
export function computeRetryDelay(error: unknown, { failures, policy, random }: RetryDelayOptions): number | undefined {
  if (!isRetryable(error) || failures >= policy.maxAttempts) return undefined;
  const requestedMs = 'retryAfterMs' in error ? error.retryAfterMs : undefined;
  if (typeof requestedMs === 'number') return requestedMs <= policy.maxRetryAfterMs ? requestedMs : undefined;
  const maxDelayMs = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** (failures - 1));
  return Math.floor(random() * maxDelayMs);
}

export interface LoadingDelayOptions {
  readonly policy: Backoff;
  /** The time spent waiting for the server to load its model. */
  readonly waitedMs: number;
}

/** Computes the wait for a server that loads its model, in milliseconds. Such attempts do not count. Returns `undefined` if the wait was long enough. */
export function computeLoadingDelay(error: unknown, { policy, waitedMs }: LoadingDelayOptions): number | undefined {
  if (policy.maxAttempts === 1 || !isRetryable(error)) return undefined;
  if (!('isModelLoading' in error) || error.isModelLoading !== true) return undefined;
  const requestedMs = 'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? error.retryAfterMs : 0;
  const ms = Math.max(requestedMs, LOADING_PAUSE_MS);
  return waitedMs + ms <= Math.min(policy.maxRetryAfterMs, MAX_LOADING_MS) ? ms : undefined;
}

/** Short, because the model may be ready at any moment. */
const LOADING_PAUSE_MS = 2_000;
/** Bounds the wait when `maxRetryAfterMs` is `Infinity`: a server may never finish loading. */
const MAX_LOADING_MS = 600_000;

/** Reads the field rather than the class, because another copy of core has another class. */
function isRetryable(error: unknown): error is PawlError {
  return PawlError.isInstance(error) && 'retryable' in error && error.retryable === true;
}
