import { isRecord, type Json, parseJson, stringifyCanonical } from '../base/json.ts';
import {
  callArguments,
  callName,
  type Message,
  type ToolCall,
  type ToolMessage,
  type UserMessage,
} from '../chat/message.ts';
import type { ToolCallClosedEvent, ToolFinishedEvent, ToolSkippedEvent } from '../event/journal-event.ts';
import type { PendingCall } from '../event/outcome.ts';
import { addUsage, type Usage } from '../event/usage.ts';
import { type Taken, withShare } from './shares.ts';
import type { CallState, Ended, Failing, Misses, RunState } from './state.ts';
import { withMessages } from './view.ts';

interface CallChange
  extends Partial<
    Pick<CallState, 'status' | 'doubts' | 'repeats' | 'pending' | 'inner' | 'closed' | 'call' | 'isEdited'>
  > {
  /** The arguments that a person put in place of the model's. */
  readonly edited?: Json;
}

/** The state with one of its calls changed. */
export function updateCall(state: RunState, index: number, { edited, ...change }: CallChange): RunState {
  const calls = state.calls.map((each) => {
    if (each.index !== index) return each;
    if (edited === undefined) return { ...each, ...change };
    return { ...each, ...change, isEdited: true, written: writtenCall(each), call: withArguments(each, edited) };
  });
  return { ...state, calls };
}

/** The call as the model wrote it. */
export function writtenCall({ written, call }: CallState): ToolCall {
  return written ?? call;
}

/** What a person saw as a text is edited as a text, also where it was put into the form of the function. */
function withArguments({ call, pending }: CallState, edited: Json): ToolCall {
  const text = typeof pending?.input === 'string' ? textOfEdit(edited) : undefined;
  if (call.type === 'custom') return { ...call, custom: { ...call.custom, input: text ?? JSON.stringify(edited) } };
  const json = JSON.stringify(text === undefined ? edited : { input: text });
  return { ...call, function: { ...call.function, arguments: json } };
}

function textOfEdit(edited: Json): string | undefined {
  const input = isRecord(edited) && Object.keys(edited).length === 1 ? edited['input'] : edited;
  return typeof input === 'string' ? input : undefined;
}

/** The state after a call was answered. With the last one of a turn the answers enter the history, in the model's order. */
export function closeCall(before: RunState, fact: ToolCallClosedEvent): RunState {
  const state = updateCall(spentInside(before, fact), fact.index, { status: 'closed', closed: fact });
  const counted: RunState = {
    ...state,
    toolCalls: state.toolCalls + (fact.type === 'tool.skipped' ? 0 : 1),
    shares: fact.type === 'tool.skipped' ? state.shares : withShare(state.shares, shareOf(fact, before)),
    over: state.over ?? overBy(fact),
    ended: state.ended ?? endedBy(fact),
  };
  const closed = counted.calls.flatMap((call) => (call.closed === undefined ? [] : [call.closed]));
  return closed.length < counted.calls.length ? counted : turnClosed(counted, closed);
}

/** Whether a call that waits for this reason has begun, so that letting it run is letting it run again. */
export function hasBegun(reason: PendingCall['reason']): boolean {
  return reason === 'unknown_outcome' || reason === 'suspended';
}

interface Spent {
  readonly index?: number;
  readonly spent?: Usage;
  readonly nestedToolCallCount?: number;
  readonly middlewareUsage?: Usage;
}

/**
 * What a run inside the run has used is counted once: by the fact that closes its call, or that it is suspended with. So is what
 * was asked aside. Neither says how large this conversation is.
 */
export function spentInside(
  state: RunState,
  { index, spent, nestedToolCallCount = 0, middlewareUsage: aside }: Spent,
): RunState {
  const before = aside === undefined ? state : withSpent(state, { usage: aside });
  if (spent === undefined) return before;
  const call = state.calls.find((each) => each.index === index)?.call;
  const { toolCalls } = before;
  const after = withSpent(before, { usage: spent, ...(call && { tool: callName(call) }) });
  return { ...after, toolCalls: toolCalls + nestedToolCallCount };
}

/** What was used, and by whom: by the one who speaks, or one of its tools. */
export function withSpent(
  state: RunState,
  { usage, tool }: { readonly usage: Usage; readonly tool?: string },
): RunState {
  const { totalTokens: tokens, cost } = usage;
  const by = { agent: state.speaker?.to, ...(tool === undefined ? {} : { tool }) };
  return { ...state, usage: addUsage(state.usage, usage), shares: withShare(state.shares, { ...by, tokens, cost }) };
}

function shareOf(fact: Exclude<ToolCallClosedEvent, ToolSkippedEvent>, { speaker }: RunState): Taken {
  const { nestedToolCallCount = 0, durationMs } = fact;
  return { agent: speaker?.to, tool: nameOf(fact), toolCalls: 1 + nestedToolCallCount, durationMs };
}

function overBy(fact: ToolCallClosedEvent): RunState['over'] {
  if (fact.type !== 'tool.skipped' || fact.reason !== 'limit') return undefined;
  const { limit, outerLimit: around } = fact;
  return { limit: limit === 'handoffs' ? limit : 'toolCalls', ...(around === undefined ? {} : { around }) };
}

function endedBy(fact: ToolCallClosedEvent): RunState['ended'] {
  if (fact.type !== 'tool.failed') return undefined;
  if (fact.reason === 'refused') return refusedBy({ ...fact, reason: fact.error.message });
  return fact.reason === 'aborted' ? { status: 'aborted', reason: fact.error.message } : undefined;
}

export function refusedBy({ reason, guard }: { readonly reason: string; readonly guard?: string }): Ended {
  return { status: 'refused', refusal: reason, ...(guard === undefined ? {} : { guard }) };
}

function turnClosed(state: RunState, closed: readonly ToolCallClosedEvent[]): RunState {
  const messages = [...resultsOf(closed), ...partsMessage(closed)];
  const { interruption } = state;
  return {
    ...withMessages(state, ...messages, ...(interruption === undefined ? [] : [interruption])),
    calls: [],
    results: closed,
    word: undefined,
    interruption: undefined,
    misses: countMisses(state.misses, closed),
    failing: countFailing(state.failing, closed),
  };
}

/** A conversation goes to one agent. */
function resultsOf(closed: readonly ToolCallClosedEvent[]): readonly ToolMessage[] {
  const over = closed.find(handsOver);
  return closed.map((fact) =>
    fact === over || !handsOver(fact) ? toolMessage(fact) : { ...toolMessage(fact), content: LATE },
  );
}

const LATE = 'Not handed over: another agent was asked for before, in the same turn.';

export function handsOver(fact: ToolCallClosedEvent): fact is ToolFinishedEvent & { readonly handoffTo: string } {
  return fact.type === 'tool.finished' && fact.handoffTo !== undefined;
}

export function toolMessage({ call, content }: ToolCallClosedEvent): ToolMessage {
  return { role: 'tool', tool_call_id: call.id, content };
}

/** Images and files can't stand in a tool message: they follow the turn's last result in a user message. */
export function partsMessage(closed: readonly ToolCallClosedEvent[]): readonly UserMessage[] {
  const content = closed.flatMap((fact) => {
    if (fact.type !== 'tool.finished' || fact.parts === undefined) return [];
    return [{ type: 'text' as const, text: `From ${callName(fact.call)} (${fact.call.id}):` }, ...fact.parts];
  });
  return content.length === 0 ? [] : [{ role: 'user', content }];
}

/** Whether a user message holds the images and files of the results before it. */
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

/** A tool with no call that passed this turn missed once more, however many calls it had; one that passed starts over. */
function countMisses(before: RunState['misses'], closed: readonly ToolCallClosedEvent[]): RunState['misses'] {
  if (before.size === 0 && !closed.some(isMiss)) return before;
  const misses = new Map<string, Misses>(before);
  const passed = new Set(closed.filter((fact) => !isMiss(fact) && fact.type !== 'tool.skipped').map(nameOf));
  for (const name of passed) misses.delete(name);
  for (const [name, issue] of new Map(closed.filter(isMiss).map((fact) => [nameOf(fact), fact.content]))) {
    if (!passed.has(name)) misses.set(name, { turns: (before.get(name)?.turns ?? 0) + 1, issue });
  }
  return misses;
}

function isMiss(fact: ToolCallClosedEvent): boolean {
  return fact.type === 'tool.failed' && (fact.reason === 'invalid' || fact.reason === 'unknown');
}

function nameOf({ call }: ToolCallClosedEvent): string {
  return callName(call);
}

/** Only calls that passed validation count: the others have a budget of their own. */
function countFailing(before: RunState['failing'], closed: readonly ToolCallClosedEvent[]): RunState['failing'] {
  if (before.size === 0 && !closed.some(({ type }) => type === 'tool.failed')) return before;
  const failing = new Map<string, Failing>(before);
  for (const fact of closed) {
    if (fact.type === 'tool.skipped' || isMiss(fact)) continue;
    const key = signature(fact.call);
    if (fact.type === 'tool.finished') failing.delete(key);
    else {
      const { count = 0, toldAt } = failing.get(key) ?? {};
      failing.set(key, { tool: callName(fact.call), count: count + 1, toldAt });
    }
  }
  return failing;
}

/** The same for the same tool and arguments, whatever the order of their keys. */
function signature(call: ToolCall): string {
  const parsed = parseJson(callArguments(call));
  return `${callName(call)} ${parsed.ok ? stringifyCanonical(parsed.value) : callArguments(call)}`;
}
