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

/** What is kept of runs' steps, intents and waits. Who works on a run writes by its lease. */
export class StepTable {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  /** The steps that were put after a position, in that order. */
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

  /** Keeps a step if the run is still held by that token. `false` if it is not: nothing was kept. */
  putStep({ run, name }: StepKey, { token, value }: { readonly token: string; readonly value: string }): boolean {
    const reference = computeReference(value);
    const { changes } = this.#prepare(
      `INSERT INTO steps (run, name, value, reference)
       SELECT number, $name, $value, $reference FROM runs WHERE number = $run AND lease_token = $token`,
    ).run({ run, name, value: reference === null ? value : null, reference, token });
    if (changes === 0) return false;
    this.#putLargeValue(run, { reference, value });
    return true;
  }

  /** Keeps a step of a run that nobody holds. */
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

  /** As `keep`. */
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
    for (const [name, { fingerprint, accepts, expiresAt, answer: word, isDelivered: taken }] of waits) {
      this.#prepare('INSERT OR REPLACE INTO waits VALUES (?, ?, ?, ?, ?, ?, ?)').run(
        run,
        name,
        fingerprint,
        JSON.stringify(accepts),
        Number.isFinite(expiresAt) ? expiresAt : null,
        word === undefined ? null : JSON.stringify(word),
        taken ? 1 : 0,
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

/** Characters. What is longer stands beside the steps, once for each run. */
const LARGE = 65_536;

function computeReference(value: string): string | null {
  return value.length > LARGE ? createHash('sha256').update(value).digest('hex') : null;
}

function parseWait(row: Readonly<Record<string, unknown>>): Wait {
  const { fingerprint, accepts, expires_at: expiresAt, word, taken } = row;
  return {
    fingerprint: String(fingerprint),
    accepts: JSON.parse(String(accepts)), // Written by this class only.
    expiresAt: expiresAt === null ? Number.POSITIVE_INFINITY : Number(expiresAt),
    ...(typeof word === 'string' ? { answer: JSON.parse(word) } : {}),
    isDelivered: taken === 1,
  };
}
