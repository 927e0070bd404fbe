import { ConfigError, checkOptions, type OptionTable } from '@pawl/core';
import type { SqlReader } from './database.ts';
import { createPglitePool, type Pglite } from './pglite.ts';
import { createPostgresReader, type PostgresOptions } from './postgres.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { createSqliteReader } from './sqlite.ts';

/** An SQLite file, or an open database of `node:sqlite` or `better-sqlite3` that is in a file. */
export type SqliteSource =
  | { readonly file: string }
  | { location(): string | null }
  | { readonly name: string; readonly memory: boolean };

/**
 * A PGlite. It runs in this process, so a query blocks the process and has no deadline; `deadline: 'none'` confirms that you know this.
 */
export interface PgliteSource {
  readonly pglite: Pglite;
  readonly deadline: 'none';
}

/** A database to read. Drivers are recognized by their fields. */
export type SqlSource = SqliteSource | PostgresPool | PgliteSource;

/** @throws ConfigError if the source is not a supported database. */
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
    `Tool "${tool}": database is not supported. Pass { file }, a DatabaseSync, a Database of better-sqlite3, a Pool of pg, or { pglite, deadline: 'none' }.`,
  );
}

const FILE: OptionTable<{ readonly file: string }> = { keys: { file: 'text' } };
