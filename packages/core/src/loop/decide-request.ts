import { pluralize } from '../base/text.ts';
import type { LimitName } from '../event/outcome.ts';
import { formatTurnStep } from '../event/step-name.ts';
import type { Action } from './action.ts';
import { handsOver } from './calls.ts';
import { InvalidToolInputError, RepeatedToolFailureError } from './errors.ts';
import { failure } from './failure.ts';
import { describeRepeatedFailure, LAST_TURN } from './own-prompts.ts';
import type { Policy } from './policy.ts';
import type { RunState } from './state.ts';
import { stopState } from './stop.ts';
import { seenHistory } from './view.ts';

/** Whether the model may be asked again, and how. */
export function decideRequest(state: RunState, policy: Policy): Action {
  return (
    stopped(state, policy) ??
    handedOver(state) ??
    hopeless(state, policy) ??
    stuck(state) ??
    limited(state, policy) ??
    ask(state)
  );
}

/** Where the model has just been answered: there is nothing to look at before, and nothing new later. */
function stopped(state: RunState, policy: Policy): Action | undefined {
  const conclusion = state.results.length === 0 ? undefined : policy.stopsAt?.(stopState(state));
  return conclusion === undefined ? undefined : { type: 'finish', conclusion };
}

function handedOver({ turn, results }: RunState): Action | undefined {
  const over = results.find(handsOver);
  return over === undefined ? undefined : { type: 'hand-over', turn, to: over.handoffTo };
}

function ask(state: RunState): Action {
  const { turn, last } = state;
  return { type: 'call-model', turn: turn + 1, history: seenHistory(state), final: last !== undefined };
}

function hopeless({ misses }: RunState, policy: Policy): Action | undefined {
  for (const [tool, { turns, issue }] of misses) {
    const corrections = policy.correctionsOf(tool);
    if (turns <= corrections) continue;
    const message = `The model's calls of tool "${tool}" failed before they ran, also after ${pluralize(corrections, 'correction')}: ${issue}`;
    return failed(new InvalidToolInputError(message, { tool, issue }));
  }
  return undefined;
}

/** After as many failures of the same call in a row the model is told; one more ends the run. */
const STUCK_AT = 3;

function stuck({ failing, turn }: RunState): Action | undefined {
  for (const { tool, count, toldAt } of failing.values()) {
    if (toldAt !== undefined && count > toldAt) {
      const message = `The model called tool "${tool}" ${count} times with the same arguments, and it failed each time, also after it was told.`;
      return failed(new RepeatedToolFailureError(message, { code: 'tool.repeated_failure' }));
    }
    if (count < STUCK_AT || toldAt !== undefined) continue;
    const message = { role: 'user' as const, content: describeRepeatedFailure({ tool, count }) };
    const fact = { type: 'tool.repeated_failure' as const, turn, tool, count, message };
    return { type: 'tell', step: formatTurnStep('repeated_failure', turn), fact };
  }
  return undefined;
}

function failed(error: Error): Action {
  return { type: 'finish', conclusion: failure(error) };
}

/** Whether the limits leave the run another request. */
export function leavesTurn(state: RunState, policy: Policy): boolean {
  return state.last === undefined && reachedLimit(state, policy)?.leavesOne !== false;
}

interface Reached {
  readonly limit: LimitName;
  readonly spent: number;
  /** @defaultValue the run's own */
  readonly max?: number;
  /** Whether one more request still fits. */
  readonly leavesOne: boolean;
}

function limited(state: RunState, policy: Policy): Action | undefined {
  const reached = reachedLimit(state, policy);
  if (reached === undefined) return undefined;
  const { limit, spent, leavesOne, max = policy.limits[limit] } = reached;
  if (!leavesOne) return { type: 'finish', conclusion: { status: 'limited', limit, max, spent } };
  if (state.last !== undefined || !policy.hasTools) return undefined;
  const message = { role: 'user' as const, content: LAST_TURN };
  const fact = { type: 'limit.approaching' as const, turn: state.turn, limit, max, spent, message };
  return { type: 'tell', step: formatTurnStep('limit', state.turn), fact };
}

function reachedLimit(state: RunState, { limits }: Policy): Reached | undefined {
  const { turn, usage, lastUsage, activeMs, over } = state;
  const amounts = [
    { limit: 'tokens', spent: usage.totalTokens, ahead: lastUsage.totalTokens },
    { limit: 'cost', spent: usage.cost, ahead: lastUsage.cost },
    { limit: 'durationMs', spent: activeMs, ahead: 0 },
  ] as const;
  for (const { limit, spent } of amounts) {
    if (spent >= limits[limit]) return { limit, spent, leavesOne: false };
  }
  if (turn + 1 >= limits.turns) return { limit: 'turns', spent: turn, leavesOne: turn < limits.turns };
  for (const { limit, spent, ahead } of amounts) {
    // A request like the last one would leave no room for another: make it the last.
    if (spent + 2 * ahead > limits[limit]) return { limit, spent, leavesOne: true };
  }
  return over && { limit: over.limit, spent: state[over.limit], ...over.around, leavesOne: true };
}
