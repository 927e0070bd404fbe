import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HostError, PawlError } from '../base/errors.ts';
import { messageOf } from '../event/error-data.ts';
import { loadSqlite } from './load-sqlite.ts';
import { prepareTables } from './tables.ts';

export interface DatabaseOptions {
  readonly synchronous: 'full' | 'normal';
}

/** Opens the file, and makes it one of ours where it is new. Whatever is wrong with it is told before anything is written. */
export function openDatabase(path: string, { synchronous }: DatabaseOptions): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    // Only while it is opened: afterwards a locked file is waited for without holding up the process.
    database.exec('PRAGMA busy_timeout = 5000');
    prepareTables(database, path);
    database.exec(`PRAGMA synchronous = ${synchronous}; PRAGMA busy_timeout = 0`);
    return database;
  } catch (error) {
    database?.close();
    throw toDatabaseError(error, path);
  }
}

/** Statements of a database, each compiled once. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #compiled = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get(sql: string): StatementSync {
    let statement = this.#compiled.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#compiled.set(sql, statement);
    }
    return statement;
  }
}

/** Whether another connection has the file, just now. */
export function isBusy(error: unknown): boolean {
  return [5, 6].includes(readResultCode(error));
}

/** What SQLite says, as an error that names the file and the way out. */
export function toDatabaseError(error: unknown, path: string): unknown {
  if (PawlError.isInstance(error)) return error;
  const [code, fix] = PROBLEMS.get(readResultCode(error)) ?? ['host.failed', 'The run stays resumable.'];
  return new HostError(`The file "${path}" could not be used: ${messageOf(error)}. ${fix}`, { code, cause: error });
}

/** The primary result code: https://www.sqlite.org/rescode.html */
function readResultCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return -1;
  return error.errcode & 0xff;
}

type Problem = readonly [code: string, fix: string];

const LOCKED: Problem = ['host.locked', 'Another process kept it locked. Resume the run when that is done.'];

const PROBLEMS: ReadonlyMap<number, Problem> = new Map<number, Problem>([
  [5, LOCKED],
  [6, LOCKED],
  [8, ['host.read_only', 'Let this user write the file and its folder, then resume the run.']],
  [10, ['host.io', 'Check the disk, then resume the run.']],
  [11, ['host.damaged', 'Restore it from a copy.']],
  [13, ['host.full', 'Make room on the disk, then resume the run.']],
  [14, ['host.unreachable', 'Check that the folder exists and that this user may write there.']],
  [26, ['host.foreign', 'It is no SQLite database: name another file.']],
]);
