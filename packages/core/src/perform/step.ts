import { HostError } from '../base/errors.ts';
import { callName, type ToolCall } from '../chat/message.ts';
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

/** A step that yields one fact, told as soon as it is recorded. */
export function factStep<F extends JournalEvent>(
  scope: Scope,
  step: Pick<Step<F>, 'name' | 'work' | 'effect' | 'exclusive' | 'onUnknownOutcome'>,
): Step<F> {
  const { mismatch, tell } = scope;
  const told: Step<F>['onRecorded'] = (fact, how) => tell.fact(fact, how);
  if (mismatch === undefined) return { type: 'step', ...step, onRecorded: told };
  const refuse = (): Promise<never> => Promise.reject(mismatch);
  return { type: 'step', ...step, effect: 'read', work: refuse, onRecorded: told };
}

/** The time, as each fact carries it. */
export function stamp({ clock, time }: Scope): { readonly at: number; readonly activeMs: number } {
  return { at: clock.now(), activeMs: time.activeMs };
}

interface Interruption {
  readonly turn: number;
  /** What the run was cancelled with, or what was thrown. */
  readonly reason: unknown;
  /** What was used meanwhile, and no other fact has. */
  readonly usage?: Usage;
}

/** The fact that says why a run goes no further that was cancelled, or that threw `AbortRun` or `RefuseRun`. */
export function toInterruption(
  scope: Scope,
  { turn, reason, usage = NO_USAGE }: Interruption,
): RunAbortedEvent | RunRefusedEvent | LimitExceededEvent {
  if (reason instanceof DurationExceededError) {
    const { maxMs: max } = reason;
    const times = stamp(scope);
    const spent = Math.max(times.activeMs, max); // Of a run inside: what the one around it has spent.
    return { type: 'limit.exceeded', turn, limit: 'durationMs', max, spent, usage, ...times };
  }
  if (RefuseRun.isInstance(reason)) {
    const { message, guard } = reason;
    const by = guard === undefined ? {} : { guard };
    return { type: 'run.refused', turn, reason: message, ...by, usage, ...stamp(scope) };
  }
  const used = hasUsage(usage) ? { usage } : {};
  return { type: 'run.aborted', reason: reasonText(reason), ...used, ...stamp(scope) };
}

/** What an outcome says of why a run was aborted. */
export function reasonText(reason: unknown): string {
  if (reason === undefined) return 'aborted';
  return AbortRun.isInstance(reason) || !(reason instanceof Error)
    ? getErrorMessage(reason)
    : reason.message || reason.name;
}

interface Failure {
  readonly turn: number;
  readonly scope: Scope;
  /** What was used all the same. */
  readonly usage: Usage;
  readonly failedAttempts: readonly FailedAttempt[];
}

/** The fact that says why there is no response, or no plan for a request. @throws HostError as it is */
export function toFailure(
  error: unknown,
  { turn, scope, usage, failedAttempts }: Failure,
): ModelFailedEvent | LimitExceededEvent | RunAbortedEvent | RunRefusedEvent {
  const { cancellation } = scope;
  if (HostError.isInstance(error)) throw error;
  if (error instanceof BudgetExceededError) {
    const { limit, max, spent } = error.refusal;
    return { type: 'limit.exceeded', turn, limit, max, spent, usage, ...stamp(scope) };
  }
  if (isRunEndError(error)) {
    cancellation.cancel(error); // What middleware left at work is given up.
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

/** The step of a call, whether there is such a tool or not: a call that has finished is found where its tool is gone. */
export function callStep({ turn, index, call }: CallPosition): string {
  return formatCallStep('tool', { turn, index, toolName: callName(call) });
}

interface CallAttempt extends CallPosition {
  readonly doubts: number;
}

interface CallWait extends Omit<CallAttempt, 'call'> {
  readonly repeats: number;
}

/** The step that records whether a call has to wait. */
export function checkStep({ turn, index, repeats }: Omit<CallWait, 'doubts'>): string {
  return formatCallStep('check', { turn, index, repeats });
}

/** A call that a person let run again has another step than the one that a crash left open. */
export function stepName({ turn, index, call, doubts }: CallAttempt): string {
  return formatCallStep('tool', { turn, index, toolName: callName(call), unknownOutcomes: doubts });
}

/** The name of a call's wait, within its run. */
export function waitName({ turn, index, doubts, repeats }: CallWait): string {
  const kind = doubts === 0 ? 'approval' : 'unknown_outcome';
  return formatCallStep(kind, { turn, index, unknownOutcomes: doubts, repeats });
}

/** The wait of a call that is an agent while that agent waits: the user can write meanwhile. */
export function innerWaitName({ turn, index, doubts }: Omit<CallAttempt, 'call'>): string {
  return formatCallStep('nested', { turn, index, unknownOutcomes: doubts });
}

/** The step that records the answer to a wait. */
export function answerStep({ turn, index, doubts, repeats }: CallWait): string {
  return formatCallStep('answer', { turn, index, unknownOutcomes: doubts, repeats });
}

/** A name within a run inside a run, as those outside know it: `tool:3.0/approval:1.0`. */
export function fromOutside({ path }: Scope, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}
