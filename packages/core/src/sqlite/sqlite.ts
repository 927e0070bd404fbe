import { systemClock } from '../base/clock.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { checkListeners } from '../event/check-listeners.ts';
import type { SqliteDurableHost, SqliteOptions } from './host-types.ts';
import { SqliteHost } from './sqlite-host.ts';

export { type SqliteConversations, type SqliteConversationsOptions, sqliteConversations } from './conversations.ts';
export type * from './host-types.ts';

/**
 * Keeps runs in a file, on Node's own SQLite. What was finished survives `kill -9`; a run is worked on by one process
 * at a time. The file has to be on a disk of this machine (write-ahead log), not on a network.
 *
 * @throws DurableError `host.read_only`, `host.unreachable`, `host.locked`, `host.newer`, `host.foreign`,
 * `host.damaged`. Later, out of a run that stays resumable, also `host.full`, `host.io`, `run.lost`.
 */
export function sqlite(path: string, given: SqliteOptions = {}): SqliteDurableHost {
  const options = checkOptions(given, SQLITE, 'sqlite');
  const { synchronous = 'full', leaseMs = 10_000, lockedMs = 5_000, clock = systemClock, listeners } = options;
  if (listeners !== undefined) checkListeners(listeners, 'sqlite, listeners');
  return new SqliteHost(path, { synchronous, leaseMs, lockedMs, clock, listeners });
}

const SQLITE: OptionTable<SqliteOptions> = {
  keys: {
    synchronous: { full: true, normal: true },
    leaseMs: 'number',
    lockedMs: 'number',
    clock: 'clock',
    listeners: 'any',
  },
  hints: {
    timeout: 'The option is "lockedMs".',
    busyTimeout: 'The option is "lockedMs".',
    lockTimeoutMs: 'The option is "lockedMs".',
  },
};
