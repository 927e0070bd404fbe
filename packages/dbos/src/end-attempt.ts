import type { Clock, Outcome } from '@pawl/core';
import { hasEnded, type Wait } from '@pawl/core/host';
import type { Held } from './attempts.ts';
import type { Database, PoolClient } from './database.ts';
import type { Outside } from './outside.ts';
import { lockRun, releaseRun } from './run-table.ts';
import { waitsOf } from './wait-table.ts';

export interface Ending {
  readonly runId: string;
  readonly held: Held;
  /** `undefined`: it broke off. */
  readonly outcome: Outcome<unknown> | undefined;
  /** Whether the host closes: what broke off is not this worker's any more. */
  readonly isClosing: boolean;
}

interface On {
  readonly database: Database;
  readonly outside: Outside;
  readonly clock: Clock;
}

/** Writes down how an attempt ended, and leaves the run to the workers where there is something to go on with. May be done twice. */
export async function endAttempt(ending: Ending, { database, outside, clock }: On): Promise<void> {
  const { held, outcome } = ending;
  const now = clock.now();
  // An end that nobody has to go on from takes one statement.
  if (outcome !== undefined && hasEnded(outcome.status)) {
    if (await releaseRun(database, held.token, { status: outcome.status, outcome, now })) return;
  }
  await database.transaction((client) => giveBack(client, ending, { outside, now }));
}

async function giveBack(
  client: PoolClient,
  { runId, held, outcome, isClosing }: Ending,
  { outside, now }: { readonly outside: Outside; readonly now: number },
): Promise<void> {
  const run = await lockRun(client, runId);
  if (run.token !== held.token) {
    // Another worker wanted to go on with the run, and could not while this attempt was at work.
    if (run.status === 'interrupted') await outside.leave(client, run);
    return;
  }
  await releaseRun(client, held.token, { status: outcome?.status ?? 'interrupted', outcome, now });
  const isCutOff = outcome === undefined && (held.isCutOff || held.isLost || isClosing);
  const hasWord = outcome?.status === 'suspended' && [...(await waitsOf(client, runId)).values()].some(isUnheard);
  if (isCutOff || hasWord) await outside.leave(client, run);
}

/** Said after the run was told that nobody had said anything yet. */
function isUnheard({ word, taken }: Wait): boolean {
  return word !== undefined && !taken;
}
