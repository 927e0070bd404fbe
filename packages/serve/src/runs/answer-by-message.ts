import { ApprovalError } from '@pawl/core';
import { getMessageText, type Message, type ToolMessage } from '@pawl/core/chat';
import type { RunProgress } from '@pawl/core/host';
import { formatOwner } from '../access/owner.ts';
import type { Principal } from '../access/principal.ts';
import { formatCallId, locatePendingCall, parseCallId } from '../protocol/call-id.ts';
import { isCallerCall, listToolNames } from '../protocol/chat/completion.ts';
import { readKeptRequest } from './caller-tools.ts';
import { listAnswers } from './list-answers.ts';
import type { RunControl } from './run-control.ts';
import type { RunRegistry } from './run-registry.ts';
import type { StartedRun } from './run-start.ts';

export interface AnsweringMessages {
  readonly registry: RunRegistry;
  readonly control: RunControl;
  readonly principal: Principal;
  readonly agent: string;
  readonly messages: readonly Message[];
  readonly isStreamed: boolean;
}

/**
 * Continues the run whose calls the last messages answer: results of the caller's own tools, in a run of the same owner and agent. No other pending
 * call takes a result from a message. Returns `undefined` if the messages answer no run: they begin a new one.
 *
 * Results that the run has already are a request that is sent again: the client gets the same run.
 */
export async function answerByMessage(given: AnsweringMessages): Promise<StartedRun | undefined> {
  const results = listTrailingResults(given.messages);
  const places = results.map(({ tool_call_id: id }) => parseCallId(id));
  const last = places.at(-1);
  if (last === undefined || places.some((each) => each?.runId !== last.runId)) return undefined;
  const { registry, control, principal, agent, isStreamed } = given;
  const { runId } = last;
  const run = await control.findIfVisible(principal, runId, { hasEvents: true });
  if (run === undefined || run.record.owner !== formatOwner(principal) || run.record.agent !== agent) return undefined;
  // The client has the turn of the calls, and those before.
  const afterTurn = Math.max(...places.map((each) => each?.turn ?? 0));
  const answered = { runId, isAttached: true, afterTurn };
  const pending = findPendingResults(run, results);
  if (pending.length === 0) return hasResults(run, results) ? answered : undefined;
  for (const each of pending) await answer(given, { runId, ...each });
  await registry.resume(run, { isStreamed });
  return answered;
}

/** Lists the results at the end of a conversation. */
export function listTrailingResults(messages: readonly Message[]): readonly ToolMessage[] {
  const first = messages.findLastIndex(({ role }) => role !== 'tool') + 1;
  return messages.slice(first).filter((message) => message.role === 'tool');
}

/** The result of a call that waits for it. */
export interface PendingResult {
  readonly id: string;
  readonly fingerprint: string;
  readonly value: string;
}

/** Finds the calls of the caller's own tools that wait for one of these results. */
export function findPendingResults(
  { record, outcome }: RunProgress,
  results: readonly ToolMessage[],
): readonly PendingResult[] {
  if (outcome?.status !== 'suspended') return [];
  const callerTools = listToolNames(readKeptRequest(record.metadata).tools);
  const values = new Map(results.map((result) => [result.tool_call_id, getMessageText(result)]));
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
    await control.recordAnswer(principal, runId, { pending: id, answer: { type: 'result', fingerprint, value } });
  } catch (error) {
    // The first try of the same request has given it.
    if (!ApprovalError.isInstance(error) || error.code !== 'approval.used') throw error;
  }
}

/** Whether the run got exactly these results before. */
function hasResults(run: RunProgress, results: readonly ToolMessage[]): boolean {
  const answers = listAnswers(run);
  return results.every((result) => {
    const known = answers.get(result.tool_call_id);
    return known?.type === 'result' && known.value === getMessageText(result);
  });
}
