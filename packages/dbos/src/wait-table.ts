import type { Wait } from '@pawl/core/host';
import type { Queryable, Row } from './database.ts';

export interface Place {
  readonly runId: string;
  readonly name: string;
}

export async function findWait(on: Queryable, { runId, name }: Place): Promise<Wait | undefined> {
  const { rows } = await on.query('SELECT * FROM pawl.waits WHERE run_id = $1 AND name = $2', [runId, name]);
  return rows[0] === undefined ? undefined : waitFrom(rows[0]);
}

export async function waitsOf(on: Queryable, runId: string): Promise<ReadonlyMap<string, Wait>> {
  const { rows } = await on.query('SELECT * FROM pawl.waits WHERE run_id = $1', [runId]);
  return new Map(rows.map((row) => [String(row['name']), waitFrom(row)]));
}

export async function keepWait(on: Queryable, { runId, name }: Place, wait: Wait): Promise<void> {
  const { fingerprint, accepts, expiresAt, word, taken } = wait;
  await on.query(
    `INSERT INTO pawl.waits VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (run_id, name) DO UPDATE SET word = excluded.word, taken = excluded.taken`,
    [
      runId,
      name,
      fingerprint,
      JSON.stringify(accepts),
      Number.isFinite(expiresAt) ? Math.ceil(expiresAt) : null,
      word === undefined ? null : JSON.stringify(word),
      taken,
    ],
  );
}

function waitFrom(row: Row): Wait {
  const { fingerprint, accepts, expires_at: expiresAt, word, taken } = row;
  return {
    fingerprint: String(fingerprint),
    accepts: JSON.parse(String(accepts)),
    expiresAt: expiresAt === null ? Number.POSITIVE_INFINITY : Number(expiresAt),
    ...(typeof word === 'string' && { word: JSON.parse(word) }),
    taken: taken === true,
  };
}
