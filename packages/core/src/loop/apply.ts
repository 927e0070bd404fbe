import { type AssistantMessage, getMessageText, type ToolCall } from '../chat/message.ts';
import type {
  ApprovalRequestedEvent,
  HandoffCompletedEvent,
  JournalEvent,
  ModelRepromptedEvent,
  ModelRespondedEvent,
  ToolRepeatedFailureEvent,
} from '../event/journal-event.ts';
import { addUsage, type Usage } from '../event/usage.ts';
import { closeCall, hasBegun, refusedBy, spentInside, updateCall, withSpent, writtenCall } from './calls.ts';
import { planned } from './edits.ts';
import { judge, refusalOf, type Verdict } from './judge.ts';
import { withShare } from './shares.ts';
import type { CallState, Failing, PendingAnswer, RunState } from './state.ts';
import { seenHistory, withMessages, withView } from './view.ts';

/** What is known after a fact. Pure. */
export function apply(before: RunState, fact: JournalEvent): RunState {
  const state: RunState = { ...before, activeMs: Math.max(before.activeMs, fact.activeMs) };
  switch (fact.type) {
    case 'run.started':
    case 'run.finished':
      return state;
    case 'turn.prepared':
      return planned({ ...spentInside(state, fact), tools: fact.tools }, fact);
    case 'model.responded':
      return replied(state, fact);
    case 'model.failed':
      return {
        ...spent(state, fact.usage),
        ended: { status: 'failed', error: fact.error, attempts: fact.failedAttempts },
      };
    case 'request.lost':
      return spent(state, fact.usage);
    case 'limit.exceeded': {
      const { limit, max, spent: used, usage } = fact;
      return { ...spent(state, usage), ended: { status: 'limited', limit, max, spent: used } };
    }
    case 'run.aborted': {
      const used = fact.usage === undefined ? state : spent(state, fact.usage);
      return { ...used, ended: { status: 'aborted', reason: fact.reason } };
    }
    case 'run.refused':
      return { ...spent(state, fact.usage), ended: refusedBy(fact) };
    case 'limit.approaching':
      return { ...withMessages(state, fact.message), last: fact };
    case 'tool.repeated_failure':
      return { ...withMessages(state, fact.message), failing: told(state.failing, fact) };
    case 'model.reprompted':
      return applyReprompt(state, fact);
    case 'handoff.completed':
      return handedOver(state, fact);
    case 'output.checked':
      return { ...state, output: fact.result };
    case 'approval.requested':
      return requested(state, fact);
    case 'approval.not_required':
      return updateCall(state, fact.index, { status: 'waived' });
    case 'approval.answered':
      return answered(state, fact);
    case 'approval.expired':
      return state;
    case 'user.interrupted':
      return { ...state, interruption: fact.message };
    case 'tool.suspended':
      return updateCall(spentInside(state, fact), fact.index, { status: 'pending', inner: fact.pending });
    case 'run.suspended':
      return { ...state, isParked: true };
    case 'tool.finished':
    case 'tool.failed':
    case 'tool.skipped':
      return closeCall(state, fact);
  }
}

function replied(state: RunState, fact: ModelRespondedEvent): RunState {
  const { message, finishReason, turn, rejection } = fact;
  const verdict = judge(message, finishReason);
  const isAccepted = rejection === undefined;
  const isHistory = verdict === 'calls' || verdict === 'text' || verdict === 'refused';
  const { before = [], after = [] } = fact.steeringMessages ?? {};
  const keepsCalls = isAccepted && verdict !== 'refused';
  const said = isHistory || !isAccepted ? [keepsCalls ? message : withoutCalls(message)] : [];
  const { totalTokens: tokens, cost } = fact.usage;
  const used = withMessages(spentInside(state, fact), ...before, ...said, ...after);
  const asked = { agent: state.speaker?.to, turns: 1, tokens, cost, durationMs: fact.durationMs };
  return {
    ...used,
    usage: addUsage(used.usage, fact.usage),
    lastUsage: fact.usage,
    shares: withShare(used.shares, asked),
    turn,
    counted: countedBy(fact, seenHistory(used).length - after.length) ?? state.counted,
    calls: verdict === 'calls' && isAccepted ? callsOf(fact) : [],
    results: [],
    word: after.length > 0 ? undefined : toWord(fact, verdict),
    asked: isHistory && isAccepted ? { ...state.asked, empty: 0, cut: 0 } : state.asked,
    guardRetries: isHistory && isAccepted ? NONE : state.guardRetries,
    output: undefined,
    interruption: undefined,
    isParked: false,
  };
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

function toWord({ message, clampedByLimit, rejection }: ModelRespondedEvent, verdict: Verdict): PendingAnswer {
  return { verdict, text: getMessageText(message), refusal: refusalOf(message), clampedByLimit, rejection };
}

function applyReprompt(state: RunState, { reason, guard = '', message }: ModelRepromptedEvent): RunState {
  const next = { ...withMessages(state, message), word: undefined, output: undefined };
  if (reason !== 'guard') return { ...next, asked: { ...state.asked, [reason]: state.asked[reason] + 1 } };
  const retries = (state.guardRetries.get(guard) ?? 0) + 1;
  return { ...next, guardRetries: new Map(state.guardRetries).set(guard, retries) };
}

/** What one agent's calls came to is nothing that the next one would be held to. */
function handedOver(before: RunState, fact: HandoffCompletedEvent): RunState {
  const state = withView(spentInside(before, fact), fact.edits ?? []);
  const { handoffs, asked } = state;
  const none = { guardRetries: NONE, misses: NONE, failing: NONE };
  const anew = { tools: undefined, results: [], memory: {}, counted: undefined, ...none };
  const shares = withShare(state.shares, { agent: before.speaker?.to, handoffs: 1 });
  return { ...state, ...anew, shares, asked: { ...asked, output: 0 }, speaker: fact, handoffs: handoffs + 1 };
}

/** Only a reply to the first try says what the conversation has: a failed attempt's share is a guess. */
function countedBy({ usage, failedAttempts }: ModelRespondedEvent, messages: number): RunState['counted'] {
  if (usage.requests !== 1 || usage.estimated || failedAttempts.length > 0) return undefined;
  return { tokens: usage.inputTokens + usage.outputTokens, messages };
}

/** A refusal beats the calls beside it: they never run, so they must not be open. */
function withoutCalls({ tool_calls: _, ...message }: AssistantMessage): AssistantMessage {
  return message;
}

function spent(state: RunState, usage: Usage): RunState {
  return { ...withSpent(state, { usage }), lastUsage: usage };
}

function callsOf({ message, rawArguments: raw, mayWait = [] }: ModelRespondedEvent): readonly CallState[] {
  return (message.tool_calls ?? []).map((call, index) => {
    const written = raw?.[index];
    const asWritten: ToolCall =
      written === undefined || call.type === 'custom'
        ? call
        : { ...call, function: { ...call.function, arguments: written } };
    const untouched = { status: 'open', isEdited: false, doubts: 0, repeats: 0 } as const;
    return { index, call: asWritten, mayWait: mayWait.includes(index), ...untouched };
  });
}

function requested(state: RunState, fact: ApprovalRequestedEvent): RunState {
  const { index, pending, again } = fact;
  const known = state.calls.find((call) => call.index === index);
  const { doubts = 0, repeats = 0 } = known ?? {};
  const counts = {
    doubts: hasBegun(pending.reason) ? doubts + 1 : doubts,
    repeats: again === undefined ? repeats : repeats + 1,
  };
  const unedited = known === undefined || again === undefined ? {} : { call: writtenCall(known), isEdited: false };
  return updateCall(spentInside(state, fact), index, { status: 'pending', pending, ...counts, ...unedited });
}

function answered(state: RunState, { index, answer }: Extract<JournalEvent, { type: 'approval.answered' }>): RunState {
  switch (answer.type) {
    case 'approve':
      return updateCall(state, index, { status: 'approved' });
    case 'deny':
    case 'result':
      return state;
    case 'edit':
      return updateCall(state, index, { status: 'approved', edited: answer.arguments });
  }
}

function told(failing: RunState['failing'], { tool, count }: ToolRepeatedFailureEvent): RunState['failing'] {
  const tell = (each: Failing): Failing =>
    each.tool === tool && each.count === count ? { ...each, toldAt: each.toldAt ?? count } : each;
  return new Map([...failing].map(([key, each]) => [key, tell(each)]));
}
