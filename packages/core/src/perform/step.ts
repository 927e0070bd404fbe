import { HostError } from '../base/errors.ts';
import { getCallName, type ToolCall } from '../chat/message.ts';
import { getErrorMessage, toErrorData } from '../event/error-data.ts';
import type { FailedAttempt } from '../event/failed-attempt.ts';
import type {
  JournalEvent,
  LimitExceededEvent,
  ModelFailedEvent,
  RunAbortedEvent,
  RunRefusedEvent,
} from '../event/journal-event.ts';
import { formatCallStep } from '../event/step-name.ts';
import { hasUsage, NO_USAGE, type Usage } from '../event/usage.ts';
import type { Step } from '../host/step-runner.ts';
import { BudgetExceededError } from '../limits/budget.ts';
import { DurationExceededError } from '../limits/limits.ts';
import { AbortRun, isRunEndError, RefuseRun } from '../tool/errors.ts';
import type { Scope } from './scope.ts';

/** Creates a step whose result is one journal event, which is emitted as soon as it is recorded. */
export function createEventStep<F extends JournalEvent>(
  scope: Scope,
  step: Pick<Step<F>, 'name' | 'work' | 'effect' | 'exclusive' | 'onUnknownOutcome'>,
): Step<F> {
  const { versionError, events } = scope;
  const onRecorded: Step<F>['onRecorded'] = (event, how) => events.emitJournalEvent(event, how);
  if (versionError === undefined) return { type: 'step', ...step, onRecorded };
  const refuse = (): Promise<never> => Promise.reject(versionError);
  return { type: 'step', ...step, effect: 'read', work: refuse, onRecorded };
}

/** Returns the times that every journal event has. */
export function stamp({ clock, time }: Scope): { readonly at: number; readonly activeMs: number } {
  return { at: clock.now(), activeMs: time.activeMs };
}

interface Interruption {
  readonly turn: number;
  /** The reason of the cancellation, or the thrown error. */
  readonly reason: unknown;
  /** The usage that no other event has. */
  readonly usage?: Usage;
}

/** Creates the event that ends a run that was cancelled, or in which a tool or middleware threw `AbortRun` or `RefuseRun`. */
export function toInterruption(
  scope: Scope,
  { turn, reason, usage = NO_USAGE }: Interruption,
): RunAbortedEvent | RunRefusedEvent | LimitExceededEvent {
  if (reason instanceof DurationExceededError) {
    const { maxMs: max } = reason;
    const times = stamp(scope);
    const spent = Math.max(times.activeMs, max); // In a nested run the limit may be that of the outer run.
    return { type: 'limit.exceeded', turn, limit: 'durationMs', max, spent, usage, ...times };
  }
  if (RefuseRun.isInstance(reason)) {
    const { message, guard } = reason;
    const by = guard === undefined ? {} : { guard };
    return { type: 'run.refused', turn, reason: message, ...by, usage, ...stamp(scope) };
  }
  const used = hasUsage(usage) ? { usage } : {};
  return { type: 'run.aborted', reason: describeReason(reason), ...used, ...stamp(scope) };
}

/** Describes why a run was aborted, for its outcome. */
export function describeReason(reason: unknown): string {
  if (reason === undefined) return 'aborted';
  return AbortRun.isInstance(reason) || !(reason instanceof Error)
    ? getErrorMessage(reason)
    : reason.message || reason.name;
}

interface Failure {
  readonly turn: number;
  readonly scope: Scope;
  /** The usage of the failed work. */
  readonly usage: Usage;
  readonly failedAttempts: readonly FailedAttempt[];
}

export type FailureEvent = ModelFailedEvent | LimitExceededEvent | RunAbortedEvent | RunRefusedEvent;

/** Creates the event that says why there is no response or no plan. @throws HostError if `error` is one */
export function toFailure(error: unknown, { turn, scope, usage, failedAttempts }: Failure): FailureEvent {
  const { cancellation } = scope;
  if (HostError.isInstance(error)) throw error;
  if (error instanceof BudgetExceededError) {
    const { limit, max, spent } = error.refusal;
    return { type: 'limit.exceeded', turn, limit, max, spent, usage, ...stamp(scope) };
  }
  if (isRunEndError(error)) {
    cancellation.cancel(error); // Ends open work of middleware.
    return toInterruption(scope, { turn, reason: error, usage });
  }
  if (cancellation.isCancelled) return toInterruption(scope, { turn, reason: cancellation.reason, usage });
  return { type: 'model.failed', turn, error: toErrorData(error), usage, failedAttempts, ...stamp(scope) };
}

interface CallPosition {
  readonly turn: number;
  readonly index: number;
  readonly call: ToolCall;
}

/** Names the step of a call. The name depends only on the call, so a finished call is found even if its tool is missing. */
export function formatToolStep({ turn, index, call }: CallPosition): string {
  return formatCallStep('tool', { turn, index, toolName: getCallName(call) });
}

interface CallAttempt extends CallPosition {
  readonly unknownOutcomes: number;
  readonly suspensions?: number;
}

interface CallWait extends Omit<CallAttempt, 'call'> {
  readonly repeats: number;
}

/** Names the step that records whether a call has to wait. */
export function formatCheckStep({ turn, index, repeats }: Omit<CallWait, 'unknownOutcomes'>): string {
  return formatCallStep('check', { turn, index, repeats });
}

/** Names the step of a result. A call that runs again after an unknown outcome, or after a run inside has waited, has another step. */
export function formatResultStep({ turn, index, call, unknownOutcomes, suspensions = 0 }: CallAttempt): string {
  return formatCallStep('tool', {
    turn,
    index,
    toolName: getCallName(call),
    unknownOutcomes: unknownOutcomes + suspensions,
  });
}

/** Names the wait of a call within its run. */
export function formatWait({ turn, index, unknownOutcomes, repeats }: CallWait): string {
  const kind = unknownOutcomes === 0 ? 'approval' : 'unknown_outcome';
  return formatCallStep(kind, { turn, index, unknownOutcomes, repeats });
}

/** Names the wait of an agent as a tool while that agent waits: the user can write meanwhile. */
export function formatNestedWait({ turn, index, unknownOutcomes }: Omit<CallAttempt, 'call'>): string {
  return formatCallStep('nested', { turn, index, unknownOutcomes });
}

/** Names the step that records the answer to a wait. */
export function formatAnswerStep({ turn, index, unknownOutcomes, repeats }: CallWait): string {
  return formatCallStep('answer', { turn, index, unknownOutcomes, repeats });
}

/** Prefixes a name with the path of a nested run: `tool:3.0/approval:1.0`. */
export function addPath({ path }: Scope, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}
