import type { Outcome } from '@pawl/core';
import { hasEnded, type Wait } from '@pawl/core/host';
import type { HeldAttempt } from './attempts.ts';
import type { Database, PoolClient } from './database.ts';
import type { DbosClientStore } from './dbos-client-store.ts';
import { lockRun, releaseRun } from './run-table.ts';
import { listWaits } from './step-table.ts';

export interface AttemptEnd {
  readonly held: HeldAttempt;
  /** `undefined`: the attempt was interrupted. */
  readonly outcome: Outcome<unknown> | undefined;
  readonly now: number;
  /** Whether the host is closing: another worker has to continue an interrupted run. */
  readonly isClosing: boolean;
}

interface AttemptEndTarget {
  readonly database: Database;
  readonly store: Pick<DbosClientStore, 'enqueueNextAttempt'>;
}

/** Stores how an attempt ended, and enqueues the next one if the run can continue. Safe to repeat. */
export async function endAttempt(end: AttemptEnd, { database, store }: AttemptEndTarget): Promise<void> {
  const { held, outcome, now } = end;
  // A final outcome needs only one statement.
  if (outcome !== undefined && hasEnded(outcome.status)) {
    if (await releaseRun(database, held.claim.token, { status: outcome.status, outcome, now })) return;
  }
  await database.runTransaction((client) => releaseAttempt(client, end, store));
}

async function releaseAttempt(
  client: PoolClient,
  { held, outcome, now, isClosing }: AttemptEnd,
  store: AttemptEndTarget['store'],
): Promise<void> {
  const { runId, token } = held.claim;
  const run = await lockRun(client, runId);
  if (run.token !== token) {
    // This process could not begin another attempt at the run while this one was working.
    if (run.status === 'interrupted') await store.enqueueNextAttempt(client, run);
    return;
  }
  await releaseRun(client, token, { status: outcome?.status ?? 'interrupted', outcome, now });
  const isInterrupted = outcome === undefined && (held.isInterrupted || held.isLost || isClosing);
  const hasAnswer =
    outcome?.status === 'suspended' && [...(await listWaits(client, runId)).values()].some(isUndelivered);
  if (isInterrupted || hasAnswer) await store.enqueueNextAttempt(client, run);
}

/** Whether a wait has an answer that came after the run had checked for one. */
function isUndelivered({ answer, isDelivered }: Wait): boolean {
  return answer !== undefined && !isDelivered;
}
