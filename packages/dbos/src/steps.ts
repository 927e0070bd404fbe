import type { Fact, RememberedFact } from '@pawl/core';
import { pathOf } from '@pawl/core/host';
import type { Queryable } from './database.ts';

/** What is remembered of a run, in that order, each step's value as JSON. Positions count up, with gaps. */
export interface KeptStep {
  readonly name: string;
  readonly position: number;
  readonly text: string;
}

export async function loadSteps(on: Queryable, runId: string, after = 0): Promise<readonly KeptStep[]> {
  const { rows } = await on.query(
    'SELECT name, position, value FROM pawl.steps WHERE run_id = $1 AND position > $2 ORDER BY position',
    [runId, after],
  );
  return rows.map(({ name, position, value }) => ({
    name: String(name),
    position: Number(position),
    text: String(value),
  }));
}

/** A step's position is written by the one attempt that holds the run, in order: whoever reads on after the last one misses none. */
export async function factsAfter(on: Queryable, runId: string, after: number): Promise<readonly RememberedFact[]> {
  const steps = await loadSteps(on, runId, after);
  return steps.map(({ name, position, text }) => ({ position, path: pathOf(name), fact: JSON.parse(text) as Fact }));
}

/** The first of the steps of another run are remembered of this one as well. */
export async function copySteps(
  on: Queryable,
  names: readonly string[],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  await on.query(
    `INSERT INTO pawl.steps SELECT $1, name, given.position, value
     FROM unnest($2::text[]) WITH ORDINALITY AS given (name, position) JOIN pawl.steps USING (name) WHERE run_id = $3`,
    [to, names, from],
  );
}
