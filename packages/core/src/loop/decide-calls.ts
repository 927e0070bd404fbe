import { pluralize } from '../base/text.ts';
import { getCallName } from '../chat/message.ts';
import type { Action } from './action.ts';
import { getOriginalCall } from './calls.ts';
import type { Policy } from './policy.ts';
import type { CallState, RunState } from './state.ts';

/** Decides what happens to the calls of a turn: first those that need no approval run, then the run waits for answers, then the approved calls run. */
export function decideCalls(state: RunState, policy: Policy): Action {
  const { turn, approachingLimit } = state;
  const open = state.calls.filter(({ status }) => status !== 'closed');
  if (approachingLimit !== undefined) {
    const text = state.lastResponse?.text ?? '';
    const output = text.trim() === '' || policy.checksOutput ? {} : { output: text, text };
    return {
      type: 'finish',
      conclusion: {
        status: 'limited',
        limit: approachingLimit.limit,
        max: approachingLimit.max,
        spent: approachingLimit.spent,
        ...output,
      },
    };
  }
  const { toolCalls, handoffs, durationMs } = policy.limits;
  if (state.activeMs >= durationMs) {
    return {
      type: 'finish',
      conclusion: { status: 'limited', limit: 'durationMs', max: durationMs, spent: state.activeMs },
    };
  }
  if (state.toolCalls + open.length > toolCalls) {
    const content = `Not run: ${pluralize(open.length, 'call')} would exceed the limit of ${pluralize(toolCalls, 'tool call')}. ${state.toolCalls} are used.`;
    return { type: 'refuse-calls', turn, calls: open, limit: 'toolCalls', content };
  }
  const handoffCalls = state.handoffs < handoffs ? [] : open.filter(({ call }) => policy.isHandoff(getCallName(call)));
  if (handoffCalls.length === 0) return decideBatch(state, { open, policy });
  const content = `Not handed over: the limit of ${pluralize(handoffs, 'handoff')} is reached.`;
  return { type: 'refuse-calls', turn, calls: handoffCalls, limit: 'handoffs', content };
}

interface Batch {
  readonly open: readonly CallState[];
  readonly policy: Policy;
}

function decideBatch({ turn, tools, isSuspended }: RunState, { open, policy }: Batch): Action {
  const unchecked = open.filter((state) => {
    // A call that could wait in an earlier attempt is checked even if this agent's tool needs no approval any more.
    return state.status === 'open' && (state.canWait || policy.canWait(getCallName(state.call)));
  });
  if (unchecked.length > 0) return { type: 'check-calls', turn, calls: unchecked };
  // A call that has run was approved for what it was then.
  const outdated = open.filter((state) => isOutdated(state, policy) && policy.isRecorded?.(turn, state) !== true);
  if (outdated.length > 0)
    return { type: 'check-calls', turn, calls: outdated.map(withoutEdit), repeatReason: 'definition_changed' };
  const free = open.filter(({ status }) => status === 'open' || status === 'waived');
  if (free.length > 0) return { type: 'run-calls', turn, calls: free, tools };
  const pending = open.filter(({ status }) => status === 'pending');
  if (pending.length === 0) return { type: 'run-calls', turn, calls: open, tools };
  if (!isSuspended) return { type: 'await-answers', turn, calls: pending };
  return {
    type: 'finish',
    conclusion: {
      status: 'suspended',
      pending: pending.flatMap(
        ({ pending, nestedPending }) => nestedPending ?? (pending === undefined ? [] : [pending]),
      ),
    },
  };
}

/** Whether the definition of a tool changed after its call was approved, by itself or with an earlier one. A call of a missing tool runs, and its result reports the missing tool. */
function isOutdated({ status, call, pending, standingApproval }: CallState, policy: Policy): boolean {
  const approved = status === 'approved' ? pending : status === 'waived' ? standingApproval : undefined;
  if (approved === undefined) return false;
  const now = policy.getDefinitionHash(getCallName(call));
  return now !== undefined && now !== approved.definitionHash;
}

function withoutEdit(state: CallState): CallState {
  return { ...state, call: getOriginalCall(state), isEdited: false };
}
