import { toErrorData } from '../event/error-data.ts';
import type { Conclusion } from '../event/outcome.ts';

/** Ends a run as failed, for a reason other than a failed request. */
export function concludeFailure(error: unknown): Extract<Conclusion, { status: 'failed' }> {
  return { status: 'failed', error: toErrorData(error), attempts: [] };
}
