// The program of a process that runs one query: ending the process stops any query. Reads a request from standard input, and writes a
// response to standard output.

import { constants, DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { RowList } from './database.ts';
import type { SqliteRequest, SqliteResponse } from './sqlite-request.ts';

function runQuery({ file, sql, parameters, maxRows, maxBytes }: SqliteRequest): SqliteResponse {
  try {
    const limits = { length: MAX_VALUE_BYTES };
    const database = new DatabaseSync(file, { readOnly: true, allowExtension: false, timeout: BUSY_MS, limits });
    database.exec('PRAGMA query_only = ON; PRAGMA trusted_schema = OFF');
    // Not available before Node 24.10. Then the read-only connection and the check for columns below are the protection.
    database.setAuthorizer?.(authorize);
    const statement = database.prepare(sql);
    const columns = statement.columns().map(({ name }) => name);
    if (columns.length === 0) return { type: 'refused' };
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    const list = new RowList({ maxRows, maxBytes });
    // Each row is an array, see `setReturnArrays`.
    for (const row of statement.iterate(...parameters.map(toSqliteValue)) as unknown as Iterable<unknown[]>) {
      if (!list.add(row.map(toPlainNumber))) break;
    }
    return {
      type: 'rows',
      rows: { columns, rows: list.rows, ...(list.cutBy === undefined ? {} : { cutBy: list.cutBy }) },
    };
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** How long to wait for a writer. */
const BUSY_MS = 2_000;
/** SQLite's default is a billion bytes. Versions of Node without `limits` keep it. */
const MAX_VALUE_BYTES = 64 * 2 ** 20;

/** Called for each action of a statement. Allows reading only. */
function authorize(action: number, first: string | null, second: string | null): number {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_READ:
    case constants.SQLITE_RECURSIVE:
      return constants.SQLITE_OK;
    case constants.SQLITE_FUNCTION:
      return second === 'load_extension' ? constants.SQLITE_DENY : constants.SQLITE_OK;
    case constants.SQLITE_PRAGMA:
      // `second` is the argument: the subject of a read pragma, and the new value of an inner one.
      return READ_PRAGMAS.has(first ?? '') || (INNER_PRAGMAS.has(first ?? '') && second === null)
        ? constants.SQLITE_OK
        : constants.SQLITE_DENY;
    default:
      return constants.SQLITE_DENY;
  }
}

const READ_PRAGMAS: ReadonlySet<string> = new Set([
  'table_info',
  'table_xinfo',
  'table_list',
  'index_list',
  'index_info',
  'foreign_key_list',
]);

/** Pragmas that full-text indexes use themselves. */
const INNER_PRAGMAS: ReadonlySet<string> = new Set(['data_version', 'page_size']);

function toSqliteValue(value: SqliteRequest['parameters'][number]): string | number | null {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** Converts a bigint to a number if that is exact. */
function toPlainNumber(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

// Last, because it needs the constants above.
const request: SqliteRequest = JSON.parse(await text(process.stdin)); // Only sqlite.ts writes it.
process.stdout.write(JSON.stringify(runQuery(request)));
