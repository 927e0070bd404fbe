import type { Message } from '../chat/message.ts';
import type { HistoryEdit } from '../event/history-edit.ts';
import type { TurnPreparedEvent } from '../event/journal-event.ts';
import type { RunState } from './state.ts';
import { withEdits, withMessages } from './visible-history.ts';

/** Adds the steering messages of a turn's plan to the history and applies its edits. */
export function applyPlan(
  state: RunState,
  { steeringMessages = [], edits = [], memory = state.memory }: TurnPreparedEvent,
): RunState {
  return { ...withEdits(withMessages(state, ...steeringMessages), edits), memory };
}

/** Finds the differences between two lists of messages. Messages that stay are the same objects, in the same order. */
export function findEdits(before: readonly Message[], after: readonly Message[]): readonly HistoryEdit[] {
  const positions = new Map(before.map((message, index) => [message, index]));
  const edits: HistoryEdit[] = [];
  let at = 0;
  let replacement: Message[] = [];
  const close = (to: number): void => {
    if (to > at || replacement.length > 0) edits.push({ from: at, to, messages: replacement });
    replacement = [];
  };
  for (const message of after) {
    const position = positions.get(message);
    if (position === undefined || position < at) replacement.push(message);
    else {
      close(position);
      at = position + 1;
    }
  }
  close(before.length);
  return edits;
}
