export { type SqliteWireLog, type SqliteWireLogOptions, sqliteWireLog } from './sqlite/sqlite-wire-log.ts';
