import type { ErrorData } from './error-data.ts';

/** One try at a model request that gave nothing. */
export interface FailedAttempt {
  /** Counted from 1 within its turn, over all models. */
  readonly attempt: number;
  readonly model: string;
  readonly error: ErrorData;
}
