import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DurableError } from '../base/errors.ts';
import type { Wait } from '../host/answering.ts';
import { Statements } from './database.ts';

export interface Place {
  /** The run's number. */
  readonly run: number;
  readonly name: string;
}

/** What is kept of runs' steps, intents and waits. Who works on a run writes by its lease. */
export class StepTable {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  /** Everything that is kept of a run, as JSON, by the steps' names. */
  load(run: number): Map<string, string> {
    const rows = this.#sql(
      `SELECT name, coalesce(steps.value, large_values.value) AS value FROM steps
       LEFT JOIN large_values USING (run, reference) WHERE run = ?`,
    ).all(run);
    return new Map(rows.map(({ name, value }) => [String(name), String(value)]));
  }

  /** What was remembered after a position, in that order. */
  since(run: number, position: number): readonly { readonly position: number; name: string; value: string }[] {
    const rows = this.#sql(
      `SELECT position, name, coalesce(steps.value, large_values.value) AS value FROM steps
       LEFT JOIN large_values USING (run, reference) WHERE run = ? AND position > ? ORDER BY position`,
    ).all(run, position);
    return rows.map(({ position, name, value }) => {
      return { position: Number(position), name: String(name), value: String(value) };
    });
  }

  /** Remembers what another run had, and its answers. */
  copy(from: number, { to, copies }: { readonly to: number; readonly copies: (name: string) => boolean }): void {
    const insert = this.#sql(
      'INSERT INTO steps (run, name, value, reference) SELECT ?, name, value, reference FROM steps WHERE position = ?',
    );
    for (const { position, name } of this.since(from, 0)) if (copies(name)) insert.run(to, position);
    this.#sql('INSERT INTO large_values SELECT ?, reference, value FROM large_values WHERE run = ?').run(to, from);
    for (const [name, wait] of this.waits(from)) if (copies(name)) this.keepWait({ run: to, name }, wait);
  }

  intents(run: number): Map<string, string> {
    const rows = this.#sql('SELECT name, attempt FROM intents WHERE run = ?').all(run);
    return new Map(rows.map(({ name, attempt }) => [String(name), String(attempt)]));
  }

  /** Keeps a step if the run is still held by that token. `false` if it is not: nothing was kept. */
  keep({ run, name }: Place, { token, value }: { readonly token: string; readonly value: string }): boolean {
    const reference = value.length > LARGE ? createHash('sha256').update(value).digest('hex') : null;
    const { changes } = this.#sql(
      `INSERT INTO steps (run, name, value, reference)
       SELECT number, $name, $value, $reference FROM runs WHERE number = $run AND lease_token = $token`,
    ).run({ run, name, value: reference === null ? value : null, reference, token });
    if (changes === 0) return false;
    if (reference === null) return true;
    this.#sql('INSERT OR IGNORE INTO large_values VALUES (?, ?, ?)').run(run, reference, value);
    return true;
  }

  /** As `keep`. */
  intend({ run, name }: Place, { token, attempt }: { readonly token: string; readonly attempt: string }): boolean {
    const { changes } = this.#sql(
      `INSERT OR REPLACE INTO intents
       SELECT number, $name, $attempt FROM runs WHERE number = $run AND lease_token = $token`,
    ).run({ run, name, attempt, token });
    return changes !== 0;
  }

  waits(run: number): ReadonlyMap<string, Wait> {
    const rows = this.#sql('SELECT * FROM waits WHERE run = ?').all(run);
    return new Map(rows.map((row) => [String(row['name']), waitFrom(row)]));
  }

  wait({ run, name }: Place): Wait | undefined {
    const row = this.#sql('SELECT * FROM waits WHERE run = ? AND name = ?').get(run, name);
    return row === undefined ? undefined : waitFrom(row);
  }

  keepWait({ run, name }: Place, { fingerprint, accepts, expiresAt, word, taken }: Wait): void {
    this.#sql('INSERT OR REPLACE INTO waits VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      run,
      name,
      fingerprint,
      JSON.stringify(accepts),
      Number.isFinite(expiresAt) ? expiresAt : null,
      word === undefined ? null : JSON.stringify(word),
      taken ? 1 : 0,
    );
  }

  #sql(sql: string): StatementSync {
    return this.#statements.get(sql);
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
