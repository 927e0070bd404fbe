import type { Answer } from '@pawl/core';
import type { RunProgress } from '@pawl/core/host';
import { formatCallId } from '../protocol/call-id.ts';

/**
 * Lists the answers that calls of a run got, by the wire id of the call; of a call with several the last one.
 *
 * @param run - with all events
 */
export function listAnswers({ record: { runId }, events }: RunProgress): ReadonlyMap<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const { path, event } of events) {
    if (event.type !== 'approval.answered') continue;
    const { turn, index, answer } = event;
    answers.set(formatCallId({ runId, path, turn, index }), answer);
  }
  return answers;
}
