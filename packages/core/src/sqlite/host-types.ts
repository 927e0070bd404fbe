import type { Clock } from '../base/clock.ts';
import type { DurableHost, RunRecord } from '../durable/host.ts';

export interface SqliteOptions {
  /**
   * What a power failure may cost. `full`: nothing that was finished. `normal`: the last steps before it may be
   * forgotten and run again, `once` tools among them; much faster. A crash of the process costs nothing either way.
   *
   * @defaultValue 'full'
   */
  readonly synchronous?: 'full' | 'normal';
  /**
   * How long a run stays with a process that has stopped giving signs of life, in milliseconds. One that has ended on
   * this machine is seen at once.
   *
   * @defaultValue 10_000
   */
  readonly leaseMs?: number;
  /** How long a file that another process has locked is waited for, in milliseconds. @defaultValue 5_000 */
  readonly lockedMs?: number;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

/** An agent, as far as a host has to know it. */
export interface Resumable<Resumed> {
  readonly name: string;
  /** No method, so that an agent that needs a context is refused here: pass it as `{ agent, context }`. */
  readonly resume: (runId: string, options: { readonly durable: DurableHost }) => Resumed;
}

/** An agent that needs a context, and where that comes from for each run that is resumed. */
export interface ResumableWithContext<Resumed> {
  readonly agent: {
    readonly name: string;
    resume(runId: string, options: { readonly durable: DurableHost; readonly context: unknown }): Resumed;
  };
  /** Gives what `agent.run` was given; the record has the run's `metadata`. */
  readonly context: (record: RunRecord) => unknown;
}

export interface SqliteDurableHost extends DurableHost {
  /**
   * Resumes the runs of these agents that a dead process left, that were answered while they were suspended, or that were
   * enqueued. Where two processes take the same one, the second looks on.
   */
  resumeAll<Resumed>(
    agents: readonly (Resumable<Resumed> | ResumableWithContext<Resumed>)[],
  ): Promise<readonly Resumed[]>;
  /** Forgets the runs that ended more than `olderThanMs` ago. Gives their number. */
  delete(options: { readonly olderThanMs: number }): Promise<number>;
}
