import type { DatabaseSync } from 'node:sqlite';
import { Statements } from './database.ts';

export interface DeletionPart {
  /** How many runs were forgotten. */
  readonly count: number;
  /** Whether there is nothing left to do. */
  readonly isDone: boolean;
}

interface DeletionPartOptions {
  /** Runs that ended before this time are forgotten. */
  readonly before: number;
  /** Milliseconds that no change of the date moves. */
  readonly now: () => number;
}

/**
 * Forgets runs that have ended, in parts: a transaction that deletes thousands of runs locks the file for seconds, in which other
 * processes fail. A run is gone with its row; what else is kept of it is named in `deleted_runs` until it is deleted too, so
 * that a crash leaves nothing behind for good. The space is used again; giving it back to the disk as it becomes free
 * (`auto_vacuum`) would cost every step a tenth.
 */
export class Deletion {
  readonly #statements: Statements;

  constructor(database: DatabaseSync) {
    this.#statements = new Statements(database);
  }

  /** Works for some milliseconds. Inside a transaction. */
  deletePart({ before, now }: DeletionPartOptions): DeletionPart {
    const endsAt = now() + PART_MS;
    let count = 0;
    do {
      if (this.#clearSome()) continue;
      if (!this.#forgetOne(before)) return { count, isDone: true };
      count++;
    } while (now() < endsAt);
    return { count, isDone: false };
  }

  /** The run's row. Its number is never given again. */
  #forgetOne(before: number): boolean {
    const row = this.#statements
      .get(`SELECT number FROM runs WHERE ${HAS_ENDED} AND updated_at < ? LIMIT 1`)
      .get(before);
    if (row === undefined) return false;
    const number = Number(row['number']);
    this.#statements.get('INSERT INTO deleted_runs VALUES (?)').run(number);
    this.#statements.get('DELETE FROM runs WHERE number = ?').run(number);
    return true;
  }

  /** Some of what is kept of a run that is gone. Gives whether there was any. */
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

/** What a part may take. Other processes wait for a locked file, and look every few milliseconds whether it is free. */
const PART_MS = 10;

/** Of one table, at once. */
const ROWS = 100;

/** As the index says it: it is used for nothing else. */
const HAS_ENDED = "status NOT IN ('queued', 'running', 'suspended')";

/** Each deletes a run's rows of one table, at most so many. */
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
