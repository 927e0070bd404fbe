import { checkOptions, type OptionTable, type Tool, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { createSqlReader, type SqlSource } from './create-sql-reader.ts';
import type { Rows } from './database.ts';

export interface SqlOptions {
  /** An SQLite file, a database of `node:sqlite` or `better-sqlite3` that is kept in one, a Pool of `pg`, or `{ pglite, deadline: 'none' }`. */
  readonly database: SqlSource;
  /** PostgreSQL: what happens where the role could read the server's files, run programs there, or do anything. @defaultValue 'refuse' */
  readonly powerfulRole?: 'refuse' | 'accept';
}

export interface SqlQueryOptions extends SqlOptions {
  /** The most rows of one call. @defaultValue 100 */
  readonly maxRows?: number;
  /** The most bytes of all rows. @defaultValue 32_768 */
  readonly maxBytes?: number;
  /** How long a query may take, in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

const SQL_QUERY: OptionTable<SqlQueryOptions> = {
  keys: {
    database: 'any',
    powerfulRole: { refuse: true, accept: true },
    maxRows: 'number',
    maxBytes: 'number',
    timeoutMs: 'number',
  },
  hints: {
    file: 'The option is "database": { file }.',
    pool: 'The option is "database".',
    db: 'The option is "database".',
  },
};

/**
 * A tool that reads a database: one statement, with bound parameters, and nothing can be written by it. See README.md beside this file for
 * what it protects against and what not.
 *
 * @throws ConfigError for what is no database, or one in memory, and caps that are no whole numbers.
 */
export function sqlQuery(given: SqlQueryOptions): Tool<unknown> {
  const options = checkOptions(given, SQL_QUERY, 'Tool "sql_query"');
  const { database, powerfulRole = 'refuse', maxRows = 100, maxBytes = 32_768, timeoutMs = 10_000 } = options;
  checkPositive({ maxRows, maxBytes, timeoutMs }, 'sql_query');
  const reader = createSqlReader(database, { tool: 'sql_query', powerfulRole });
  return tool({
    name: 'sql_query',
    description: `Reads the ${reader.dialect} database by one SELECT. Nothing can be changed. Gives the columns, then a JSON array for each row.`,
    input: z.object({
      sql: z
        .string()
        .min(1)
        .max(20_000)
        .refine((sql) => !sql.includes('\0'), 'has a NUL character in it: leave it out')
        .describe(`One statement of ${reader.dialect} that reads.`),
      parameters: z
        .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
        .max(100)
        .default([])
        .describe(reader.dialect === 'SQLite' ? 'Values for ?, in their order.' : 'Values for $1, $2 …'),
    }),
    effect: 'read',
    // The query's own deadline comes first: what it then says is of more use.
    timeoutMs: timeoutMs + 5_000,
    maxResultLength: maxBytes + ROOM_FOR_NOTES,
    preview: ({ sql, parameters }) =>
      escapeInvisible(parameters.length === 0 ? sql : `${sql}\n${JSON.stringify(parameters)}`),
    async execute({ sql, parameters }, { signal }) {
      return formatRows(await reader.read({ sql, parameters }, { maxRows, maxBytes, timeoutMs, signal }));
    },
  });
}

const ROOM_FOR_NOTES = 16_384;

function formatRows({ columns, rows, cutBy }: Rows): string {
  const count = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}`;
  const note =
    cutBy === undefined
      ? `[${count}]`
      : `[${count}; there are more: the cap on ${cutBy} was reached. Add a condition, or LIMIT and OFFSET.]`;
  return [JSON.stringify(columns), ...rows, note].join('\n');
}
