import type { PendingCall } from '@pawl/core';
import type { RunProgress } from '@pawl/core/host';
import { formatCallId } from '../protocol/call-id.ts';

/**
 * Lists the calls of a run that wait for an answer, also while a process works on the run: the outcome of a suspended run has them only until one
 * of them is answered.
 *
 * @param progress - with all events
 */
export function listPendingCalls({ record: { runId }, events }: RunProgress): readonly PendingCall[] {
  const pending = new Map<string, PendingCall>();
  for (const { path, event } of events) {
    if (!('index' in event)) continue;
    const { turn, index } = event;
    const id = formatCallId({ runId, path, turn, index });
    if (event.type === 'approval.requested') pending.set(id, event.pending);
    else if (event.type !== 'approval.not_required') pending.delete(id);
  }
  return [...pending.values()];
}
