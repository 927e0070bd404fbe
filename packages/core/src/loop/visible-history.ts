import type { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import type { HistoryEdit } from '../event/history-edit.ts';
import type { RunState } from './state.ts';

/** Returns the history that the model gets: the filtered history of the active agent, or the whole one. */
export function getVisibleHistory({ history, filteredHistory }: RunState): History {
  return filteredHistory === undefined ? history : filteredHistory.history;
}

/** Appends messages to the conversation. The active agent sees them. */
export function withMessages(state: RunState, ...messages: readonly Message[]): RunState {
  if (messages.length === 0) return state;
  const { history, filteredHistory } = state;
  const appended = { ...state, history: history.append(...messages) };
  return filteredHistory === undefined
    ? appended
    : { ...appended, filteredHistory: { ...filteredHistory, history: filteredHistory.history.append(...messages) } };
}

/** Applies the edits to what the next agent sees. The conversation itself keeps every message. */
export function withFilteredHistory(state: RunState, edits: readonly HistoryEdit[]): RunState {
  if (edits.length === 0) return { ...state, filteredHistory: undefined };
  const { kept, removed } = applyEdits(state.history.messages, edits);
  const { history } = state;
  return {
    ...state,
    filteredHistory: {
      history: history.replaceMessages(kept),
      hiddenMessages: removed,
      lengthAtHandoff: history.length,
    },
  };
}

/**
 * Replaces messages that the active agent sees, for the rest of the run.
 *
 * If the agent sees a filtered history, the edits change the conversation itself only after the handoff: a summary of a part must not
 * delete messages that the agent never saw.
 */
export function withEdits(state: RunState, edits: readonly HistoryEdit[]): RunState {
  if (edits.length === 0) return state;
  const { filteredHistory } = state;
  if (filteredHistory === undefined) return replaceMessages(state, edits);
  const seen = filteredHistory.history.messages;
  const positions = indexMessages(state.history.messages);
  const located = edits.map((edit) =>
    locateEdit(edit, { seen, positions, lengthAtHandoff: filteredHistory.lengthAtHandoff }),
  );
  // The replacement of another part may contain the removed part, so it is removed only if all edits apply.
  const isWhole = located.every((edit) => edit !== undefined);
  const lasting = located.flatMap((edit) =>
    edit === undefined || (!isWhole && edit.messages.length === 0) ? [] : edit,
  );
  const { kept, removed } = applyEdits(seen, edits);
  const isLasting = new Set(lasting.flatMap(({ from, to }) => state.history.messages.slice(from, to)));
  const hidden = [...filteredHistory.hiddenMessages, ...removed.filter((message) => !isLasting.has(message))];
  const changed = lasting.length === 0 ? state : replaceMessages(state, lasting);
  return {
    ...changed,
    countedPrefix: undefined,
    filteredHistory: { ...filteredHistory, history: changed.history.replaceMessages(kept), hiddenMessages: hidden },
  };
}

function replaceMessages(state: RunState, edits: readonly HistoryEdit[]): RunState {
  const { kept, removed } = applyEdits(state.history.messages, edits);
  const history = state.history.replaceMessages(kept);
  return { ...state, history, replacedMessages: [...state.replacedMessages, ...removed], countedPrefix: undefined };
}

interface EditResult {
  readonly kept: readonly Message[];
  readonly removed: readonly Message[];
}

function applyEdits(messages: readonly Message[], edits: readonly HistoryEdit[]): EditResult {
  const kept: Message[] = [];
  const removed: Message[] = [];
  let at = 0;
  for (const { from, to, messages: replacement } of edits) {
    kept.push(...messages.slice(at, from), ...replacement);
    removed.push(...messages.slice(from, to));
    at = to;
  }
  return { kept: [...kept, ...messages.slice(at)], removed };
}

function indexMessages(messages: readonly Message[]): ReadonlyMap<Message, number> {
  return new Map(messages.map((message, index) => [message, index]));
}

interface EditScope {
  readonly seen: readonly Message[];
  readonly positions: ReadonlyMap<Message, number>;
  readonly lengthAtHandoff: number;
}

/** Translates an edit to the whole conversation; `undefined` if its messages are not consecutive there, or older than the handoff. */
function locateEdit(
  { from, to, messages }: HistoryEdit,
  { seen, positions, lengthAtHandoff }: EditScope,
): HistoryEdit | undefined {
  const before = seen[from - 1];
  const removed = seen.slice(from, to).map((message) => positions.get(message));
  const after = before === undefined ? undefined : positions.get(before);
  const start = removed.length > 0 ? removed[0] : after === undefined ? undefined : after + 1;
  if (start === undefined || start < lengthAtHandoff) return undefined;
  if (removed.some((position, index) => position !== start + index)) return undefined;
  return { from: start, to: start + removed.length, messages };
}
