import { type AssistantMessage, getMessageText, type ToolCall } from '../chat/message.ts';
import type {
  ApprovalRequestedEvent,
  HandoffCompletedEvent,
  JournalEvent,
  ModelFailedEvent,
  ModelRepromptedEvent,
  ModelRespondedEvent,
  RunStartedEvent,
  StepFailedEvent,
  StepFinishedEvent,
  ToolRepeatedFailureEvent,
} from '../event/journal-event.ts';
import { createRememberedState } from '../event/remembered-state.ts';
import { addUsage, type Usage } from '../event/usage.ts';
import { closeCall, getOriginalCall, hasBegun, toRefusedEnd, updateCall, withNestedUsage, withUsage } from './calls.ts';
import { classifyResponse, type ResponseKind, readRefusal } from './classify-response.ts';
import { applyPlan } from './find-edits.ts';
import { addShare } from './shares.ts';
import type { CallState, LastResponse, RepeatedFailure, RunState } from './state.ts';
import { getVisibleHistory, withFilteredHistory, withMessages } from './visible-history.ts';

/** Folds a journal event into the state. Pure. */
export function apply(before: RunState, event: JournalEvent): RunState {
  const state: RunState = { ...before, activeMs: Math.max(before.activeMs, event.activeMs) };
  switch (event.type) {
    case 'run.started':
      return applyStart(state, event);
    case 'run.finished':
      return state;
    case 'turn.prepared':
      return applyPlan({ ...withNestedUsage(state, event), tools: event.tools }, event);
    case 'model.responded':
      return applyResponse(state, event);
    case 'model.failed':
      return applyFailure(state, event);
    case 'request.lost':
      return withRequestUsage(state, event.usage);
    case 'limit.exceeded': {
      const { limit, max, spent: used, usage } = event;
      const ended = withNestedUsage(withRequestUsage(state, usage), event);
      return { ...ended, runEnd: { status: 'limited', limit, max, spent: used } };
    }
    case 'run.aborted': {
      const requested = event.usage === undefined ? state : withRequestUsage(state, event.usage);
      const used = withNestedUsage(requested, event);
      return { ...used, runEnd: { status: 'aborted', reason: event.reason } };
    }
    case 'run.refused':
      return { ...withNestedUsage(withRequestUsage(state, event.usage), event), runEnd: toRefusedEnd(event) };
    case 'limit.approaching':
      return { ...withMessages(state, event.message), approachingLimit: event };
    case 'tool.repeated_failure':
      return { ...withMessages(state, event.message), repeatedFailures: markReported(state.repeatedFailures, event) };
    case 'model.reprompted':
      return applyReprompt(state, event);
    case 'handoff.completed':
      return applyHandoff(state, event);
    case 'output.checked':
      return { ...withNestedUsage(state, event), output: event.result };
    case 'approval.requested':
      return applyApprovalRequest(state, event);
    case 'approval.not_required':
      return updateCall(state, event.index, { status: 'waived', standingApproval: event.standingApproval });
    case 'approval.answered':
      return applyAnswer(state, event);
    case 'approval.expired':
      return state;
    case 'user.interrupted':
      return { ...state, interruption: event.message };
    case 'tool.suspended':
      return updateCall(withNestedUsage(state, event), event.index, {
        status: 'pending',
        nestedPending: event.pending,
        ...(event.suspensions !== undefined && { suspensions: event.suspensions }),
      });
    case 'run.suspended':
      return { ...withNestedUsage(state, event), isSuspended: true };
    case 'tool.finished':
    case 'tool.failed':
    case 'tool.skipped':
      return closeCall(state, event);
    case 'step.finished':
    case 'step.failed':
      return applyNamedStep(state, event);
    case 'flow.ended':
      return { ...state, runEnd: event.end };
  }
}

function applyStart(
  state: RunState,
  { state: remembered, startingAgent, standingApprovals = [] }: RunStartedEvent,
): RunState {
  const begun = { ...state, startingAgent, standingApprovals };
  return remembered === undefined ? begun : { ...begun, remembered: createRememberedState(remembered) };
}

function applyFailure(state: RunState, event: ModelFailedEvent): RunState {
  const { error, failedAttempts: attempts, usage } = event;
  return { ...withNestedUsage(withRequestUsage(state, usage), event), runEnd: { status: 'failed', error, attempts } };
}

/** A run inside has its own share; a call counts for its tool. */
function applyNamedStep(state: RunState, event: StepFinishedEvent | StepFailedEvent): RunState {
  const { kind, target, nestedUsage, usageBy: inside, nestedToolCallCount = 0 } = event;
  const by = target === undefined ? {} : kind === 'run' ? { agent: target } : { tool: target };
  const used =
    nestedUsage === undefined ? state : withUsage(state, { usage: nestedUsage, ...by, ...(inside && { inside }) });
  return { ...used, toolCalls: used.toolCalls + nestedToolCallCount };
}

function applyResponse(state: RunState, event: ModelRespondedEvent): RunState {
  const { message, finishReason, turn, rejection } = event;
  const kind = classifyResponse(message, finishReason);
  const isAccepted = rejection === undefined;
  const isHistory = kind === 'calls' || kind === 'text' || kind === 'refused';
  const { before = [], after = [] } = event.steeringMessages ?? {};
  const keepsCalls = isAccepted && kind !== 'refused';
  const messages = isHistory || !isAccepted ? [keepsCalls ? message : withoutCalls(message)] : [];
  const used = withMessages(withNestedUsage(state, event), ...before, ...messages, ...after);
  const share = { agent: state.speaker?.to, turns: 1, usage: event.usage, durationMs: event.durationMs };
  return {
    ...used,
    usage: addUsage(used.usage, event.usage),
    lastUsage: event.usage,
    shares: addShare(used.shares, share),
    turn,
    countedPrefix: toCountedPrefix(event, getVisibleHistory(used).length - after.length) ?? state.countedPrefix,
    calls: kind === 'calls' && isAccepted ? toCallStates(event) : [],
    hasCalled: state.hasCalled || (kind === 'calls' && isAccepted),
    results: [],
    lastResponse: after.length > 0 ? undefined : toLastResponse(event, kind),
    reprompts: isHistory && isAccepted ? { ...state.reprompts, empty: 0, cut: 0 } : state.reprompts,
    guardRetries: isHistory && isAccepted ? NONE : state.guardRetries,
    output: undefined,
    interruption: undefined,
    isSuspended: false,
  };
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

function toLastResponse({ message, clampedByLimit, rejection }: ModelRespondedEvent, kind: ResponseKind): LastResponse {
  return { kind, text: getMessageText(message), refusal: readRefusal(message), clampedByLimit, rejection };
}

function applyReprompt(state: RunState, { reason, guard = '', message }: ModelRepromptedEvent): RunState {
  const next = { ...withMessages(state, message), lastResponse: undefined, output: undefined };
  const counted = reason === 'guard' && state.lastResponse?.rejection?.maxRetries === undefined ? 'output' : reason;
  if (counted !== 'guard')
    return { ...next, reprompts: { ...state.reprompts, [counted]: state.reprompts[counted] + 1 } };
  const retries = (state.guardRetries.get(guard) ?? 0) + 1;
  return { ...next, guardRetries: new Map(state.guardRetries).set(guard, retries) };
}

/**
 * Counts of retries and failures belong to one agent: the next agent starts without them. The handoff to the agent that a run begins with
 * does not count.
 */
function applyHandoff(before: RunState, event: HandoffCompletedEvent): RunState {
  const state = withFilteredHistory(withNestedUsage(before, event), event.edits ?? []);
  const { handoffs, reprompts } = state;
  const remembered =
    event.state === undefined
      ? state.remembered
      : createRememberedState(event.state, (state.remembered?.version ?? 0) + 1);
  const none = { guardRetries: NONE, invalidCalls: NONE, repeatedFailures: NONE };
  const anew = { tools: undefined, hasCalled: false, results: [], memory: {}, countedPrefix: undefined, ...none };
  const counted = event.turn === 0 ? 0 : 1;
  const shares =
    counted === 0 ? state.shares : addShare(state.shares, { agent: before.speaker?.to, handoffs: counted });
  return {
    ...state,
    ...anew,
    remembered,
    shares,
    reprompts: { ...reprompts, output: 0 },
    speaker: event,
    startingAgent: undefined,
    handoffs: handoffs + counted,
  };
}

/** The usage counts the conversation only if the first attempt succeeded: the tokens of a failed attempt are an estimate. */
function toCountedPrefix({ usage, failedAttempts }: ModelRespondedEvent, messages: number): RunState['countedPrefix'] {
  if (usage.requests !== 1 || usage.estimated || failedAttempts.length > 0) return undefined;
  return { tokens: usage.inputTokens + usage.outputTokens, messages };
}

/** The calls of a refusal never run. Left in the message, they would stay open. */
function withoutCalls({ tool_calls: _, ...message }: AssistantMessage): AssistantMessage {
  return message;
}

function withRequestUsage(state: RunState, usage: Usage): RunState {
  return { ...withUsage(state, { usage }), lastUsage: usage };
}

function toCallStates({ message, rawArguments: raw, mayWait = [] }: ModelRespondedEvent): readonly CallState[] {
  return (message.tool_calls ?? []).map((call, index) => {
    const written = raw?.[index];
    const asWritten: ToolCall =
      written === undefined || call.type === 'custom'
        ? call
        : { ...call, function: { ...call.function, arguments: written } };
    const untouched = { status: 'open', isEdited: false, unknownOutcomes: 0, repeats: 0 } as const;
    return { index, call: asWritten, canWait: mayWait.includes(index), ...untouched };
  });
}

function applyApprovalRequest(state: RunState, event: ApprovalRequestedEvent): RunState {
  const { index, pending, again } = event;
  const known = state.calls.find((call) => call.index === index);
  const { unknownOutcomes = 0, repeats = 0 } = known ?? {};
  const counts = {
    unknownOutcomes: hasBegun(pending.reason) && again === undefined ? unknownOutcomes + 1 : unknownOutcomes,
    repeats: again === undefined ? repeats : repeats + 1,
  };
  const restored = known === undefined || again === undefined ? {} : { call: getOriginalCall(known), isEdited: false };
  const suspended = pending.reason === 'suspended' ? { suspendedState: event.state, resumeData: undefined } : {};
  const change = {
    status: 'pending',
    pending,
    nestedPending: undefined,
    ...counts,
    ...restored,
    ...suspended,
  } as const;
  return updateCall(withNestedUsage(state, event), index, change);
}

function applyAnswer(
  state: RunState,
  { index, answer, standingApproval }: Extract<JournalEvent, { type: 'approval.answered' }>,
): RunState {
  switch (answer.type) {
    case 'approve': {
      const given = standingApproval === undefined ? [] : [standingApproval];
      const approved = updateCall(state, index, { status: 'approved' });
      return { ...approved, standingApprovals: [...state.standingApprovals, ...given] };
    }
    case 'deny':
    case 'result':
      return state;
    case 'edit':
      return updateCall(state, index, { status: 'approved', edited: answer.arguments });
    case 'resume': {
      const { suspendedState = null } = state.calls.find((call) => call.index === index) ?? {};
      return updateCall(state, index, {
        status: 'approved',
        resumeData: { state: suspendedState, value: answer.value },
      });
    }
  }
}

function markReported(
  failures: RunState['repeatedFailures'],
  { tool, count }: ToolRepeatedFailureEvent,
): RunState['repeatedFailures'] {
  const mark = (each: RepeatedFailure): RepeatedFailure =>
    each.tool === tool && each.count === count ? { ...each, reportedAt: each.reportedAt ?? count } : each;
  return new Map([...failures].map(([key, each]) => [key, mark(each)]));
}
