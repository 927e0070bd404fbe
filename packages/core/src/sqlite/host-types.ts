import type { Clock } from '../base/clock.ts';
import type { Listeners } from '../event/observers.ts';
import type { Host } from '../host/host.ts';
import type { AnyResumable } from '../host/resumable.ts';

export interface SqliteHostOptions {
  /**
   * What a power failure may cost. `full`: nothing that was finished. `normal`: the last steps before it may be
   * forgotten and run again, `non-idempotent` tools among them; much faster. A crash of the process costs nothing either way.
   *
   * @defaultValue 'full'
   */
  readonly synchronous?: 'full' | 'normal';
  /**
   * How long a run stays with a process that has stopped giving signs of life, in milliseconds, by the time since the machine was
   * started. One that has ended on this machine is seen at once.
   *
   * @defaultValue 10_000
   */
  readonly leaseMs?: number;
  /** How long a file that another process has locked is waited for, in milliseconds. @defaultValue 5_000 */
  readonly lockTimeoutMs?: number;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
  /** They hear every run that this process works on with this host, resumed ones included, before those of the agent and of the run. */
  readonly listeners?: Listeners | undefined;
}

export interface SqliteHost extends Host {
  /**
   * Resumes the runs of these agents that a dead process left, that were answered while they were suspended, or that were
   * enqueued. Where two processes take the same one, the second looks on.
   */
  resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]>;
  /**
   * Forgets the runs that ended more than `olderThanMs` ago, in parts, between which this process and others go on. Gives their
   * number. The file does not shrink: later runs use the space.
   *
   * @throws ConfigError for what is no number.
   */
  deleteRuns(options: { readonly olderThanMs: number }): Promise<number>;
}
