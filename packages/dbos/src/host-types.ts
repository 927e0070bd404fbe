import type { Clock, Host, Listeners } from '@pawl/core';
import type { AnyResumable } from '@pawl/core/host';

/** How many runs of an agent are at work at once. DBOS's own queue, one for each agent, keeps to it. */
export interface QueueOptions {
  /** The most of one worker. @defaultValue no end */
  readonly workerConcurrency?: number;
  /** The most of all workers together. @defaultValue no end */
  readonly concurrency?: number;
  /** At most `runs` begin in `periodMs` milliseconds, over all workers. @defaultValue no end */
  readonly rateLimit?: { readonly runs: number; readonly periodMs: number };
  /** How often a worker looks for runs, in milliseconds. @defaultValue 200 */
  readonly pollingMs?: number;
}

/** A run, as far as a worker has to know it. */
export interface WorkerRun {
  outcome(): Promise<{ readonly status: string }>;
}

export type WorkerAgent<Resumed> = AnyResumable<Resumed>;

export interface DbosHostOptions<Resumed extends WorkerRun> {
  /** Of a PostgreSQL database: `postgresql://user:password@host:5432/name`. Pawl and DBOS keep theirs in two schemas. */
  readonly url: string;
  /** The name of this worker, like no other's: of the pod, the machine, the slot. The same again after a restart is best. */
  readonly executorId: string;
  /** Whose runs this worker takes: those that were enqueued, answered, or left by a worker that is gone. */
  readonly agents: readonly WorkerAgent<Resumed>[];
  readonly queue?: QueueOptions;
  /** Called with each run that this worker takes by itself, before anything happens in it. */
  readonly onRun?: (run: Resumed) => void;
  /**
   * Called where this worker can't go on with a run that it took: the agent is of another version, or `context` throws. The
   * run stays as it is; `agent.resume` can go on with it. Also where a run has ended and its conversation is without it. DBOS writes the error to stderr in any case.
   */
  readonly onError?: (error: unknown, runId: string) => void;
  /** They hear every run that this process works on with this host, resumed ones included, before those of the agent and of the run. */
  readonly listeners?: Listeners | undefined;
  /**
   * How long runs stay with a worker that stands still: whose process is stopped, or in a loop. The others look for it. One
   * that has ended, or whose connection has, loses its runs within seconds.
   *
   * @defaultValue 30_000
   */
  readonly leaseMs?: number;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

export interface DbosClientOptions {
  /** As the workers have it. */
  readonly url: string;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

/** What can be done to runs from outside: by a process that works on none. */
export type DbosClient = Pick<
  Host,
  'answer' | 'sendMessage' | 'enqueue' | 'cancel' | 'getRun' | 'followRun' | 'listRuns' | 'fork'
> &
  RunDeletion & {
    close(): Promise<void>;
  };

export type DbosHost = Host & RunDeletion;

interface RunDeletion {
  /** Forgets the runs that ended more than `olderThanMs` ago, and DBOS's workflows of them, a few at a time. Gives their number. */
  deleteRuns(options: { readonly olderThanMs: number }): Promise<number>;
}
