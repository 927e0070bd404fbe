import { History } from '../chat/history.ts';
import { readInput } from '../chat/read-input.ts';
import type { RunRecord } from '../host/host.ts';
import { apply } from '../loop/apply.ts';
import { initialState } from '../loop/state.ts';
import { transcript } from '../loop/transcript.ts';

/** The conversation that a run begins with. Of a forked one it is what the other had at that point, and what is said then. */
export function historyOf({ messages, forked, isEnqueued }: RunRecord): History {
  // What was enqueued, nobody has looked at.
  if (forked?.conversation === undefined) return isEnqueued ? readInput(messages) : History.from(messages);
  const { record, facts, input } = forked.conversation;
  const state = facts.reduce(apply, initialState(historyOf(record)));
  return readInput([...transcript(state), ...input]);
}
