// A process of its own for one query: whatever the query does, ending the process ends it. Reads a request from standard input, writes the answer
// to standard output.

import { constants, DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { RowList } from './database.ts';
import type { SqliteRequest, SqliteResponse } from './sqlite-request.ts';

function runQuery({ file, sql, parameters, maxRows, maxBytes }: SqliteRequest): SqliteResponse {
  try {
    const limits = { length: MAX_VALUE_BYTES };
    const database = new DatabaseSync(file, { readOnly: true, allowExtension: false, timeout: BUSY_MS, limits });
    database.exec('PRAGMA query_only = ON; PRAGMA trusted_schema = OFF');
    // Absent before Node 24.10: then only what gives columns is run, on a connection that can't write.
    database.setAuthorizer?.(authorize);
    const statement = database.prepare(sql);
    const columns = statement.columns().map(({ name }) => name);
    if (columns.length === 0) return { type: 'refused' };
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    const list = new RowList({ maxRows, maxBytes });
    // With arrays asked for, each row is one.
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

/** How long a writer is waited for. */
const BUSY_MS = 2_000;
/** SQLite's own default is a billion. Nodes that don't know it keep that. */
const MAX_VALUE_BYTES = 64 * 2 ** 20;

/** Asked for each thing that a statement would do. */
function authorize(action: number, first: string | null, second: string | null): number {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_READ:
    case constants.SQLITE_RECURSIVE:
      return constants.SQLITE_OK;
    case constants.SQLITE_FUNCTION:
      return second === 'load_extension' ? constants.SQLITE_DENY : constants.SQLITE_OK;
    case constants.SQLITE_PRAGMA:
      // The second is what these are asked about, and what those would be set to.
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

/** What full-text indexes ask for themselves. */
const INNER_PRAGMAS: ReadonlySet<string> = new Set(['data_version', 'page_size']);

function toSqliteValue(value: SqliteRequest['parameters'][number]): string | number | null {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** Exact where a number can be; a text where it can't. */
function toPlainNumber(value: unknown): unknown {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

// Last, when all of the above is there.
const request: SqliteRequest = JSON.parse(await text(process.stdin)); // Written by sqlite.ts only.
process.stdout.write(JSON.stringify(runQuery(request)));
