import { CANCELLED } from '../chat/history.ts';
import type { Message, ToolMessage } from '../chat/message.ts';
import type { Conclusion, Outcome, OutcomeBase, PendingCall } from '../event/outcome.ts';
import { toPartsMessages, toToolMessage } from './calls.ts';
import { listShares, listUsageShares } from './shares.ts';
import type { CallState, RunState } from './state.ts';

/** Adds the fields that every outcome has. */
export function createOutcome(
  state: RunState,
  { conclusion, runId, agent }: { readonly conclusion: Conclusion; readonly runId: string; readonly agent: string },
): Outcome<unknown> {
  const ending: OutcomeBase = {
    runId,
    agent: state.startingAgent ?? state.speaker?.to ?? agent,
    messages: buildTranscript(state),
    ...(state.remembered !== undefined && { state: state.remembered.value }),
    ...(state.standingApprovals.length > 0 && { standingApprovals: state.standingApprovals }),
    usage: state.usage,
    usageBy: listUsageShares(state.shares, agent),
    turnCount: state.turn,
    toolCallCount: state.toolCalls,
    durationMs: state.activeMs,
  };
  if (conclusion.status !== 'limited') return { ...conclusion, ...ending };
  const { limit } = conclusion;
  return { ...conclusion, spentBy: listShares(state.shares, { limit, agent }), ...ending };
}

/** Builds a valid conversation: each open call gets a result that says why it has none. */
export function buildTranscript({ history, calls, interruption }: RunState): readonly Message[] {
  const closed = calls.flatMap((call) => (call.closedBy === undefined ? [] : [call.closedBy]));
  const interruptions = interruption === undefined ? [] : [interruption];
  return history.append(...calls.map(toResultMessage), ...toPartsMessages(closed), ...interruptions).messages;
}

function toResultMessage({ call, closedBy, status, pending, nestedPending }: CallState): ToolMessage {
  if (closedBy !== undefined) return toToolMessage(closedBy);
  const waits = nestedPending === undefined ? PENDING[pending?.reason ?? 'approval'] : NESTED;
  return { role: 'tool', tool_call_id: call.id, content: status === 'pending' ? waits : CANCELLED };
}

const PENDING: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'Pending: this call waits for approval and has not run.',
  external_result: 'Pending: this call waits for an external result.',
  suspended: 'Pending: this call has started and waits for an external answer.',
  unknown_outcome: 'Pending: the outcome of this call is unknown. It may have had its effect. It waits for a decision.',
};

const NESTED = 'Pending: this call has started, and a call inside it waits for an external answer.';
