import { isRecord, type Json, parseJson, stringifyCanonical } from '../base/json.ts';
import {
  getCallArguments,
  getCallName,
  type Message,
  type ToolCall,
  type ToolMessage,
  type UserMessage,
} from '../chat/message.ts';
import type { ToolCallClosedEvent, ToolFinishedEvent, ToolSkippedEvent } from '../event/journal-event.ts';
import type { PendingCall, UsageShare } from '../event/outcome.ts';
import { createRememberedState, foldStateChange } from '../event/remembered-state.ts';
import { addUsage, type Usage } from '../event/usage.ts';
import { describeStateConflict } from './loop-prompts.ts';
import { addShare, type SpentShare } from './shares.ts';
import type { CallState, InvalidCallCount, RepeatedFailure, RunEnd, RunState } from './state.ts';
import { withMessages } from './visible-history.ts';

interface CallChange
  extends Partial<
    Pick<
      CallState,
      | 'status'
      | 'unknownOutcomes'
      | 'repeats'
      | 'pending'
      | 'suspendedState'
      | 'resumeData'
      | 'nestedPending'
      | 'suspensions'
      | 'standingApproval'
      | 'closedBy'
      | 'call'
      | 'isEdited'
    >
  > {
  /** The arguments that a person wrote in place of the model's. */
  readonly edited?: Json;
}

/** Changes one call of the turn. */
export function updateCall(state: RunState, index: number, { edited, ...change }: CallChange): RunState {
  const calls = state.calls.map((each) => {
    if (each.index !== index) return each;
    if (edited === undefined) return { ...each, ...change };
    return {
      ...each,
      ...change,
      isEdited: true,
      originalCall: getOriginalCall(each),
      call: withArguments(each, edited),
    };
  });
  return { ...state, calls };
}

/** The call as the model wrote it. */
export function getOriginalCall({ originalCall, call }: CallState): ToolCall {
  return originalCall ?? call;
}

/** If a person saw the input as a text, the edit is a text too, even if the call has the form of a function. */
function withArguments({ call, pending }: CallState, edited: Json): ToolCall {
  const text = typeof pending?.input === 'string' ? readEditedText(edited) : undefined;
  if (call.type === 'custom') return { ...call, custom: { ...call.custom, input: text ?? JSON.stringify(edited) } };
  const json = JSON.stringify(text === undefined ? edited : { input: text });
  return { ...call, function: { ...call.function, arguments: json } };
}

function readEditedText(edited: Json): string | undefined {
  const input = isRecord(edited) && Object.keys(edited).length === 1 ? edited['input'] : edited;
  return typeof input === 'string' ? input : undefined;
}

/** Closes a call. The results of a turn enter the history together, after its last call, in the order of the model's calls. */
export function closeCall(before: RunState, event: ToolCallClosedEvent): RunState {
  const { remembered, closedBy } = foldState(before, event);
  const used = { ...withNestedUsage(before, event), remembered };
  const state = updateCall(used, event.index, { status: 'closed', closedBy });
  const counted: RunState = {
    ...state,
    toolCalls: state.toolCalls + (event.type === 'tool.skipped' ? 0 : 1),
    shares: event.type === 'tool.skipped' ? state.shares : addShare(state.shares, toShare(event, before)),
    exceededLimit: state.exceededLimit ?? findExceededLimit(event),
    runEnd: state.runEnd ?? findRunEnd(event),
  };
  const closed = counted.calls.flatMap((call) => (call.closedBy === undefined ? [] : [call.closedBy]));
  return closed.length < counted.calls.length ? counted : closeTurn(counted, closed);
}

/** Folds the change of a call into the state. If it conflicts with another one, the model reads that in the result. */
function foldState(
  { remembered }: RunState,
  event: ToolCallClosedEvent,
): Pick<RunState, 'remembered'> & { readonly closedBy: ToolCallClosedEvent } {
  if (event.type !== 'tool.finished' || event.stateChange === undefined) return { remembered, closedBy: event };
  const { state, conflicts } = foldStateChange(remembered ?? createRememberedState({}), event.stateChange);
  if (conflicts.length === 0) return { remembered: state, closedBy: event };
  return { remembered, closedBy: { ...event, content: `${event.content}\n${describeStateConflict(conflicts)}` } };
}

/** Whether a call that waits for this reason has already run: approving it runs it again. */
export function hasBegun(reason: PendingCall['reason']): boolean {
  return reason === 'unknown_outcome' || reason === 'suspended';
}

interface NestedUsage {
  readonly index?: number;
  readonly nestedUsage?: Usage;
  readonly usageBy?: readonly UsageShare[];
  readonly nestedToolCallCount?: number;
  readonly middlewareUsage?: Usage;
}

/**
 * Adds what a nested run and the middleware used. The event that closes or suspends the call has the usage of the nested run,
 * so it counts once. Neither usage says how large this conversation is, so `lastUsage` stays.
 */
export function withNestedUsage(
  state: RunState,
  { index, nestedUsage, usageBy: inside, nestedToolCallCount = 0, middlewareUsage }: NestedUsage,
): RunState {
  const before = middlewareUsage === undefined ? state : withUsage(state, { usage: middlewareUsage });
  if (nestedUsage === undefined && nestedToolCallCount === 0) return before;
  const call = state.calls.find((each) => each.index === index)?.call;
  const { toolCalls } = before;
  const after =
    nestedUsage === undefined
      ? before
      : withUsage(before, { usage: nestedUsage, ...(call && { tool: getCallName(call) }), ...(inside && { inside }) });
  return { ...after, toolCalls: toolCalls + nestedToolCallCount };
}

/** Adds usage to the run and to the share of the active agent, of another one, or of a tool. */
export function withUsage(
  state: RunState,
  { usage, ...by }: Partial<Pick<SpentShare, 'agent' | 'tool' | 'inside'>> & { readonly usage: Usage },
): RunState {
  const share = { agent: state.speaker?.to, ...by, usage };
  return { ...state, usage: addUsage(state.usage, usage), shares: addShare(state.shares, share) };
}

function toShare(event: Exclude<ToolCallClosedEvent, ToolSkippedEvent>, { speaker }: RunState): SpentShare {
  const { nestedToolCallCount = 0, durationMs } = event;
  return { agent: speaker?.to, tool: getToolName(event), toolCalls: 1 + nestedToolCallCount, durationMs };
}

function findExceededLimit(event: ToolCallClosedEvent): RunState['exceededLimit'] {
  if (event.type !== 'tool.skipped' || event.reason !== 'limit') return undefined;
  const { limit, outerLimit } = event;
  return { limit: limit === 'handoffs' ? limit : 'toolCalls', ...(outerLimit === undefined ? {} : { outerLimit }) };
}

function findRunEnd(event: ToolCallClosedEvent): RunState['runEnd'] {
  if (event.type !== 'tool.failed') return undefined;
  if (event.reason === 'refused') return toRefusedEnd({ ...event, reason: event.error.message });
  return event.reason === 'aborted' ? { status: 'aborted', reason: event.error.message } : undefined;
}

export function toRefusedEnd({ reason, guard }: { readonly reason: string; readonly guard?: string }): RunEnd {
  return { status: 'refused', refusal: reason, ...(guard === undefined ? {} : { guard }) };
}

function closeTurn(state: RunState, closed: readonly ToolCallClosedEvent[]): RunState {
  const messages = [...toResultMessages(closed), ...toPartsMessages(closed)];
  const { interruption } = state;
  return {
    ...withMessages(state, ...messages, ...(interruption === undefined ? [] : [interruption])),
    calls: [],
    results: closed,
    lastResponse: undefined,
    interruption: undefined,
    invalidCalls: countInvalidCalls(state.invalidCalls, closed),
    repeatedFailures: countRepeatedFailures(state.repeatedFailures, closed),
  };
}

/** Only the first handoff of a turn takes place. */
function toResultMessages(closed: readonly ToolCallClosedEvent[]): readonly ToolMessage[] {
  const handoff = closed.find(isHandoffResult);
  return closed.map((event) =>
    event === handoff || !isHandoffResult(event)
      ? toToolMessage(event)
      : { ...toToolMessage(event), content: SECOND_HANDOFF },
  );
}

const SECOND_HANDOFF = 'Not handed over: this turn has already handed the conversation over to another agent.';

export function isHandoffResult(
  event: ToolCallClosedEvent,
): event is ToolFinishedEvent & { readonly handoffTo: string } {
  return event.type === 'tool.finished' && event.handoffTo !== undefined;
}

export function toToolMessage({ call, content }: ToolCallClosedEvent): ToolMessage {
  return { role: 'tool', tool_call_id: call.id, content };
}

/** A tool message cannot hold images and files: they follow the last result of the turn in a user message. */
export function toPartsMessages(closed: readonly ToolCallClosedEvent[]): readonly UserMessage[] {
  const results = closed.flatMap((event) =>
    event.type === 'tool.finished' && event.parts !== undefined ? [{ call: event.call, parts: event.parts }] : [],
  );
  if (results.length === 0) return [];
  const content = results.flatMap(({ call, parts }) => [
    { type: 'text' as const, text: `From ${getCallName(call)} (${call.id}):` },
    ...parts,
  ]);
  const pawl_parts_of = results.map(({ call, parts }) => ({ tool_call_id: call.id, parts: parts.length }));
  return [{ role: 'user', content, pawl_parts_of }];
}

/** Whether a user message contains the images and files of the results before it. */
export function isPartsMessage(messages: readonly Message[], index: number): boolean {
  const { role, content } = messages[index] ?? {};
  const [first] = role === 'user' && Array.isArray(content) ? content : [];
  if (first?.type !== 'text') return false;
  for (let at = index - 1; ; at--) {
    const result = messages[at];
    if (result?.role !== 'tool') return false;
    if (first.text.startsWith('From ') && first.text.endsWith(` (${result.tool_call_id}):`)) return true;
  }
}

/** Counts a turn once for each tool all of whose calls were invalid. A valid call resets the count of its tool. */
function countInvalidCalls(
  before: RunState['invalidCalls'],
  closed: readonly ToolCallClosedEvent[],
): RunState['invalidCalls'] {
  if (before.size === 0 && !closed.some(isInvalidCall)) return before;
  const counts = new Map<string, InvalidCallCount>(before);
  const passed = new Set(
    closed.filter((event) => !isInvalidCall(event) && event.type !== 'tool.skipped').map(getToolName),
  );
  for (const name of passed) counts.delete(name);
  for (const [name, issue] of new Map(
    closed.filter(isInvalidCall).map((event) => [getToolName(event), event.content]),
  )) {
    if (!passed.has(name)) counts.set(name, { turns: (before.get(name)?.turns ?? 0) + 1, issue });
  }
  return counts;
}

function isInvalidCall(event: ToolCallClosedEvent): boolean {
  return event.type === 'tool.failed' && (event.reason === 'invalid' || event.reason === 'unknown');
}

function getToolName({ call }: ToolCallClosedEvent): string {
  return getCallName(call);
}

/** Counts only calls that passed validation: `countInvalidCalls` counts the others. */
function countRepeatedFailures(
  before: RunState['repeatedFailures'],
  closed: readonly ToolCallClosedEvent[],
): RunState['repeatedFailures'] {
  if (before.size === 0 && !closed.some(({ type }) => type === 'tool.failed')) return before;
  const failures = new Map<string, RepeatedFailure>(before);
  for (const event of closed) {
    if (event.type === 'tool.skipped' || isInvalidCall(event)) continue;
    const key = toSignature(event.call);
    if (event.type === 'tool.finished') failures.delete(key);
    else {
      const { count = 0, reportedAt } = failures.get(key) ?? {};
      failures.set(key, { tool: getCallName(event.call), count: count + 1, reportedAt });
    }
  }
  return failures;
}

/** Equal for calls of the same tool with the same arguments, in any order of keys. */
function toSignature(call: ToolCall): string {
  const parsed = parseJson(getCallArguments(call));
  return `${getCallName(call)} ${parsed.ok ? stringifyCanonical(parsed.value) : getCallArguments(call)}`;
}
