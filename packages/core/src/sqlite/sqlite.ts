import { systemClock } from '../base/clock.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { checkListeners } from '../event/check-listeners.ts';
import { checkNumber } from '../host/check-number.ts';
import { readPath } from './database-path.ts';
import type { SqliteDurableHost, SqliteOptions } from './host-types.ts';
import { SqliteHost } from './sqlite-host.ts';

export { type SqliteConversations, type SqliteConversationsOptions, sqliteConversations } from './conversations.ts';
export type * from './host-types.ts';

/**
 * Keeps runs in a file, on Node's own SQLite. What was finished survives `kill -9`; a run is worked on by one process
 * at a time. The file has to be on a disk of this machine (write-ahead log), not on a network. `':memory:'` keeps the runs for
 * as long as the host is open.
 *
 * @throws ConfigError for what is no path, and on a Node without SQLite.
 * @throws DurableError `host.read_only`, `host.unreachable`, `host.locked`, `host.newer`, `host.foreign`,
 * `host.damaged`. Later, out of a run that stays resumable, also `host.full`, `host.io`, `run.lost`, and `host.lost` where the
 * file was deleted or replaced.
 */
export function sqlite(path: string | URL, given: SqliteOptions = {}): SqliteDurableHost {
  const options = checkOptions(given, SQLITE, 'sqlite');
  const { synchronous = 'full', leaseMs = 10_000, lockedMs = 5_000, clock = systemClock, listeners } = options;
  checkNumber(leaseMs, { option: 'sqlite: leaseMs', min: 1, max: LONGEST_LEASE_MS });
  checkNumber(lockedMs, { option: 'sqlite: lockedMs', min: 0, isEndless: true });
  if (listeners !== undefined) checkListeners(listeners, 'sqlite, listeners');
  const known = { synchronous, leaseMs: Math.ceil(leaseMs), lockedMs, clock, listeners };
  return new SqliteHost(readPath(path, 'sqlite'), known);
}

/** A day: a run whose process hangs stays with it for so long. */
const LONGEST_LEASE_MS = 86_400_000;

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
