import type { History } from '../chat/history.ts';
import type { Message } from '../chat/message.ts';
import type { HistoryEdit } from '../event/history-edit.ts';
import type { RunState } from './state.ts';

/** What models are sent: the speaker's view, or the whole history. */
export function seenHistory({ history, view }: RunState): History {
  return view === undefined ? history : view.history;
}

/** The state with messages at the end of the conversation; whoever speaks sees them. */
export function withMessages(state: RunState, ...messages: readonly Message[]): RunState {
  if (messages.length === 0) return state;
  const { history, view } = state;
  const appended = { ...state, history: history.append(...messages) };
  return view === undefined ? appended : { ...appended, view: { ...view, history: view.history.append(...messages) } };
}

/** The state in which the next agent sees the conversation with these edits. The conversation itself keeps every message. */
export function withView(state: RunState, edits: readonly HistoryEdit[]): RunState {
  if (edits.length === 0) return { ...state, view: undefined };
  const { kept, gone } = applyEdits(state.history.messages, edits);
  const { history } = state;
  return { ...state, view: { history: history.replaceMessages(kept), hidden: gone, since: history.length } };
}

/**
 * The state with other messages in the place of some that the speaker sees, for good.
 *
 * With a view the conversation itself is changed as well, but only in what was said since the handoff: what an agent makes of a part that it
 * was shown must not delete anything of the whole.
 */
export function withEdits(state: RunState, edits: readonly HistoryEdit[]): RunState {
  if (edits.length === 0) return state;
  const { view } = state;
  if (view === undefined) return replaced(state, edits);
  const seen = view.history.messages;
  const positions = positionsOf(state.history.messages);
  const located = edits.map((edit) => locate(edit, { seen, positions, since: view.since }));
  // A part that goes may be told in the message that stands for another part: it goes only together with that one.
  const isWhole = located.every((edit) => edit !== undefined);
  const lasting = located.flatMap((edit) =>
    edit === undefined || (!isWhole && edit.messages.length === 0) ? [] : edit,
  );
  const { kept, gone } = applyEdits(seen, edits);
  const isLasting = new Set(lasting.flatMap(({ from, to }) => state.history.messages.slice(from, to)));
  const hidden = [...view.hidden, ...gone.filter((message) => !isLasting.has(message))];
  const changed = lasting.length === 0 ? state : replaced(state, lasting);
  return { ...changed, counted: undefined, view: { ...view, history: changed.history.replaceMessages(kept), hidden } };
}

function replaced(state: RunState, edits: readonly HistoryEdit[]): RunState {
  const { kept, gone } = applyEdits(state.history.messages, edits);
  const history = state.history.replaceMessages(kept);
  return { ...state, history, earlier: [...state.earlier, ...gone], counted: undefined };
}

interface Applied {
  readonly kept: readonly Message[];
  readonly gone: readonly Message[];
}

function applyEdits(messages: readonly Message[], edits: readonly HistoryEdit[]): Applied {
  const kept: Message[] = [];
  const gone: Message[] = [];
  let at = 0;
  for (const { from, to, messages: instead } of edits) {
    kept.push(...messages.slice(at, from), ...instead);
    gone.push(...messages.slice(from, to));
    at = to;
  }
  return { kept: [...kept, ...messages.slice(at)], gone };
}

function positionsOf(messages: readonly Message[]): ReadonlyMap<Message, number> {
  return new Map(messages.map((message, index) => [message, index]));
}

interface Seen {
  readonly seen: readonly Message[];
  readonly positions: ReadonlyMap<Message, number>;
  readonly since: number;
}

/** The same edit of the whole conversation; `undefined` if not all of its messages were said since the handoff, one after the other. */
function locate({ from, to, messages }: HistoryEdit, { seen, positions, since }: Seen): HistoryEdit | undefined {
  const before = seen[from - 1];
  const gone = seen.slice(from, to).map((message) => positions.get(message));
  const after = before === undefined ? undefined : positions.get(before);
  const start = gone.length > 0 ? gone[0] : after === undefined ? undefined : after + 1;
  if (start === undefined || start < since) return undefined;
  if (gone.some((position, index) => position !== start + index)) return undefined;
  return { from: start, to: start + gone.length, messages };
}
