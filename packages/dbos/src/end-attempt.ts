import type { Outcome } from '@pawl/core';
import { hasEnded, type Wait } from '@pawl/core/host';
import type { HeldAttempt } from './attempts.ts';
import type { Database, PoolClient } from './database.ts';
import type { DbosClientStore } from './dbos-client-store.ts';
import { lockRun, releaseRun } from './run-table.ts';
import { listWaits } from './step-table.ts';

export interface AttemptEnd {
  readonly held: HeldAttempt;
  /** `undefined`: it broke off. */
  readonly outcome: Outcome<unknown> | undefined;
  readonly now: number;
  /** Whether the host closes: what broke off is not this worker's any more. */
  readonly isClosing: boolean;
}

interface AttemptEndTarget {
  readonly database: Database;
  readonly store: Pick<DbosClientStore, 'enqueueNextAttempt'>;
}

/** Writes down how an attempt ended, and leaves the run to the workers where there is something to go on with. May be done twice. */
export async function endAttempt(ending: AttemptEnd, { database, store }: AttemptEndTarget): Promise<void> {
  const { held, outcome, now } = ending;
  // An end that nobody has to go on from takes one statement.
  if (outcome !== undefined && hasEnded(outcome.status)) {
    if (await releaseRun(database, held.claim.token, { status: outcome.status, outcome, now })) return;
  }
  await database.runTransaction((client) => releaseAttempt(client, ending, store));
}

async function releaseAttempt(
  client: PoolClient,
  { held, outcome, now, isClosing }: AttemptEnd,
  store: AttemptEndTarget['store'],
): Promise<void> {
  const { runId, token } = held.claim;
  const run = await lockRun(client, runId);
  if (run.token !== token) {
    // Another worker wanted to go on with the run, and could not while this attempt was at work.
    if (run.status === 'interrupted') await store.enqueueNextAttempt(client, run);
    return;
  }
  await releaseRun(client, token, { status: outcome?.status ?? 'interrupted', outcome, now });
  const isCutOff = outcome === undefined && (held.isInterrupted || held.isLost || isClosing);
  const hasWord = outcome?.status === 'suspended' && [...(await listWaits(client, runId)).values()].some(isUndelivered);
  if (isCutOff || hasWord) await store.enqueueNextAttempt(client, run);
}

/** Said after the run was told that nobody had said anything yet. */
function isUndelivered({ answer: word, isDelivered: taken }: Wait): boolean {
  return word !== undefined && !taken;
}
