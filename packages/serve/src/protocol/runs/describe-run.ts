import type { Usage } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { RunProgress, RunRecord, RunSummary, RunTotals } from '@pawl/core/host';
import type { ErrorBody } from '../problem.ts';
import { toPublicOutcome } from '../public-event.ts';

/** A run as the runs API sends it. */
export interface RunState {
  readonly id: string;
  readonly agent: string;
  readonly status: RunProgress['status'];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The caller's metadata. */
  readonly metadata: Json;
  /** How the run ended, or what it waits for. */
  readonly outcome: Json;
  /** The calls that wait for an answer. */
  readonly pending: Json;
  readonly usage: Usage | null;
  /** Why there is no answer. */
  readonly error: ErrorBody | null;
  /** Set with the option `details` of the server. */
  readonly details?: RunDetails | RecordDetails;
}

/** Where a run comes from. */
export interface RunOrigin {
  /** The id that the conversation of the run is stored under; `null` if it has none. */
  readonly conversation: string | null;
  /** The run and the step that the run was forked from. */
  readonly forkedFrom: { readonly runId: string; readonly before: string } | null;
}

/** What a server with `details` says of a run by its record. */
export interface RecordDetails extends RunOrigin {
  /** All of it, not only the caller's. */
  readonly metadata: Json;
  readonly owner: string | null;
}

/** What a server with `details` says of a run in a list. */
export interface RunDetails extends RecordDetails {
  readonly position: number;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  readonly attempts: number;
  /** What the run has used so far. */
  readonly totals: RunTotals | null;
}

export function describeRun(
  { record, status, outcome, events }: RunProgress,
  error: ErrorBody | undefined,
): RunState & { readonly position: number } {
  const { runId: id, agent, at: createdAt, metadata } = record;
  const summary = {
    runId: id,
    agent,
    status,
    startedAt: createdAt,
    metadata,
    ...(outcome !== undefined && { outcome }),
  };
  return { ...describeSummary(summary), error: error ?? null, position: events.at(-1)?.position ?? 0 };
}

export function describeSummary({
  runId,
  agent,
  status,
  startedAt,
  metadata,
  outcome,
}: Pick<RunSummary, 'runId' | 'agent' | 'status' | 'startedAt' | 'metadata' | 'outcome'>): RunState {
  const pending = outcome?.status === 'suspended' && status === 'suspended' ? outcome.pending : [];
  return {
    id: runId,
    agent,
    status,
    createdAt: startedAt,
    metadata: metadata['caller'] ?? {},
    outcome: outcome === undefined ? null : toPublicOutcome(outcome),
    pending: pending as unknown as Json, // JSON, as it is stored.
    usage: outcome?.usage ?? null,
    error: null,
  };
}

export function describeInDetail(run: RunSummary, origin: RunOrigin): RunState & { readonly details: RunDetails } {
  const { metadata, owner = null, position, updatedAt, attempts, totals = null } = run;
  const details = { ...origin, metadata, owner, position, updatedAt, attempts, totals };
  return { ...describeSummary(run), details };
}

export function readRecordDetails(record: RunRecord): RecordDetails {
  const { metadata, owner = null } = record;
  return { ...readOrigin(record), metadata, owner };
}

export function readOrigin(record: Pick<RunRecord, 'conversation' | 'forked'> | undefined): RunOrigin {
  const { conversation, forked } = record ?? {};
  return {
    conversation: conversation?.id ?? null,
    forkedFrom: forked === undefined ? null : { runId: forked.runId, before: forked.before },
  };
}
