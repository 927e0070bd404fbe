import { checkOptions, type OptionTable, type Tool, ToolError, tool } from '@pawl/core';
import { z } from 'zod';
import { createSqlReader } from '../sql-query/create-sql-reader.ts';
import type { SqlOptions } from '../sql-query/sql-query.ts';

export interface SqlSchemaOptions extends SqlOptions {
  /** The tables to describe; in PostgreSQL with their schema: `public.orders`. @defaultValue all tables */
  readonly tables?: readonly string[];
  /** Deadline in milliseconds. @defaultValue 10_000 */
  readonly timeoutMs?: number;
}

const SQL_SCHEMA: OptionTable<SqlSchemaOptions> = {
  keys: {
    database: 'any',
    powerfulRole: { refuse: true, accept: true },
    tables: 'texts',
    timeoutMs: 'number',
  },
  hints: {
    file: 'The option is "database": { file }.',
    pool: 'The option is "database".',
    db: 'The option is "database".',
  },
};

/**
 * Creates a tool that describes a database's tables, with columns, types and keys. See README.md of `sql-query`.
 *
 * @throws ConfigError if the database is not supported or in memory.
 */
export function sqlSchema(options: SqlSchemaOptions): Tool<unknown> {
  const checked = checkOptions(options, SQL_SCHEMA, 'Tool "sql_schema"');
  const { database, powerfulRole = 'refuse', tables: allowed, timeoutMs = 10_000 } = checked;
  const reader = createSqlReader(database, { tool: 'sql_schema', powerfulRole });
  const sql = reader.dialect === 'SQLite' ? SQLITE : POSTGRES;
  return tool({
    name: 'sql_schema',
    description: `List the tables of the ${reader.dialect} database, with their columns, types and keys.`,
    input: z.object({ table: z.string().optional().describe('The table to describe. Omit it to list all tables.') }),
    effect: 'read',
    timeoutMs: timeoutMs + 5_000,
    preview: ({ table }) => `tables${table === undefined ? '' : `: ${table}`}`,
    async execute({ table }, { signal }) {
      const limits = { maxRows: MAX_COLUMNS, maxBytes: MAX_BYTES, timeoutMs, signal };
      const { rows, cutBy } = await reader.read({ sql, parameters: [] }, limits);
      const columns = rows.map((row): Column => JSON.parse(row)); // The statements below select these columns.
      const visible = columns.filter(([name]) => allowed?.includes(name) ?? true);
      const wanted = visible.filter(([name]) => table === undefined || name === table || name.endsWith(`.${table}`));
      if (wanted.length === 0 && table !== undefined) {
        throw new ToolError(
          `There is no table "${table}". Existing tables: ${[...new Set(visible.map(([name]) => name))].join(', ') || 'none'}.`,
        );
      }
      return formatTables(wanted) + (cutBy === undefined ? '' : '\n[there are more: pass one table]');
    },
  });
}

const MAX_COLUMNS = 5_000;
const MAX_BYTES = 400_000;

/** Table, column, type, and constraints. */
type Column = readonly [string, string, string, string];

function formatTables(columns: readonly Column[]): string {
  const tables = new Map<string, string[]>();
  for (const [table, name, type, rest] of columns) {
    tables.set(table, [
      ...(tables.get(table) ?? []),
      `  ${[name, type, rest].filter((part) => part !== '').join(' ')}`,
    ]);
  }
  if (tables.size === 0) return 'There are no tables.';
  return [...tables].flatMap(([table, lines]) => [table, ...lines]).join('\n');
}

const SQLITE = `
  SELECT schema.name, info.name, info.type,
    trim(CASE WHEN info.pk > 0 THEN 'PRIMARY KEY ' ELSE '' END || CASE WHEN info."notnull" THEN 'NOT NULL ' ELSE '' END ||
      coalesce((SELECT 'REFERENCES ' || foreigns."table" || '(' || coalesce(foreigns."to", '') || ')'
        FROM pragma_foreign_key_list(schema.name) AS foreigns WHERE foreigns."from" = info.name LIMIT 1), ''))
  FROM sqlite_schema AS schema, pragma_table_info(schema.name) AS info
  WHERE schema.type IN ('table', 'view') AND schema.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  ORDER BY schema.name, info.cid`;

const POSTGRES = `
  SELECT namespace.nspname || '.' || class.relname, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod),
    trim(CASE WHEN attribute.attnotnull THEN 'NOT NULL ' ELSE '' END ||
      coalesce((SELECT string_agg(pg_get_constraintdef(found.oid), ', ' ORDER BY found.oid) FROM pg_constraint AS found
        WHERE found.conrelid = class.oid AND attribute.attnum = ANY (found.conkey) AND found.contype IN ('p', 'f', 'u')), ''))
  FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace
  JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
  WHERE class.relkind IN ('r', 'v', 'm', 'p', 'f') AND namespace.nspname NOT IN ('pg_catalog', 'information_schema')
    AND namespace.nspname NOT LIKE 'pg\\_toast%' AND has_table_privilege(class.oid, 'SELECT')
  ORDER BY 1, attribute.attnum`;
