import type { Message } from '../chat/message.ts';
import type { HistoryEdit } from '../event/history-edit.ts';
import type { TurnPreparedEvent } from '../event/journal-event.ts';
import type { RunState } from './state.ts';
import { withEdits, withMessages } from './view.ts';

/** The state with what a turn's plan has put into the history: what the user had said meanwhile, and what middleware changed for good. */
export function planned(
  state: RunState,
  { steeringMessages: steered = [], edits = [], memory = state.memory }: TurnPreparedEvent,
): RunState {
  return { ...withEdits(withMessages(state, ...steered), edits), memory };
}

/** What was changed between two lists of messages, of which those that stayed are the same objects, in the same order. */
export function editsBetween(before: readonly Message[], after: readonly Message[]): readonly HistoryEdit[] {
  const positions = new Map(before.map((message, index) => [message, index]));
  const edits: HistoryEdit[] = [];
  let at = 0;
  let instead: Message[] = [];
  const close = (to: number): void => {
    if (to > at || instead.length > 0) edits.push({ from: at, to, messages: instead });
    instead = [];
  };
  for (const message of after) {
    const position = positions.get(message);
    if (position === undefined || position < at) instead.push(message);
    else {
      close(position);
      at = position + 1;
    }
  }
  close(before.length);
  return edits;
}
