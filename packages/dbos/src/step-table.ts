import type { StoredStep, Wait } from '@pawl/core/host';
import type { Queryable, Row } from './database.ts';

/**
 * Reads the steps of a run that were stored after a position, in that order. Only the attempt that holds the run writes positions, so a
 * reader that continues after the last one misses none.
 */
export async function listStepsAfter(on: Queryable, runId: string, after: number): Promise<readonly StoredStep[]> {
  const { rows } = await on.query(
    'SELECT name, position, value FROM pawl.steps WHERE run_id = $1 AND position > $2 ORDER BY position',
    [runId, after],
  );
  return rows.map(({ name, position, value }) => {
    return { name: String(name), position: Number(position), value: JSON.parse(String(value)) };
  });
}

/** Inserts the steps of a run that no attempt holds. */
export async function insertSteps(on: Queryable, runId: string, steps: readonly StoredStep[]): Promise<void> {
  if (steps.length === 0) return;
  await on.query(
    `INSERT INTO pawl.steps SELECT $1, name, position, value
     FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (name, value, position)`,
    [runId, steps.map(({ name }) => name), steps.map(({ value }) => JSON.stringify(value))],
  );
}

/** Returns the names of the `non-idempotent` steps that were begun. */
export async function listIntents(on: Queryable, runId: string): Promise<ReadonlySet<string>> {
  const { rows } = await on.query('SELECT name FROM pawl.intents WHERE run_id = $1', [runId]);
  return new Set(rows.map((row) => String(row['name'])));
}

export async function listWaits(
  on: Queryable,
  runId: string,
  which: 'all' | { readonly name: string } = 'all',
): Promise<ReadonlyMap<string, Wait>> {
  const { rows } =
    which === 'all'
      ? await on.query('SELECT * FROM pawl.waits WHERE run_id = $1', [runId])
      : await on.query('SELECT * FROM pawl.waits WHERE run_id = $1 AND name = $2', [runId, which.name]);
  return new Map(rows.map((row) => [String(row['name']), parseWait(row)]));
}

export async function putWaits(on: Queryable, runId: string, waits: ReadonlyMap<string, Wait>): Promise<void> {
  for (const [name, { fingerprint, accepts, expiresAt, answer, isDelivered, by }] of waits) {
    await on.query(
      `INSERT INTO pawl.waits VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (run_id, name) DO UPDATE SET word = excluded.word, taken = excluded.taken, answered_by = excluded.answered_by`,
      [
        runId,
        name,
        fingerprint,
        JSON.stringify(accepts),
        Number.isFinite(expiresAt) ? expiresAt : null,
        answer === undefined ? null : JSON.stringify(answer),
        isDelivered,
        by ?? null,
      ],
    );
  }
}

function parseWait(row: Row): Wait {
  const { fingerprint, accepts, expires_at: expiresAt, word, taken, answered_by: by } = row;
  return {
    fingerprint: String(fingerprint),
    accepts: JSON.parse(String(accepts)), // Only this package writes the column.
    expiresAt: expiresAt === null ? Number.POSITIVE_INFINITY : Number(expiresAt),
    ...(typeof word === 'string' && { answer: JSON.parse(word) }),
    isDelivered: taken === true,
    ...(typeof by === 'string' && { by }),
  };
}
