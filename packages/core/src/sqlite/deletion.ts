import type { DatabaseSync } from 'node:sqlite';
import type { RunDeletion } from '../host/run-store.ts';
import { Statements } from './database.ts';

export interface DeletionPart {
  /** How many runs were deleted. */
  readonly count: number;
  /** Whether nothing is left to delete. */
  readonly isDone: boolean;
  /** `from` of the next part. */
  readonly next: number;
}

interface DeletionPartOptions {
  readonly deletion: RunDeletion;
  /** How many of the run ids earlier parts have deleted. Committed parts only: a transaction may run again. */
  readonly from: number;
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
  deletePart({ deletion, from, now }: DeletionPartOptions): DeletionPart {
    const endsAt = now() + PART_MS;
    let count = 0;
    let next = from;
    do {
      if (this.#clearSome()) continue;
      const isDone = deletion.type === 'ids' ? next >= deletion.runIds.length : !this.#deleteEnded(deletion.time);
      if (isDone) return { count, isDone, next };
      if (deletion.type === 'ended_before' || this.#deleteById(deletion.runIds[next])) count++;
      next++;
    } while (now() < endsAt);
    return { count, isDone: false, next };
  }

  #deleteEnded(before: number): boolean {
    const sql = `SELECT number FROM runs WHERE ${HAS_ENDED} AND updated_at < ? LIMIT 1`;
    return this.#deleteRow(this.#statements.get(sql).get(before));
  }

  #deleteById(runId: string | undefined): boolean {
    const sql = `SELECT number FROM runs WHERE ${HAS_ENDED} AND run_id = ?`;
    return runId !== undefined && this.#deleteRow(this.#statements.get(sql).get(runId));
  }

  /** Deletes the row of a run, if there is one. Its number is never used again. */
  #deleteRow(row: Readonly<Record<string, unknown>> | undefined): boolean {
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
