import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { HostError } from '@pawl/core';

/** Of a wire log, so that a file of another program is not taken for one: `PRAGMA application_id`. */
const APPLICATION_ID = 0x5061_776c;

/** The version of the tables. A file of another version is refused: it can be deleted. */
const FORMAT = 1;

const TABLES = `
  CREATE TABLE runs (
    number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, last_id INTEGER NOT NULL, bytes INTEGER NOT NULL, sent_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX runs_by_time ON runs (sent_at);
  CREATE TABLE exchanges (
    run INTEGER NOT NULL, id INTEGER NOT NULL, request TEXT NOT NULL, base INTEGER, shared INTEGER NOT NULL, suffix BLOB, response TEXT NOT NULL,
    omitted INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (run, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pieces (
    run INTEGER NOT NULL, id INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (run, id, number)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Opens the file of a wire log, and creates it if it is new: only the user may read it.
 *
 * @throws HostError `wire_log.damaged`, `wire_log.format`, `wire_log.foreign`, `wire_log.unreachable`
 */
export function openWireFile(path: string, { readOnly }: { readonly readOnly: boolean }): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    if (!readOnly) createPrivately(path);
    database = new DatabaseSync(path, { readOnly, timeout: LOCK_TIMEOUT_MS });
    prepare(database, { path, readOnly });
    return database;
  } catch (error) {
    database?.close();
    throw toWireError(error, path);
  }
}

/** Of a lock by another process, in milliseconds. Only the thread of the log waits. */
const LOCK_TIMEOUT_MS = 10_000;

/** Before SQLite creates it with the rights of the process. The files beside it get the rights of this one. */
function createPrivately(path: string): void {
  if (existsSync(path)) return;
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

function prepare(
  database: DatabaseSync,
  { path, readOnly }: { readonly path: string; readonly readOnly: boolean },
): void {
  // What the process has written survives its end, also by `kill -9`. After a power failure the file can be deleted.
  if (!readOnly)
    database.exec('PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN IMMEDIATE');
  try {
    const isNew = readNumber(database, 'SELECT count(*) AS number FROM sqlite_schema') === 0;
    if (isNew && !readOnly)
      database.exec(`${TABLES} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}`);
    else checkFormat(database, path);
    if (!readOnly) database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function checkFormat(database: DatabaseSync, path: string): void {
  if (readNumber(database, 'SELECT application_id AS number FROM pragma_application_id') !== APPLICATION_ID) {
    throw new HostError(`The file "${path}" is not a wire log. Pass another path, such as "runs.db-wire".`, {
      code: 'wire_log.foreign',
    });
  }
  const version = readNumber(database, 'SELECT user_version AS number FROM pragma_user_version');
  if (version === FORMAT) return;
  throw new HostError(
    `The wire log "${path}" has the format ${version}; this version of @pawl/inspector reads ${FORMAT}. Delete the file: it is only a log.`,
    { code: 'wire_log.format' },
  );
}

function readNumber(database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.['number']);
}

/** Converts an error of SQLite to one that names the file and says what to do. Returns errors of Pawl unchanged. */
export function toWireError(error: unknown, path: string): HostError {
  if (HostError.isInstance(error)) return error;
  const result =
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : -1;
  const [code, fix] = PROBLEMS.get(result) ?? ['wire_log.failed', 'Check the disk.'];
  const message = error instanceof Error ? error.message : String(error);
  return new HostError(`The wire log "${path}" cannot be used: ${message}. ${fix}`, { code, cause: error });
}

/** By primary result codes: https://www.sqlite.org/rescode.html */
const PROBLEMS: ReadonlyMap<number, readonly [code: string, fix: string]> = new Map([
  [11, ['wire_log.damaged', 'Delete the file: it is only a log.']],
  [13, ['wire_log.full', 'Free space on the disk, or delete the file: it is only a log.']],
  [14, ['wire_log.unreachable', 'Check that the folder exists and that this user may write there.']],
  [26, ['wire_log.foreign', 'It is not a wire log. Pass another path, such as "runs.db-wire".']],
] as const);
