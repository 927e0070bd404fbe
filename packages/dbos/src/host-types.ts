import type { Clock, Host, Listeners } from '@pawl/core';
import type { AnyResumable, DeleteOptions, HostClient } from '@pawl/core/host';

/** Limits how many runs of an agent work at once. The queue of DBOS, one for each agent, enforces them. */
export interface QueueOptions {
  /** How many runs one worker works on at most. @defaultValue no limit */
  readonly workerConcurrency?: number;
  /** How many runs all workers together work on at most. @defaultValue no limit */
  readonly concurrency?: number;
  /** At most `runs` begin in `periodMs` milliseconds, over all workers. @defaultValue no limit */
  readonly rateLimit?: { readonly runs: number; readonly periodMs: number };
  /** How often a worker polls its queues, in milliseconds. @defaultValue 200 */
  readonly pollingMs?: number;
}

/** The part of a run that a worker uses. */
export interface WorkerRun {
  outcome(): Promise<{ readonly status: string }>;
}

export type WorkerAgent<Resumed> = AnyResumable<Resumed>;

export interface DbosHostOptions<Resumed extends WorkerRun> {
  /** The URL of a PostgreSQL database: `postgresql://user:password@host:5432/name`. Uses the schemas `pawl` and `dbos`. */
  readonly url: string;
  /** The unique name of this worker, such as the name of its pod or machine. Best kept over restarts. */
  readonly executorId: string;
  /** The agents whose runs this worker continues: enqueued and answered ones, and those of dead workers. */
  readonly agents: readonly WorkerAgent<Resumed>[];
  readonly queue?: QueueOptions;
  /** Called with each run that this worker takes from a queue, before its first event. */
  readonly onRun?: (run: Resumed) => void;
  /**
   * Called if this worker cannot continue a run that it took: the agent has another version, or `context` throws. The run stays as it is;
   * `agent.resume` can continue it. Also called with the `ConversationError` of a run that has ended. DBOS writes the error to stderr, too.
   */
  readonly onError?: (error: unknown, runId: string) => void;
  /** Listeners of every run that this process works on with this host, including resumed runs. Called before those of the agent and of the run. */
  readonly listeners?: Listeners | undefined;
  /**
   * How long runs stay with a hanging worker, whose process is stopped or blocked, in milliseconds. A worker that has ended, or lost its
   * connection, loses its runs within seconds.
   *
   * @defaultValue 30_000
   */
  readonly leaseMs?: number;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
}

export interface DbosClientOptions {
  /** The same database as the workers'. */
  readonly url: string;
  /** @defaultValue the system clock */
  readonly clock?: Clock;
}

/** Reads, answers, queues, forks and cancels runs, in a process that does not work on them. */
export interface DbosClient extends HostClient {
  close(): Promise<void>;
}

export interface DbosHost extends Host {
  /** Returns no runs: the workers with an agent continue its runs by themselves. */
  resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]>;
  /**
   * Deletes ended runs and their DBOS workflows, a few at a time.
   *
   * @throws HostError `run.not_ended`; ConfigError
   */
  deleteRuns(options: DeleteOptions): Promise<number>;
}
