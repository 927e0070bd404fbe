import { CANCELLED } from '../chat/history.ts';
import type { Message, ToolMessage } from '../chat/message.ts';
import type { Outcome, OutcomeBase, PendingCall } from '../event/outcome.ts';
import type { Conclusion } from './action.ts';
import { partsMessage, toolMessage } from './calls.ts';
import { sharesOf } from './shares.ts';
import type { CallState, RunState } from './state.ts';

/** An outcome, with everything that every outcome has. */
export function outcomeOf(
  state: RunState,
  { conclusion, runId, agent }: { readonly conclusion: Conclusion; readonly runId: string; readonly agent: string },
): Outcome<unknown> {
  const ending: OutcomeBase = {
    runId,
    agent: state.speaker?.to ?? agent,
    messages: transcript(state),
    usage: state.usage,
    turnCount: state.turn,
    toolCallCount: state.toolCalls,
    durationMs: state.activeMs,
  };
  if (conclusion.status !== 'limited') return { ...conclusion, ...ending };
  const { limit } = conclusion;
  return { ...conclusion, spentBy: sharesOf(state.shares, { limit, agent }), ...ending };
}

/** The conversation so far as it can be sent: calls that are still open are answered as what they are. */
export function transcript({ history, calls, interruption }: RunState): readonly Message[] {
  const closed = calls.flatMap((call) => (call.closed === undefined ? [] : [call.closed]));
  const said = interruption === undefined ? [] : [interruption];
  return history.append(...calls.map(answerOf), ...partsMessage(closed), ...said).messages;
}

function answerOf({ call, closed, status, pending, inner }: CallState): ToolMessage {
  if (closed !== undefined) return toolMessage(closed);
  const waits = inner === undefined ? PENDING[pending?.reason ?? 'approval'] : BEGUN;
  return { role: 'tool', tool_call_id: call.id, content: status === 'pending' ? waits : CANCELLED };
}

const PENDING: Readonly<Record<PendingCall['reason'], string>> = {
  approval: 'Pending: this call waits for approval and has not run.',
  external_result: 'Pending: this call waits for an answer.',
  suspended: 'Pending: this call has begun, and waits for somebody.',
  unknown_outcome:
    'Pending: the outcome of this call is unknown: the process stopped while it ran. It may or may not have had its effect, and waits for somebody to say.',
};

const BEGUN = 'Pending: this call has begun, and something in it waits for somebody.';
