import { pluralize } from '../base/text.ts';
import { callName } from '../chat/message.ts';
import type { Action } from './action.ts';
import { writtenCall } from './calls.ts';
import type { Policy } from './policy.ts';
import type { CallState, RunState } from './state.ts';

/** What happens to the turn's calls next: those that need no approval, then the waits, then the approved ones. */
export function decideCalls(state: RunState, policy: Policy): Action {
  const { turn, last } = state;
  const open = state.calls.filter(({ status }) => status !== 'closed');
  if (last !== undefined) {
    const text = state.word?.text ?? '';
    const given = text.trim() === '' || policy.hasOutput ? {} : { output: text, text };
    return {
      type: 'finish',
      conclusion: { status: 'limited', limit: last.limit, max: last.max, spent: last.spent, ...given },
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
    const content = `Not run: ${pluralize(open.length, 'call')} would pass the limit of ${pluralize(toolCalls, 'tool call')}, of which ${state.toolCalls} are used.`;
    return { type: 'refuse-calls', turn, calls: open, limit: 'toolCalls', content };
  }
  const moving = state.handoffs < handoffs ? [] : open.filter(({ call }) => policy.handsOver(callName(call)));
  if (moving.length === 0) return decideBatch(state, { open, policy });
  const content = `Not handed over: the conversation has been handed over ${pluralize(handoffs, 'time')}, which is the limit.`;
  return { type: 'refuse-calls', turn, calls: moving, limit: 'handoffs', content };
}

interface Batch {
  readonly open: readonly CallState[];
  readonly policy: Policy;
}

function decideBatch({ turn, tools, isParked }: RunState, { open, policy }: Batch): Action {
  const unchecked = open.filter((state) => {
    // What the agent of an earlier attempt asked for stays asked for, whatever this agent's tools say.
    return state.status === 'open' && (state.mayWait || policy.mayWait(callName(state.call)));
  });
  if (unchecked.length > 0) return { type: 'check-calls', turn, calls: unchecked };
  const outdated = open.filter((state) => isOutdated(state, policy));
  if (outdated.length > 0)
    return { type: 'check-calls', turn, calls: outdated.map(unedited), again: 'definition_changed' };
  const free = open.filter(({ status }) => status === 'open' || status === 'waived');
  if (free.length > 0) return { type: 'run-calls', turn, calls: free, tools };
  const pending = open.filter(({ status }) => status === 'pending');
  if (pending.length === 0) return { type: 'run-calls', turn, calls: open, tools };
  if (!isParked) return { type: 'await-answers', turn, calls: pending };
  return {
    type: 'finish',
    conclusion: {
      status: 'suspended',
      pending: pending.flatMap(({ pending, inner }) => inner ?? (pending === undefined ? [] : [pending])),
    },
  };
}

/** Whether a call was approved for a definition of its tool that the agent does not have. If the tool is gone, running the call says so. */
function isOutdated({ status, call, pending }: CallState, policy: Policy): boolean {
  if (status !== 'approved' || pending === undefined) return false;
  const now = policy.definitionOf(callName(call));
  return now !== undefined && now !== pending.definitionHash;
}

function unedited(state: CallState): CallState {
  return { ...state, call: writtenCall(state), isEdited: false };
}
