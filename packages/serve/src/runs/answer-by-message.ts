import { ApprovalError } from '@pawl/core';
import type { Message, ToolMessage } from '@pawl/core/chat';
import type { RunProgress } from '@pawl/core/host';
import { formatOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';
import { formatCallId, locatePendingCall, parseCallId } from '../protocol/call-id.ts';
import { isCallerCall, listToolNames } from '../protocol/chat/completion.ts';
import { HttpProblem } from '../protocol/problem.ts';
import { readKeptRequest } from './caller-tools.ts';
import type { RunControl } from './run-control.ts';
import type { RunRegistry } from './run-registry.ts';

export interface AnsweringMessages {
  readonly registry: RunRegistry;
  readonly control: RunControl;
  readonly principal: Principal;
  readonly agent: string;
  readonly messages: readonly Message[];
  readonly isStreamed: boolean;
}

/** A run that the results of a caller's own tools continue. */
export interface ContinuedRun {
  readonly runId: string;
  /** The turn of the calls. The client has it and the turns before. */
  readonly afterTurn: number;
}

/**
 * Continues the run whose calls the last messages answer: results of the caller's own tools, in a run of the same owner and agent. No other pending
 * call takes a result from a message. Returns `undefined` if the messages answer no run: they begin a new one.
 *
 * Results that the run has already are a request that is sent again: the client gets the same run.
 */
export async function answerByMessage(given: AnsweringMessages): Promise<ContinuedRun | undefined> {
  const results = listTrailingResults(given.messages);
  const places = results.map(({ tool_call_id: id }) => parseCallId(id));
  const last = places.at(-1);
  if (last === undefined || places.some((each) => each?.runId !== last.runId)) return undefined;
  const progress = await findOwn(given, last.runId);
  if (progress === undefined) return undefined;
  const afterTurn = Math.max(...places.map((each) => each?.turn ?? 0));
  const pending = findPending(progress, results);
  if (pending.length === 0) return hasResults(progress, results) ? { runId: last.runId, afterTurn } : undefined;
  for (const { id, fingerprint, value } of pending) await answer(given, { runId: last.runId, id, fingerprint, value });
  await given.registry.resume(last.runId, { isStreamed: given.isStreamed });
  return { runId: last.runId, afterTurn };
}

function listTrailingResults(messages: readonly Message[]): readonly ToolMessage[] {
  const first = messages.findLastIndex(({ role }) => role !== 'tool') + 1;
  return messages.slice(first).filter((message) => message.role === 'tool');
}

async function findOwn(
  { control, principal, agent }: AnsweringMessages,
  runId: string,
): Promise<RunProgress | undefined> {
  try {
    const progress = await control.findWithEvents(principal, runId);
    const { record } = progress;
    return record.owner === formatOwner(principal) && record.agent === agent ? progress : undefined;
  } catch (error) {
    if (HttpProblem.isInstance(error) && error.status === 404) return undefined;
    throw error;
  }
}

interface PendingResult {
  readonly id: string;
  readonly fingerprint: string;
  readonly value: string;
}

function findPending({ record, outcome }: RunProgress, results: readonly ToolMessage[]): readonly PendingResult[] {
  if (outcome?.status !== 'suspended') return [];
  const callerTools = listToolNames(readKeptRequest(record.metadata).tools);
  const values = new Map(results.map(({ tool_call_id: id, content }) => [id, readContent(content)]));
  return outcome.pending.flatMap((call) => {
    const value = values.get(formatCallId(locatePendingCall(record.runId, call.id)));
    if (value === undefined || !isCallerCall(call, callerTools)) return [];
    return [{ id: call.id, fingerprint: call.fingerprint, value }];
  });
}

async function answer(
  { control, principal }: AnsweringMessages,
  { runId, id, fingerprint, value }: PendingResult & { readonly runId: string },
): Promise<void> {
  try {
    await control.giveResult(principal, runId, { pending: id, answer: { type: 'result', fingerprint, value } });
  } catch (error) {
    // The first try of the same request has given it.
    if (!ApprovalError.isInstance(error) || error.code !== 'approval.used') throw error;
  }
}

/** Whether the run got exactly these results before. */
function hasResults({ record, events }: RunProgress, results: readonly ToolMessage[]): boolean {
  const known = new Map<string, string>();
  for (const { path, event } of events) {
    if (event.type !== 'approval.answered' || event.answer.type !== 'result') continue;
    const place = { runId: record.runId, path, turn: event.turn, index: event.index };
    known.set(formatCallId(place), JSON.stringify(event.answer.value));
  }
  return results.every(({ tool_call_id: id, content }) => known.get(id) === JSON.stringify(readContent(content)));
}

function readContent(content: ToolMessage['content']): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('');
}
