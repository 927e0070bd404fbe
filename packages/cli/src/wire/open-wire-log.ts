import { existsSync } from 'node:fs';
import type { SqliteWireLog } from '@pawl/inspector/sqlite';

/** Where the bytes of model requests are kept: beside the runs, never in their file. */
function getWirePath(runsFile: string): string {
  return `${runsFile}-wire`;
}

/** Opens the wire log beside a runs file to add to it. */
export async function openWireLog(runsFile: string): Promise<SqliteWireLog> {
  const { sqliteWireLog } = await import('@pawl/inspector/sqlite');
  return sqliteWireLog(getWirePath(runsFile));
}

/** Opens the wire log beside a runs file to read it; `undefined` if there is none. */
export async function findWireLog(runsFile: string): Promise<SqliteWireLog | undefined> {
  if (!existsSync(getWirePath(runsFile))) return undefined;
  const { sqliteWireLog } = await import('@pawl/inspector/sqlite');
  return sqliteWireLog(getWirePath(runsFile), { readOnly: true });
}
