import { ConfigError, checkOptions, type OptionTable } from '@pawl/core';
import type { SqlReader } from './database.ts';
import { createPglitePool, type Pglite } from './pglite.ts';
import { createPostgresReader, type PostgresOptions } from './postgres.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { createSqliteReader } from './sqlite.ts';

/** An SQLite file, or a database of `node:sqlite` or `better-sqlite3` that is kept in one. */
export type SqliteSource =
  | { readonly file: string }
  | { location(): string | null }
  | { readonly name: string; readonly memory: boolean };

/**
 * A PGlite, which runs in this process and can't be interrupted: `deadline: 'none'` says that this is known. While a query is at work nothing
 * else is.
 */
export interface PgliteSource {
  readonly pglite: Pglite;
  readonly deadline: 'none';
}

/** Whatever is handed in; drivers are told apart by what they have. */
export type SqlSource = SqliteSource | PostgresPool | PgliteSource;

/** @throws ConfigError for what is none of them. */
export function createSqlReader(
  source: SqlSource,
  { tool, ...options }: PostgresOptions & { readonly tool: string },
): SqlReader {
  if (typeof source === 'object' && source !== null) {
    if ('file' in source) return createSqliteReader(checkOptions(source, FILE, `Tool "${tool}", database`).file, tool);
    if ('location' in source) return createSqliteReader(source.location() ?? ':memory:', tool);
    if ('memory' in source) return createSqliteReader(source.memory ? ':memory:' : source.name, tool);
    if ('pglite' in source && source.deadline === 'none')
      return createPostgresReader(createPglitePool(source.pglite), options);
    if ('connect' in source) return createPostgresReader(source, options);
  }
  throw new ConfigError(
    `Tool "${tool}": database is nothing that can be read. Pass { file }, a DatabaseSync, a Database of better-sqlite3, a Pool of pg, or { pglite, deadline: 'none' }.`,
  );
}

const FILE: OptionTable<{ readonly file: string }> = { keys: { file: 'text' } };
