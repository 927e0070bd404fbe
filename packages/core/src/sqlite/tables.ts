import type { DatabaseSync } from 'node:sqlite';
import { HostError } from '../base/errors.ts';
import { isRecord, type JsonObject } from '../base/json.ts';
import { insertMetadata } from './metadata-table.ts';

/** The letters "pawl", in the header of the file. */
const APPLICATION = 0x7061776c;
const FORMAT = 4;

/**
 * Creates the tables in a new file, and converts those of an older format. After an error, close the database.
 *
 * @throws HostError `host.foreign`, `host.newer`
 */
export function prepareTables(database: DatabaseSync, path: string): void {
  database.exec('BEGIN'); // Another process may be creating the tables: the transaction sees all of them or none.
  const format = checkFormat(database, path);
  database.exec('COMMIT');
  if (format < FORMAT) makeTables(database);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON');
}

/** Checks that a file that is only read has the format of this version. @throws HostError `host.foreign`, `host.newer`, `host.older` */
export function checkTables(database: DatabaseSync, path: string): void {
  const format = checkFormat(database, path);
  if (format === FORMAT) return;
  throw new HostError(
    `The file "${path}" has format ${format}, and is opened with readOnly, so it cannot be converted to format ${FORMAT}. Open it once without readOnly.`,
    { code: 'host.older' },
  );
}

function makeTables(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF');
  database.exec('BEGIN IMMEDIATE');
  const format = readPragma(database, 'user_version');
  const isOld = format === 1;
  if (format === 2) database.exec(RUN_COLUMNS);
  if (format > 0 && format < FORMAT) database.exec(CONVERSATION_COLUMNS);
  if (isOld) database.exec(OLD_TABLES.map((table) => `ALTER TABLE ${table} RENAME TO old_${table}`).join(';'));
  if (isOld) database.exec('DROP INDEX runs_by_status');
  database.exec(TABLES);
  if (isOld) moveOldRows(database);
  database.exec(`PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${FORMAT}; COMMIT`);
}

/** Returns the format of the file, 0 for a new one. */
function checkFormat(database: DatabaseSync, path: string): number {
  const application = readPragma(database, 'application_id');
  const format = readPragma(database, 'user_version');
  const [tables] = database.prepare('SELECT count(*) AS count FROM sqlite_schema').all();
  if (application === 0 && format === 0 && tables?.['count'] === 0) return 0;
  if (application !== APPLICATION) {
    throw new HostError(`The file "${path}" is the database of another application. Pass another file.`, {
      code: 'host.foreign',
    });
  }
  if (format > FORMAT) {
    throw new HostError(
      `The file "${path}" has format ${format}, and this version of Pawl reads formats up to ${FORMAT}. Use the newer version that wrote it.`,
      { code: 'host.newer' },
    );
  }
  return format;
}

function readPragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return Number(row?.[name]);
}

/**
 * Records and outcomes are in tables of their own, because renewing a lease rewrites the row of the run, and listing runs reads all rows.
 * Other tables refer to a run by its number, which is never used again: the rows that remain of a deleted run never belong to another.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    cancelled TEXT,
    lease_token TEXT,
    lease_place TEXT,
    lease_pid INTEGER,
    lease_born_at INTEGER,
    lease_duration INTEGER,
    lease_timeline TEXT,
    lease_until INTEGER,
    lease_until_date INTEGER,
    conversation TEXT,
    metadata TEXT NOT NULL,
    owner TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS runs_by_status ON runs (status, number);
  CREATE INDEX IF NOT EXISTS runs_by_agent ON runs (agent, number);
  CREATE INDEX IF NOT EXISTS runs_by_conversation ON runs (conversation, number) WHERE conversation IS NOT NULL;
  CREATE INDEX IF NOT EXISTS runs_by_owner ON runs (owner, number) WHERE owner IS NOT NULL;
  CREATE INDEX IF NOT EXISTS runs_ended ON runs (updated_at) WHERE status NOT IN ('queued', 'running', 'suspended');
  CREATE INDEX IF NOT EXISTS runs_cancelled ON runs (number) WHERE cancelled IS NOT NULL AND status = 'suspended';
  CREATE TABLE IF NOT EXISTS records (
    run INTEGER PRIMARY KEY,
    record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS outcomes (
    run INTEGER PRIMARY KEY,
    outcome TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS run_metadata (
    hash TEXT NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (hash, run)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS run_metadata_by_run ON run_metadata (run);
  CREATE TABLE IF NOT EXISTS steps (
    position INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT,
    reference TEXT,
    UNIQUE (run, name)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS large_values (
    run INTEGER NOT NULL,
    reference TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run, reference)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS intents (
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    attempt TEXT NOT NULL,
    PRIMARY KEY (run, name)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS waits (
    run INTEGER NOT NULL,
    name TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    accepts TEXT NOT NULL,
    expires_at INTEGER,
    word TEXT,
    taken INTEGER NOT NULL DEFAULT 0,
    answered_by TEXT,
    PRIMARY KEY (run, name)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS waits_answered ON waits (run) WHERE word IS NOT NULL AND taken = 0;
  CREATE INDEX IF NOT EXISTS waits_by_expiry ON waits (expires_at, run) WHERE word IS NULL AND taken = 0;
  CREATE TABLE IF NOT EXISTS deleted_runs (
    run INTEGER PRIMARY KEY
  ) STRICT;
  CREATE TABLE IF NOT EXISTS conversations (
    conversation_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    details TEXT
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

/** The columns that format 3 adds to format 2. Format 1 has other tables. */
const RUN_COLUMNS = `
  ALTER TABLE runs ADD COLUMN owner TEXT;
  ALTER TABLE waits ADD COLUMN answered_by TEXT;
`;

/** The columns that format 4 adds. */
const CONVERSATION_COLUMNS = 'ALTER TABLE conversations ADD COLUMN details TEXT';

/** The tables of format 1 that later formats made anew. */
const OLD_TABLES = ['runs', 'steps', 'large_values', 'intents', 'waits'] as const;

/** Copies the rows of format 1. Drops the leases: the processes that hold them run the older version, and cannot write this format. */
function moveOldRows(database: DatabaseSync): void {
  database.exec(`
    INSERT INTO runs (number, run_id, agent, status, attempts, started_at, updated_at, cancelled, conversation, metadata)
      SELECT rowid, run_id, agent, status, attempts, started_at, updated_at, cancelled,
        record ->> '$.conversation.id', coalesce(record -> '$.metadata', '{}')
      FROM old_runs;
    INSERT INTO records SELECT rowid, record FROM old_runs;
    INSERT INTO outcomes SELECT rowid, outcome FROM old_runs WHERE outcome IS NOT NULL;
    INSERT INTO steps SELECT old_steps.rowid, number, name, value, reference FROM old_steps JOIN runs USING (run_id);
    INSERT INTO large_values SELECT number, reference, value FROM old_large_values JOIN runs USING (run_id);
    INSERT INTO intents SELECT number, name, attempt FROM old_intents JOIN runs USING (run_id);
    INSERT INTO waits SELECT number, name, fingerprint, accepts, expires_at, word, taken, NULL
      FROM old_waits JOIN runs USING (run_id);
  `);
  for (const { number, metadata } of database.prepare('SELECT number, metadata FROM runs').all()) {
    const fields: unknown = JSON.parse(String(metadata));
    if (isRecord(fields)) insertMetadata(database, Number(number), fields as JsonObject); // The value was parsed from JSON.
  }
  database.exec(OLD_TABLES.map((table) => `DROP TABLE old_${table}`).join(';'));
}
