import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DurableError } from '../base/errors.ts';
import type { Wait } from '../durable/answering.ts';

export interface Place {
  readonly runId: string;
  readonly name: string;
}

/** What is kept of runs' steps, intents and waits. Who works on a run writes by its lease, or is refused. */
export class StepTable {
  readonly #database: DatabaseSync;
  readonly #insertStep: StatementSync;
  readonly #insertIntent: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insertStep = database.prepare(
      'INSERT INTO steps SELECT run_id, $name, $value, $reference FROM runs WHERE run_id = $runId AND lease_token = $token',
    );
    this.#insertIntent = database.prepare(
      'INSERT OR REPLACE INTO intents SELECT run_id, $name, $attempt FROM runs WHERE run_id = $runId AND lease_token = $token',
    );
  }

  /** Everything that is kept of a run, as JSON, by the steps' names. */
  load(runId: string): Map<string, string> {
    const rows = this.#database
      .prepare(
        `SELECT name, coalesce(steps.value, large_values.value) AS value FROM steps
         LEFT JOIN large_values USING (run_id, reference) WHERE run_id = ?`,
      )
      .all(runId);
    return new Map(rows.map(({ name, value }) => [String(name), String(value)]));
  }

  /** What was remembered after a position, in that order. */
  since(runId: string, position: number): readonly { readonly position: number; name: string; value: string }[] {
    const rows = this.#database
      .prepare(
        `SELECT steps.rowid AS position, name, coalesce(steps.value, large_values.value) AS value FROM steps
         LEFT JOIN large_values USING (run_id, reference) WHERE run_id = ? AND steps.rowid > ? ORDER BY steps.rowid`,
      )
      .all(runId, position);
    return rows.map(({ position, name, value }) => {
      return { position: Number(position), name: String(name), value: String(value) };
    });
  }

  /** Remembers what another run had, and its answers. */
  copy(from: string, { to, copies }: { readonly to: string; readonly copies: (name: string) => boolean }): void {
    const insert = this.#database.prepare(
      'INSERT INTO steps SELECT ?, name, value, reference FROM steps WHERE rowid = ?',
    );
    for (const { position, name } of this.since(from, 0)) if (copies(name)) insert.run(to, position);
    this.#database
      .prepare('INSERT INTO large_values SELECT ?, reference, value FROM large_values WHERE run_id = ?')
      .run(to, from);
    for (const [name, wait] of this.waits(from)) if (copies(name)) this.keepWait({ runId: to, name }, wait);
  }

  intents(runId: string): Map<string, string> {
    const rows = this.#database.prepare('SELECT name, attempt FROM intents WHERE run_id = ?').all(runId);
    return new Map(rows.map(({ name, attempt }) => [String(name), String(attempt)]));
  }

  keep({ runId, name }: Place, { token, value }: { readonly token: string; readonly value: string }): void {
    const reference = value.length > LARGE ? createHash('sha256').update(value).digest('hex') : null;
    const { changes } = this.#insertStep.run({
      runId,
      name,
      value: reference === null ? value : null,
      reference,
      token,
    });
    if (changes === 0) throw lost(runId);
    if (reference === null) return;
    this.#database.prepare('INSERT OR IGNORE INTO large_values VALUES (?, ?, ?)').run(runId, reference, value);
  }

  intend({ runId, name }: Place, { token, attempt }: { readonly token: string; readonly attempt: string }): void {
    const { changes } = this.#insertIntent.run({ runId, name, attempt, token });
    if (changes === 0) throw lost(runId);
  }

  waits(runId: string): ReadonlyMap<string, Wait> {
    const rows = this.#database.prepare('SELECT * FROM waits WHERE run_id = ?').all(runId);
    return new Map(rows.map((row) => [String(row['name']), waitFrom(row)]));
  }

  wait({ runId, name }: Place): Wait | undefined {
    const row = this.#database.prepare('SELECT * FROM waits WHERE run_id = ? AND name = ?').get(runId, name);
    return row === undefined ? undefined : waitFrom(row);
  }

  keepWait({ runId, name }: Place, { fingerprint, accepts, expiresAt, word, taken }: Wait): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO waits VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(
        runId,
        name,
        fingerprint,
        JSON.stringify(accepts),
        Number.isFinite(expiresAt) ? expiresAt : null,
        word === undefined ? null : JSON.stringify(word),
        taken ? 1 : 0,
      );
  }
}

/** Characters. What is longer stands beside the steps, once for each run. */
const LARGE = 65_536;

function waitFrom(row: Readonly<Record<string, unknown>>): Wait {
  const { fingerprint, accepts, expires_at: expiresAt, word, taken } = row;
  return {
    fingerprint: String(fingerprint),
    accepts: JSON.parse(String(accepts)), // Written by this class only.
    expiresAt: expiresAt === null ? Number.POSITIVE_INFINITY : Number(expiresAt),
    ...(typeof word === 'string' ? { word: JSON.parse(word) } : {}),
    taken: taken === 1,
  };
}

/** Two writers met: this one has been away for so long that the other took the run over. */
export function lost(runId: string): DurableError {
  return new DurableError(`Run "${runId}" was taken over by another process. It goes on there.`, { code: 'run.lost' });
}
