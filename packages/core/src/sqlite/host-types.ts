import type { Clock } from '../base/clock.ts';
import type { Listeners } from '../event/observers.ts';
import type { DeleteOptions, Host } from '../host/host.ts';

export interface SqliteHostOptions {
  /**
   * What a power failure can lose. `full`: no finished step. `normal`: the last steps before it, which then run again, including
   * `non-idempotent` tools; much faster. A crash of the process loses no finished step in either mode.
   *
   * @defaultValue 'full'
   */
  readonly synchronous?: 'full' | 'normal';
  /**
   * How long a run stays with a process that no longer renews its lease, in milliseconds of the machine's monotonic clock. The runs of a
   * process that has ended on this machine can be claimed at once.
   *
   * @defaultValue 10_000
   */
  readonly leaseMs?: number;
  /** How long a write waits for a file that another process has locked, in milliseconds. @defaultValue 5_000 */
  readonly lockTimeoutMs?: number;
  /**
   * Opens the file of another process to read it: the host takes no lease and writes nothing, and each method that would write rejects with
   * `host.read_only`. The file must exist and have the format of this version.
   *
   * @defaultValue false
   */
  readonly readOnly?: boolean;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
  /** Listeners of every run that this process works on with this host, including resumed runs. Called before those of the agent and of the run. */
  readonly listeners?: Listeners | undefined;
}

export interface SqliteHost extends Host {
  /**
   * Deletes ended runs in parts, between which this process and others continue. The file does not shrink: later runs use the space.
   *
   * @throws HostError `run.not_ended`; ConfigError
   */
  deleteRuns(options: DeleteOptions): Promise<number>;
}
