import type { DatabaseSync } from 'node:sqlite';
import { Statements } from './database.ts';

export interface DeletionPart {
  /** How many runs were deleted. */
  readonly count: number;
  /** Whether nothing is left to delete. */
  readonly isDone: boolean;
}

interface DeletionPartOptions {
  /** Runs that ended before this time, in milliseconds since 1970, are deleted. */
  readonly before: number;
  /** Returns milliseconds of a clock that the date does not move. */
  readonly now: () => number;
}

/**
 * Deletes ended runs in parts: a transaction that deletes thousands of runs would lock the file for seconds, and other processes would
 * fail meanwhile. A deleted run loses its row at once, and is listed in `deleted_runs` until its other rows are deleted, too, so that a
 * crash leaves nothing behind. SQLite reuses the space; returning it to the disk (`auto_vacuum`) would make every step a tenth slower.
 */
export class Deletion {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  /** Deletes for about 10 ms. Call it inside a transaction. */
  deletePart({ before, now }: DeletionPartOptions): DeletionPart {
    const endsAt = now() + PART_MS;
    let count = 0;
    do {
      if (this.#clearSome()) continue;
      if (!this.#deleteRun(before)) return { count, isDone: true };
      count++;
    } while (now() < endsAt);
    return { count, isDone: false };
  }

  /** Deletes the row of one run. Its number is never used again. */
  #deleteRun(before: number): boolean {
    const row = this.#statements
      .get(`SELECT number FROM runs WHERE ${HAS_ENDED} AND updated_at < ? LIMIT 1`)
      .get(before);
    if (row === undefined) return false;
    const number = Number(row['number']);
    this.#statements.get('INSERT INTO deleted_runs VALUES (?)').run(number);
    this.#statements.get('DELETE FROM runs WHERE number = ?').run(number);
    return true;
  }

  /** Deletes some of the other rows of a deleted run. Returns whether there was such a run. */
  #clearSome(): boolean {
    const run = this.#statements.get('SELECT run FROM deleted_runs LIMIT 1').get()?.['run'];
    if (typeof run !== 'number') return false;
    for (const sql of DELETIONS) {
      if (Number(this.#statements.get(sql).run(run).changes) === ROWS) return true;
    }
    this.#statements.get('DELETE FROM deleted_runs WHERE run = ?').run(run);
    return true;
  }
}

/** How long a part may take. Other processes wait for the file meanwhile, and try it every few milliseconds. */
const PART_MS = 10;

/** How many rows of one table a statement deletes. */
const ROWS = 100;

/** The exact condition of the index `runs_ended`: SQLite uses a partial index only for it. */
const HAS_ENDED = "status NOT IN ('queued', 'running', 'suspended')";

/** Each statement deletes rows of one table, at most `ROWS`. */
const DELETIONS = [
  ...[
    ['steps', 'position'],
    ['large_values', 'rowid'],
    ['intents', 'rowid'],
    ['waits', 'rowid'],
    ['records', 'run'],
    ['outcomes', 'run'],
  ].map(
    ([table, key]) => `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE run = ? LIMIT ${ROWS})`,
  ),
  'DELETE FROM run_metadata WHERE run = ?',
];
