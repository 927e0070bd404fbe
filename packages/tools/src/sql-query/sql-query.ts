import { checkOptions, type OptionTable, type Tool, tool } from '@pawl/core';
import { z } from 'zod';
import { checkPositive } from '../base/check-positive.ts';
import { escapeInvisible } from '../base/escape-invisible.ts';
import { createSqlReader, type SqlSource } from './create-sql-reader.ts';
import type { Rows } from './database.ts';

export interface SqlOptions {
  /** `{ file }` of SQLite, a database of `node:sqlite` or `better-sqlite3` in a file, a Pool of `pg`, or `{ pglite, deadline: 'none' }`. */
  readonly database: SqlSource;
  /** PostgreSQL: whether to accept a superuser, or a role that can read the server's files or run programs there. @defaultValue 'refuse' */
  readonly powerfulRole?: 'refuse' | 'accept';
}

export interface SqlQueryOptions extends SqlOptions {
  /** Maximum rows of one call. @defaultValue 100 */
  readonly maxRows?: number;
  /** Maximum bytes of all rows, as JSON. @defaultValue 32_768 */
  readonly maxBytes?: number;
  /** Deadline of a query in milliseconds. @defaultValue 10_000 */
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
 * Creates a tool that reads a database with one statement and bound parameters. It cannot write. README.md in this folder says what it
 * protects against.
 *
 * @throws ConfigError if the database is not supported or in memory, or a limit is not a whole number.
 */
export function sqlQuery(options: SqlQueryOptions): Tool<unknown> {
  const checked = checkOptions(options, SQL_QUERY, 'Tool "sql_query"');
  const { database, powerfulRole = 'refuse', maxRows = 100, maxBytes = 32_768, timeoutMs = 10_000 } = checked;
  checkPositive({ maxRows, maxBytes, timeoutMs }, 'sql_query');
  const reader = createSqlReader(database, { tool: 'sql_query', powerfulRole });
  return tool({
    name: 'sql_query',
    description: `Read the ${reader.dialect} database with one SELECT. Returns the columns, then a JSON array for each row. Changes are refused.`,
    input: z.object({
      sql: z
        .string()
        .min(1)
        .max(20_000)
        .refine((sql) => !sql.includes('\0'), 'contains a NUL character: remove it')
        .describe(`One reading statement of ${reader.dialect}.`),
      parameters: z
        .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
        .max(100)
        .default([])
        .describe(reader.dialect === 'SQLite' ? 'Values for ?, in order.' : 'Values for $1, $2 …'),
    }),
    effect: 'read',
    // The query's own deadline comes first: its error is more helpful.
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
      : `[${count}; there are more: the limit on ${cutBy} is reached. Add a condition, or LIMIT and OFFSET.]`;
  return [JSON.stringify(columns), ...rows, note].join('\n');
}
