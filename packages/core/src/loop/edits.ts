import type { Message } from '../chat/message.ts';
import type { TurnPlanned } from '../event/fact.ts';
import type { HistoryEdit } from '../event/history-edit.ts';
import type { RunState } from './state.ts';

/** The state with what a turn's plan has put into the history: what the user had said meanwhile, and what middleware changed for good. */
export function planned(state: RunState, { steered = [], edits = [] }: TurnPlanned): RunState {
  return edited({ ...state, history: state.history.append(...steered) }, edits);
}

/** The state with other messages in the place of some of its history. What they replace is kept apart. */
export function edited(state: RunState, edits: readonly HistoryEdit[]): RunState {
  if (edits.length === 0) return state;
  const { messages } = state.history;
  const kept: Message[] = [];
  const gone: Message[] = [];
  let at = 0;
  for (const { from, to, messages: instead } of edits) {
    kept.push(...messages.slice(at, from), ...instead);
    gone.push(...messages.slice(from, to));
    at = to;
  }
  const history = state.history.replaced([...kept, ...messages.slice(at)]);
  return { ...state, history, earlier: [...state.earlier, ...gone], counted: undefined };
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
