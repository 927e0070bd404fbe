import type { Outcome, RunEvent } from '@pawl/core';
import type { EventOf } from '@pawl/core/events';
import type { RunRecord } from '@pawl/core/host';

/** Creates the event that ends a run, of its stored outcome: journals do not have it. */
export function createFinishedEvent(
  { runId, agent, at }: Pick<RunRecord, 'runId' | 'agent' | 'at'>,
  outcome: Outcome<unknown>,
): RunEvent & EventOf<'run.finished'> {
  const { durationMs: activeMs } = outcome;
  return { type: 'run.finished', outcome, at: at + activeMs, activeMs, runId, path: '', agent, seq: 0 };
}
