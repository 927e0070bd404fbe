import { DatabaseSync } from 'node:sqlite';
import { DurableError, PawlError } from '../base/errors.ts';
import { messageOf } from '../event/error-data.ts';

export interface DatabaseOptions {
  readonly synchronous: 'full' | 'normal';
}

/** Opens the file, and makes it one of ours where it is new. Whatever is wrong with it is told before anything is written. */
export function openDatabase(path: string, { synchronous }: DatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    // Only while it is opened: afterwards a locked file is waited for without holding up the process.
    database.exec('PRAGMA busy_timeout = 5000');
    checkFormat(database, path);
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON`);
    createTables(database);
    database.exec('PRAGMA busy_timeout = 0');
    return database;
  } catch (error) {
    database?.close();
    throw databaseError(error, path);
  }
}

/** The four letters "pawl", in the file's header. */
const APPLICATION = 0x7061776c;
const FORMAT = 1;

function checkFormat(database: DatabaseSync, path: string): void {
  const application = pragma(database, 'application_id');
  const format = pragma(database, 'user_version');
  const [tables] = database.prepare('SELECT count(*) AS count FROM sqlite_schema').all();
  if (application === 0 && format === 0 && tables?.['count'] === 0) return;
  if (application !== APPLICATION) {
    throw new DurableError(`The file "${path}" is a database of something else. Name another file.`, {
      code: 'host.foreign',
    });
  }
  if (format > FORMAT) {
    throw new DurableError(
      `The file "${path}" has format ${format}, and this version of Pawl knows ${FORMAT}. Use the newer version that wrote it.`,
      { code: 'host.newer' },
    );
  }
}

function pragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return Number(row?.[name]);
}

/** In one transaction: another process may be opening the same new file. */
function createTables(database: DatabaseSync): void {
  database.exec(
    `BEGIN IMMEDIATE; ${TABLES}; PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${FORMAT}; COMMIT`,
  );
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    record TEXT NOT NULL,
    status TEXT NOT NULL,
    outcome TEXT,
    attempts INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    cancelled TEXT,
    lease_token TEXT,
    lease_place TEXT,
    lease_pid INTEGER,
    lease_until INTEGER
  ) STRICT;
  CREATE INDEX IF NOT EXISTS runs_by_status ON runs (status, updated_at);
  CREATE TABLE IF NOT EXISTS steps (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT,
    reference TEXT,
    PRIMARY KEY (run_id, name)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS large_values (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    reference TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run_id, reference)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS intents (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    name TEXT NOT NULL,
    attempt TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS waits (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    accepts TEXT NOT NULL,
    expires_at INTEGER,
    word TEXT,
    taken INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, name)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS conversations (
    conversation_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS conversation_messages (
    conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
    position INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (conversation_id, position)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS conversation_runs (
    conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
    version INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (conversation_id, version)
  ) STRICT
`;

/** Whether another connection has the file, just now. */
export function isBusy(error: unknown): boolean {
  return [5, 6].includes(resultCode(error));
}

/** What SQLite says, as an error that names the file and the way out. */
export function databaseError(error: unknown, path: string): unknown {
  if (PawlError.isInstance(error)) return error;
  const [code, fix] = PROBLEMS.get(resultCode(error)) ?? ['host.failed', 'The run stays resumable.'];
  return new DurableError(`The file "${path}" could not be used: ${messageOf(error)}. ${fix}`, { code, cause: error });
}

/** The primary result code: https://www.sqlite.org/rescode.html */
function resultCode(error: unknown): number {
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
