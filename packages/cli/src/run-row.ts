import type { JsonObject, Outcome, PendingCall, Usage } from '@pawl/core';
import type { RunStatus } from '@pawl/core/host';

/** How a run ended, or what it waits for. A server leaves out the conversation, and who spent what. */
export type ShownOutcome = WithoutTranscript<Outcome<unknown>>;

type WithoutTranscript<Each> = Each extends unknown
  ? Omit<Each, 'messages' | 'usageBy' | 'spentBy' | 'attempts' | 'state'>
  : never;

/** A run in a list. */
export interface RunRow {
  readonly runId: string;
  readonly agent: string;
  /** `interrupted`: the run has not ended, and no process works on it. */
  readonly status: RunStatus | 'interrupted';
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly metadata: JsonObject;
  readonly outcome?: ShownOutcome;
  readonly usage?: Usage;
}

/** Lists the calls of a run that wait for an answer. */
export function listPending({ status, outcome }: RunRow): readonly PendingCall[] {
  return status === 'suspended' && outcome?.status === 'suspended' ? outcome.pending : [];
}
