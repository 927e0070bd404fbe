import { ConfigError, checkOptions, type OptionTable } from '@pawl/core';
import type { SqlReader } from './database.ts';
import { type Pglite, pglitePool } from './pglite.ts';
import { type PostgresOptions, postgresReader } from './postgres.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { sqliteReader } from './sqlite.ts';

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
export function readerFor(
  source: SqlSource,
  { tool, ...options }: PostgresOptions & { readonly tool: string },
): SqlReader {
  if (typeof source === 'object' && source !== null) {
    if ('file' in source) return sqliteReader(checkOptions(source, FILE, `Tool "${tool}", database`).file, tool);
    if ('location' in source) return sqliteReader(source.location() ?? ':memory:', tool);
    if ('memory' in source) return sqliteReader(source.memory ? ':memory:' : source.name, tool);
    if ('pglite' in source && source.deadline === 'none') return postgresReader(pglitePool(source.pglite), options);
    if ('connect' in source) return postgresReader(source, options);
  }
  throw new ConfigError(
    `Tool "${tool}": database is nothing that can be read. Pass { file }, a DatabaseSync, a Database of better-sqlite3, a Pool of pg, or { pglite, deadline: 'none' }.`,
  );
}

const FILE: OptionTable<{ readonly file: string }> = { keys: { file: 'text' } };
