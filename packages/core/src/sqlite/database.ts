import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { HostError, PawlError } from '../base/errors.ts';
import { getErrorMessage } from '../event/error-data.ts';
import { loadSqlite } from './load-sqlite.ts';
import { checkTables, prepareTables } from './tables.ts';

export interface DatabaseOptions {
  readonly synchronous: 'full' | 'normal';
  /** Whether to open an existing file, and write nothing. */
  readonly readOnly?: boolean;
}

/** Opens the file, and creates the tables if it is new. Throws before anything is written if the file cannot be used. */
export function openDatabase(path: string, { synchronous, readOnly = false }: DatabaseOptions): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly });
    // SQLite blocks the process only while the file is opened. Afterwards `Writer` waits for a locked file without blocking.
    database.exec('PRAGMA busy_timeout = 5000');
    if (readOnly) checkTables(database, path);
    else prepareTables(database, path);
    database.exec(`PRAGMA synchronous = ${synchronous}; PRAGMA busy_timeout = 0`);
    return database;
  } catch (error) {
    database?.close();
    throw toDatabaseError(error, path);
  }
}

/** The prepared statements of a database, each compiled once. */
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

/** Whether another connection has locked the file. */
export function isBusy(error: unknown): boolean {
  return [5, 6].includes(readResultCode(error));
}

/** Converts an error of SQLite to a `HostError` that names the file and says what to do. Returns errors of Pawl unchanged. */
export function toDatabaseError(error: unknown, path: string): unknown {
  if (PawlError.isInstance(error)) return error;
  const [code, fix] = PROBLEMS.get(readResultCode(error)) ?? ['host.failed', 'The run stays resumable.'];
  return new HostError(`The file "${path}" cannot be used: ${getErrorMessage(error)}. ${fix}`, { code, cause: error });
}

/** The primary result code: https://www.sqlite.org/rescode.html */
function readResultCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return -1;
  return error.errcode & 0xff;
}

type Problem = readonly [code: string, fix: string];

const LOCKED: Problem = [
  'host.locked',
  'Another process keeps it locked. Resume the run when that process has finished.',
];

const PROBLEMS: ReadonlyMap<number, Problem> = new Map<number, Problem>([
  [5, LOCKED],
  [6, LOCKED],
  [8, ['host.read_only', 'Let this user write the file and its folder, then resume the run.']],
  [10, ['host.io', 'Check the disk, then resume the run.']],
  [11, ['host.damaged', 'Restore it from a backup.']],
  [13, ['host.full', 'Free space on the disk, then resume the run.']],
  [14, ['host.unreachable', 'Check that the folder exists and that this user may write there.']],
  [26, ['host.foreign', 'It is not an SQLite database: pass another file.']],
]);
