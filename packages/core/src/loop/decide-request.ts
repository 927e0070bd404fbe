import type { LimitName } from '../event/outcome.ts';
import { formatTurnStep } from '../event/step-name.ts';
import type { Action } from './action.ts';
import { isHandoffResult } from './calls.ts';
import { concludeFailure } from './conclude-failure.ts';
import { InvalidOutputError, InvalidToolInputError, RepeatedToolFailureError } from './errors.ts';
import { describeRepeatedFailure, LAST_TURN } from './loop-prompts.ts';
import type { Policy } from './policy.ts';
import type { RunState } from './state.ts';
import { toStopState } from './stop-condition.ts';
import { getVisibleHistory } from './visible-history.ts';

/**
 * Decides what follows a turn. The first rule that applies wins:
 * 1. a stop condition holds,
 * 2. a tool handed the conversation over to another agent, or another agent had it last,
 * 3. the input of a tool is still invalid after every allowed retry,
 * 4. the model repeats a call that keeps failing,
 * 5. a limit is reached.
 *
 * Otherwise the next turn starts.
 */
export function decideRequest(state: RunState, policy: Policy): Action {
  return (
    checkStopConditions(state, policy) ??
    checkHandoff(state) ??
    checkInvalidCalls(state, policy) ??
    checkRepeatedFailures(state) ??
    checkLimits(state, policy) ??
    startNextTurn(state)
  );
}

/** Applies only right after a turn with tool calls: `results` is empty otherwise. */
function checkStopConditions(state: RunState, policy: Policy): Action | undefined {
  const stop = state.results.length === 0 ? undefined : policy.applyStopConditions?.(toStopState(state));
  if (stop === undefined) return undefined;
  if (!('unchecked' in stop)) return { type: 'finish', conclusion: stop };
  const { unchecked: text } = stop;
  const { turn, output } = state;
  if (output === undefined) return { type: 'check-output', turn, text };
  if (output.ok) return { type: 'finish', conclusion: { status: 'completed', output: output.value, text } };
  const message = `The output of stopWhen is not valid: ${output.issues}`;
  return finishFailed(new InvalidOutputError(message, { text, issues: output.issues }));
}

function checkHandoff({ turn, results, startingAgent }: RunState): Action | undefined {
  const to = results.find(isHandoffResult)?.handoffTo ?? startingAgent;
  return to === undefined ? undefined : { type: 'hand-over', turn, to };
}

function startNextTurn(state: RunState): Action {
  const { turn, approachingLimit } = state;
  return {
    type: 'call-model',
    turn: turn + 1,
    history: getVisibleHistory(state),
    isLast: approachingLimit !== undefined,
  };
}

function checkInvalidCalls({ invalidCalls }: RunState, policy: Policy): Action | undefined {
  for (const [tool, { turns, issue }] of invalidCalls) {
    const maxRetries = policy.getMaxInputRetries(tool);
    if (turns <= maxRetries) continue;
    const message = `The model's input for tool "${tool}" is still invalid after every retry (maxInputRetries: ${maxRetries}): ${issue}`;
    return finishFailed(new InvalidToolInputError(message, { tool, issue }));
  }
  return undefined;
}

/** After this many failures of the same call in a row the model gets a warning. One more failure ends the run. */
const REPEATED_FAILURE_THRESHOLD = 3;

function checkRepeatedFailures({ repeatedFailures, turn }: RunState): Action | undefined {
  for (const { tool, count, reportedAt } of repeatedFailures.values()) {
    if (reportedAt !== undefined && count > reportedAt) {
      const message = `The model called tool "${tool}" ${count} times with the same arguments, and it failed each time, even after a warning.`;
      return finishFailed(new RepeatedToolFailureError(message, { code: 'tool.repeated_failure' }));
    }
    if (count < REPEATED_FAILURE_THRESHOLD || reportedAt !== undefined) continue;
    const message = { role: 'user' as const, content: describeRepeatedFailure({ tool, count }) };
    const event = { type: 'tool.repeated_failure' as const, turn, tool, count, message };
    return { type: 'record-event', step: formatTurnStep('repeated_failure', turn), event };
  }
  return undefined;
}

function finishFailed(error: Error): Action {
  return { type: 'finish', conclusion: concludeFailure(error) };
}

/** Whether the limits allow another request. */
export function hasTurnLeft(state: RunState, policy: Policy): boolean {
  return state.approachingLimit === undefined && findReachedLimit(state, policy)?.hasTurnLeft !== false;
}

interface ReachedLimit {
  readonly limit: LimitName;
  readonly spent: number;
  /** @defaultValue the limit of this run */
  readonly max?: number;
  /** Whether one more request fits. */
  readonly hasTurnLeft: boolean;
}

function checkLimits(state: RunState, policy: Policy): Action | undefined {
  const reached = findReachedLimit(state, policy);
  if (reached === undefined) return undefined;
  const { limit, spent, hasTurnLeft, max = policy.limits[limit] } = reached;
  if (!hasTurnLeft) return { type: 'finish', conclusion: { status: 'limited', limit, max, spent } };
  if (state.approachingLimit !== undefined || !policy.hasTools) return undefined;
  const message = { role: 'user' as const, content: LAST_TURN };
  const event = { type: 'limit.approaching' as const, turn: state.turn, limit, max, spent, message };
  return { type: 'record-event', step: formatTurnStep('limit', state.turn), event };
}

function findReachedLimit(state: RunState, { limits }: Policy): ReachedLimit | undefined {
  const { turn, usage, lastUsage, activeMs, exceededLimit } = state;
  const amounts = [
    { limit: 'requests', spent: usage.requests, ahead: 1 },
    { limit: 'tokens', spent: usage.totalTokens, ahead: lastUsage.totalTokens },
    { limit: 'cost', spent: usage.cost, ahead: lastUsage.cost },
    { limit: 'durationMs', spent: activeMs, ahead: 0 },
  ] as const;
  for (const { limit, spent } of amounts) {
    if (spent >= limits[limit]) return { limit, spent, hasTurnLeft: false };
  }
  if (turn + 1 >= limits.turns) return { limit: 'turns', spent: turn, hasTurnLeft: turn < limits.turns };
  for (const { limit, spent, ahead } of amounts) {
    // Another request as large as the last one would leave no room for a further one, so it becomes the last.
    if (spent + 2 * ahead > limits[limit]) return { limit, spent, hasTurnLeft: true };
  }
  return (
    exceededLimit && {
      limit: exceededLimit.limit,
      spent: state[exceededLimit.limit],
      ...exceededLimit.outerLimit,
      hasTurnLeft: true,
    }
  );
}
