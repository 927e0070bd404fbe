import type { Fact, RememberedFact } from '@pawl/core';
import { pathOf } from '@pawl/core/host';
import type { Queryable } from './database.ts';
import type { EngineClient } from './engine.ts';
import { workflowsOf } from './run-table.ts';

/** A step's value as JSON, and its place in the order in which they were remembered. */
export interface Kept {
  readonly position: number;
  readonly text: string;
}

/** The positions of an attempt begin here: what a lost attempt still writes is never between those of the next. */
const OF_ATTEMPT = 1_000_000;

export function firstPosition(attempt: number): number {
  return attempt * OF_ATTEMPT + 1;
}

/** What DBOS keeps of a step. */
export function keptText({ position, text }: Kept): string {
  return `${position} ${text}`;
}

interface From {
  readonly database: Queryable;
  readonly engine: EngineClient;
}

/** Everything that is remembered of a run, by the steps' names, whichever attempt it is of. */
export async function loadSteps(runId: string, { database, engine }: From): Promise<Map<string, Kept>> {
  const { rows } = await database.query('SELECT name, position, value FROM pawl.forked_steps WHERE run_id = $1', [
    runId,
  ]);
  const kept = new Map<string, Kept>(
    rows.map((row) => [String(row['name']), { position: Number(row['position']), text: String(row['value']) }]),
  );
  for (const workflowId of await workflowsOf(database, runId)) {
    for (const { name, value } of await engine.steps(workflowId)) {
      const blank = value.indexOf(' ');
      kept.set(name, { position: Number(value.slice(0, blank)), text: value.slice(blank + 1) });
    }
  }
  return kept;
}

/**
 * The facts after a position. While an attempt is at work, none after one that is not kept yet: whoever reads on after
 * the last one misses nothing.
 */
export function factsAfter(
  steps: ReadonlyMap<string, Kept>,
  { after, attempt }: { readonly after: number; readonly attempt: number | undefined },
): readonly RememberedFact[] {
  const sorted = [...steps].sort(([, one], [, other]) => one.position - other.position);
  const facts: RememberedFact[] = [];
  let next = attempt === undefined ? Number.POSITIVE_INFINITY : firstPosition(attempt);
  for (const [name, { position, text }] of sorted) {
    if (position > next) break;
    if (position === next) next++;
    if (position > after) facts.push({ position, path: pathOf(name), fact: JSON.parse(text) as Fact });
  }
  return facts;
}
