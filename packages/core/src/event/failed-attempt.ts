import type { ErrorData } from './error-data.ts';

/** An attempt at a model request that got no response. */
export interface FailedAttempt {
  /** Counted from 1 within the turn, over all models. */
  readonly attempt: number;
  readonly model: string;
  readonly error: ErrorData;
}
