import { DurableError } from '../base/errors.ts';
import { toErrorData } from '../event/error-data.ts';
import type { LimitRefused, ModelFailed, RunAborted, RunRefused } from '../event/fact.ts';
import type { FailedAttempt } from '../event/failed-attempt.ts';
import type { Usage } from '../event/usage.ts';
import { endsRun } from '../tool/errors.ts';
import { RequestRefused } from './model-request.ts';
import { interrupted, type Scope, stamp } from './scope.ts';

export interface Unanswered {
  readonly turn: number;
  readonly scope: Scope;
  /** What was used all the same. */
  readonly usage: Usage;
  readonly failedAttempts: readonly FailedAttempt[];
}

/** Why there is no reply, or no plan for one. */
export function unanswered(
  error: unknown,
  { turn, scope, usage, failedAttempts }: Unanswered,
): ModelFailed | LimitRefused | RunAborted | RunRefused {
  if (DurableError.isInstance(error)) throw error;
  if (error instanceof RequestRefused) {
    const { limit, max, spent } = error.refusal;
    return { type: 'limit.refused', turn, limit, max, spent, usage, ...stamp(scope) };
  }
  if (endsRun(error)) {
    scope.abort(error); // What middleware left at work is given up.
    return interrupted(scope, { turn, reason: error, usage });
  }
  if (scope.signal.aborted) return interrupted(scope, { turn, reason: scope.signal.reason, usage });
  return { type: 'model.failed', turn, error: toErrorData(error), usage, failedAttempts, ...stamp(scope) };
}
