import { toErrorData } from '../event/error-data.ts';
import type { Conclusion } from './action.ts';

/** A run that fails for another reason than a request that gave nothing. */
export function failure(error: unknown): Extract<Conclusion, { status: 'failed' }> {
  return { status: 'failed', error: toErrorData(error), attempts: [] };
}
