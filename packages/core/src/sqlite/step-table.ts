import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Wait } from '../host/check-answer.ts';
import type { StoredStep } from '../host/run-store.ts';
import { Statements } from './database.ts';

export interface StepKey {
  /** The run's number. */
  readonly run: number;
  readonly name: string;
}

/** Reads and writes the steps, intents and waits of runs. An attempt's writes check its lease. */
export class StepTable {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  /** Reads the steps that were stored after a position, in that order. */
  listSteps(run: number, position: number): readonly StoredStep[] {
    const rows = this.#prepare(
      `SELECT position, name, coalesce(steps.value, large_values.value) AS value FROM steps
       LEFT JOIN large_values USING (run, reference) WHERE run = ? AND position > ? ORDER BY position`,
    ).all(run, position);
    return rows.map(({ position, name, value }) => {
      return { position: Number(position), name: String(name), value: JSON.parse(String(value)) };
    });
  }

  listIntents(run: number): ReadonlySet<string> {
    const rows = this.#prepare('SELECT name FROM intents WHERE run = ?').all(run);
    return new Set(rows.map(({ name }) => String(name)));
  }

  /** Stores a step if the token still holds the run, and returns its position. Otherwise stores nothing. */
  putStep(
    { run, name }: StepKey,
    { token, value }: { readonly token: string; readonly value: string },
  ): number | undefined {
    const reference = computeReference(value);
    const { changes, lastInsertRowid } = this.#prepare(
      `INSERT INTO steps (run, name, value, reference)
       SELECT number, $name, $value, $reference FROM runs WHERE number = $run AND lease_token = $token`,
    ).run({ run, name, value: reference === null ? value : null, reference, token });
    if (changes === 0) return undefined;
    this.#putLargeValue(run, { reference, value });
    return Number(lastInsertRowid);
  }

  /** Stores a step of a run that no attempt holds. */
  addStep({ run, name }: StepKey, value: string): void {
    const reference = computeReference(value);
    this.#prepare('INSERT INTO steps (run, name, value, reference) VALUES (?, ?, ?, ?)').run(
      run,
      name,
      reference === null ? value : null,
      reference,
    );
    this.#putLargeValue(run, { reference, value });
  }

  /** Stores an intent if the token still holds the run. Otherwise returns `false` and stores nothing. */
  putIntent({ run, name }: StepKey, token: string): boolean {
    const { changes } = this.#prepare(
      `INSERT OR REPLACE INTO intents
       SELECT number, $name, $token FROM runs WHERE number = $run AND lease_token = $token`,
    ).run({ run, name, token });
    return changes !== 0;
  }

  listWaits(run: number, which: 'all' | { readonly name: string }): ReadonlyMap<string, Wait> {
    const rows =
      which === 'all'
        ? this.#prepare('SELECT * FROM waits WHERE run = ?').all(run)
        : this.#prepare('SELECT * FROM waits WHERE run = ? AND name = ?').all(run, which.name);
    return new Map(rows.map((row) => [String(row['name']), parseWait(row)]));
  }

  putWaits(run: number, waits: ReadonlyMap<string, Wait>): void {
    for (const [name, { fingerprint, accepts, expiresAt, answer, isDelivered, by }] of waits) {
      this.#prepare('INSERT OR REPLACE INTO waits VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
        run,
        name,
        fingerprint,
        JSON.stringify(accepts),
        Number.isFinite(expiresAt) ? expiresAt : null,
        answer === undefined ? null : JSON.stringify(answer),
        isDelivered ? 1 : 0,
        by ?? null,
      );
    }
  }

  #putLargeValue(
    run: number,
    { reference, value }: { readonly reference: string | null; readonly value: string },
  ): void {
    if (reference === null) return;
    this.#prepare('INSERT OR IGNORE INTO large_values VALUES (?, ?, ?)').run(run, reference, value);
  }

  #prepare(sql: string): StatementSync {
    return this.#statements.get(sql);
  }
}

/** In characters. Longer values are stored in a table of their own, once for each run. */
const LARGE = 65_536;

function computeReference(value: string): string | null {
  return value.length > LARGE ? createHash('sha256').update(value).digest('hex') : null;
}

function parseWait(row: Readonly<Record<string, unknown>>): Wait {
  const { fingerprint, accepts, expires_at: expiresAt, word, taken, answered_by: by } = row;
  return {
    fingerprint: String(fingerprint),
    accepts: JSON.parse(String(accepts)), // Only this class writes the column.
    expiresAt: expiresAt === null ? Number.POSITIVE_INFINITY : Number(expiresAt),
    ...(typeof word === 'string' ? { answer: JSON.parse(word) } : {}),
    isDelivered: taken === 1,
    ...(typeof by === 'string' && { by }),
  };
}
