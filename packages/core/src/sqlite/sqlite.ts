import { systemClock } from '../base/clock.ts';
import { ConfigError } from '../base/errors.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { checkListeners } from '../event/check-listeners.ts';
import { checkNumber } from '../host/check-number.ts';
import { IN_MEMORY, readDatabasePath } from './database-path.ts';
import type { SqliteHost, SqliteHostOptions } from './host-types.ts';
import { LOCK_HINTS } from './sqlite-conversations.ts';
import { SqliteStoreHost } from './sqlite-store-host.ts';

export type { Resumable, ResumableWithContext, ResumableWithConversation } from '../host/host.ts';
export type { SqliteHost, SqliteHostOptions } from './host-types.ts';
export {
  type SqliteConversations,
  type SqliteConversationsOptions,
  sqliteConversations,
} from './sqlite-conversations.ts';

/**
 * Creates a host that stores runs in a file, by Node's SQLite. Finished steps survive `kill -9`; one process at a time works on a run. The
 * file must be on a local disk, not on a network (it uses a write-ahead log). `':memory:'` keeps the runs as long as the host is open.
 *
 * @throws ConfigError for an invalid path or option, and on a Node without SQLite.
 * @throws HostError `host.read_only`, `host.unreachable`, `host.locked`, `host.newer`, `host.foreign`,
 * `host.damaged`; with `readOnly` also `host.older`. Later, out of a run that stays resumable, also `host.full`, `host.io`, `run.lost`, and `host.lost` where the
 * file was deleted or replaced.
 */
export function sqliteHost(path: string | URL, given: SqliteHostOptions = {}): SqliteHost {
  const options = checkOptions(given, SQLITE, 'sqliteHost');
  const {
    synchronous = 'full',
    leaseMs = 10_000,
    lockTimeoutMs = 5_000,
    clock = systemClock,
    listeners,
    readOnly = false,
  } = options;
  checkNumber(leaseMs, { option: 'sqliteHost: leaseMs', min: 1, max: MAX_LEASE_MS });
  checkNumber(lockTimeoutMs, { option: 'sqliteHost: lockTimeoutMs', min: 0, allowsInfinity: true });
  if (listeners !== undefined) checkListeners(listeners, 'sqliteHost, listeners');
  const file = readDatabasePath(path, 'sqliteHost');
  if (readOnly && file === IN_MEMORY) {
    throw new ConfigError(
      `sqliteHost: "${IN_MEMORY}" is empty, so there is nothing to read. Pass a file, or leave out readOnly.`,
    );
  }
  const known = { synchronous, leaseMs: Math.ceil(leaseMs), lockTimeoutMs, clock, listeners, readOnly };
  return new SqliteStoreHost(file, known);
}

/** One day. A run whose process hangs stays with it for that long. */
const MAX_LEASE_MS = 86_400_000;

const SQLITE: OptionTable<SqliteHostOptions> = {
  keys: {
    synchronous: { full: true, normal: true },
    leaseMs: 'number',
    readOnly: 'boolean',
    lockTimeoutMs: 'number',
    clock: 'clock',
    listeners: 'any',
  },
  hints: { ...LOCK_HINTS, readonly: 'The option is "readOnly".' },
};
