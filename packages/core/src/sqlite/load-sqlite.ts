import { ConfigError } from '../base/errors.ts';

/**
 * Loads Node's SQLite when a file is opened. An import would end the process on a Node without it, with an error that names neither Pawl
 * nor the Node that is needed.
 *
 * @throws ConfigError
 */
export function loadSqlite(): typeof import('node:sqlite') {
  // `getBuiltinModule` itself is missing in Node before 20.16.
  const sqlite = process.getBuiltinModule?.('node:sqlite');
  if (sqlite !== undefined) return sqlite;
  throw new ConfigError(
    `This is Node ${process.versions.node}, which has no SQLite (node:sqlite). Run Node ^22.19, ^24 or >=26, without --no-experimental-sqlite.`,
  );
}
