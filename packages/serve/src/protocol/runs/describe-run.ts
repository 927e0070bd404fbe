import type { Usage } from '@pawl/core';
import type { Json } from '@pawl/core/chat';
import type { RunProgress, RunSummary } from '@pawl/core/host';
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
