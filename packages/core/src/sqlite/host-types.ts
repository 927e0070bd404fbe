import type { Clock } from '../base/clock.ts';
import type { JsonObject } from '../base/json.ts';
import type { DurableHost, RunRecord, RunStatus } from '../durable/durable.ts';
import type { Outcome } from '../event/outcome.ts';

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

/** What is known of a run without opening it. */
export interface RunSummary {
  readonly runId: string;
  readonly agent: string;
  /** `interrupted`: it has not ended, and nobody works on it. `host.resumeAll` goes on with it. */
  readonly status: RunStatus | 'interrupted';
  readonly metadata: JsonObject;
  /** Milliseconds since 1970, as is `updatedAt`. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly attempts: number;
  /** How it ended, or what it waits for. */
  readonly outcome?: Outcome<unknown>;
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
  /** The runs of the file, oldest first. */
  runs(filter?: {
    readonly status?: RunSummary['status'];
    readonly agent?: string;
    /** @defaultValue 1_000 */
    readonly limit?: number;
  }): Promise<readonly RunSummary[]>;
  /**
   * Resumes the runs of these agents that a dead process left, or that were answered while they were suspended. Where
   * two processes take the same one, the second's `Run` rejects with `run.live`.
   */
  resumeAll<Resumed>(
    agents: readonly (Resumable<Resumed> | ResumableWithContext<Resumed>)[],
  ): Promise<readonly Resumed[]>;
  /** Forgets the runs that ended more than `olderThanMs` ago. Gives their number. */
  delete(options: { readonly olderThanMs: number }): Promise<number>;
  /**
   * For the end of a process: starts no new step, waits for those at work, then gives up the runs and closes the file.
   * They can be resumed at once, by any process. Not an abort: nothing of a run is decided.
   */
  close(options?: {
    /** @defaultValue 10_000 */
    readonly graceMs?: number;
  }): Promise<void>;
}
