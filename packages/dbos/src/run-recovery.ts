import { type Clock, HostError } from '@pawl/core';
import { hasEnded } from '@pawl/core/host';
import type { Database, PoolClient } from './database.ts';
import type { DbosClientStore } from './dbos-client-store.ts';
import type { AttemptWorkflow, EngineClient } from './engine.ts';
import { lockRun, releaseRun, setQueuedWorkflow } from './run-table.ts';

export interface RunRecoveryOptions {
  readonly executorId: string;
  readonly database: Database;
  readonly engine: EngineClient;
  readonly store: Pick<DbosClientStore, 'enqueueNextAttempt'>;
  readonly clock: Clock;
  /** Whether this process has a workflow in hand. */
  readonly isRunning: (workflowId: string) => boolean;
}

/** Leaves to the workers what nobody has in hand any more. DBOS itself waits for the executor of the same name to return. */
export class RunRecovery {
  readonly #options: RunRecoveryOptions;
  /** Workflows that DBOS takes for begun here, and that were not when it was looked last. */
  #suspects: ReadonlySet<string> = new Set();
  /** Where the look at the runs that are left goes on. */
  #checkedUpTo = 0;

  constructor(options: RunRecoveryOptions) {
    this.#options = options;
  }

  /** The runs of workers that are gone. Several may look at once: one of them gets the dead one's lock. */
  async recoverDeadWorkers(): Promise<void> {
    const { executorId, database } = this.#options;
    const { rows } = await database.query(
      'SELECT executor_id FROM pawl.executors WHERE executor_id <> $1 AND NOT pawl.is_alive(executor_id)',
      [executorId],
    );
    for (const row of rows) await this.#recoverWorker(String(row['executor_id']));
  }

  /** Runs that are at work here by the book only: the connection broke while they were let go. */
  async recoverUnheldRuns(tokens: readonly string[]): Promise<void> {
    const { executorId, database } = this.#options;
    const { rows } = await database.query(
      "SELECT run_id FROM pawl.runs WHERE executor_id = $1 AND status = 'running' AND NOT token = ANY($2)",
      [executorId, tokens],
    );
    for (const row of rows) {
      await database.runTransaction((client) =>
        this.#releaseAndRequeue(client, { runId: String(row['run_id']), executorId, tokens }),
      );
    }
  }

  /** Suspended runs in which a call's time is over. */
  async requeueExpired(): Promise<void> {
    const { database, store, clock } = this.#options;
    const { rows } = await database.query(
      `SELECT DISTINCT run_id FROM pawl.waits JOIN pawl.runs USING (run_id)
       WHERE word IS NULL AND NOT taken AND expires_at <= $1 AND status = 'suspended' LIMIT 100`,
      [clock.now()],
    );
    for (const row of rows) {
      await database.runTransaction(async (client) => {
        const run = await lockRun(client, String(row['run_id']));
        if (run.status !== 'suspended') return;
        await client.query("UPDATE pawl.runs SET status = 'interrupted' WHERE run_id = $1", [run.runId]);
        await store.enqueueNextAttempt(client, run);
      });
    }
  }

  /**
   * Runs that wait in no queue although they were left to the workers. A connection that breaks at the wrong moment takes a workflow
   * out of its queue, and nobody is told: it is put into the queue again.
   */
  async requeueForgotten(): Promise<void> {
    const { database, engine } = this.#options;
    const { rows } = await database.query(
      `SELECT run_id, number, left_workflow FROM pawl.runs WHERE left_workflow IS NOT NULL AND number > $1
       ORDER BY number LIMIT ${CHECK_BATCH_SIZE}`,
      [this.#checkedUpTo],
    );
    this.#checkedUpTo = rows.length < CHECK_BATCH_SIZE ? 0 : Number(rows.at(-1)?.['number']);
    const unfinished = await engine.listUnfinished(rows.map((row) => String(row['left_workflow'])));
    for (const row of rows) {
      const workflowId = String(row['left_workflow']);
      if (!unfinished.has(workflowId)) await this.#requeueRun(String(row['run_id']), workflowId);
    }
    await this.#requeueStuck();
  }

  /** Before this worker begins anything: what it had at work when it last ended. */
  async recoverPreviousProcess(): Promise<void> {
    const { executorId, database, engine } = this.#options;
    const pending = await engine.listPending(executorId);
    let isDone = false;
    while (!isDone) {
      isDone = await database.runTransaction((client) => this.#requeueBatch(client, { executorId, pending }));
    }
    await engine.cancelAttempts(pending.map(({ workflowId }) => workflowId));
  }

  /** Workflows that were taken from a queue for this worker, which was not told: its connection broke in between. */
  async #requeueStuck(): Promise<void> {
    const { executorId, engine, isRunning: isDriving } = this.#options;
    const pending = await engine.listPending(executorId);
    const idle = pending.filter(({ workflowId }) => !isDriving(workflowId));
    // One that was just taken is about to begin.
    const stuck = idle.filter(({ workflowId }) => this.#suspects.has(workflowId));
    this.#suspects = new Set(idle.map(({ workflowId }) => workflowId));
    await engine.cancelAttempts(stuck.map(({ workflowId }) => workflowId));
    for (const { runId, workflowId } of stuck) await this.#requeueRun(runId, workflowId);
  }

  async #requeueRun(runId: string, workflowId: string): Promise<void> {
    const { database, store } = this.#options;
    await database.runTransaction(async (client) => {
      const run = await lockRun(client, runId).catch(ignoreUnknownRun);
      if (run?.queuedWorkflowId !== workflowId) return;
      if (hasEnded(run.status)) await setQueuedWorkflow(client, runId, undefined);
      else await store.enqueueNextAttempt(client, run);
    });
  }

  /** In this order: whoever is cut off in between leaves it to be done again, never half done. */
  async #recoverWorker(dead: string): Promise<void> {
    const { engine } = this.#options;
    const pending = await engine.listPending(dead);
    let isDone: boolean | undefined = false;
    while (isDone === false) {
      isDone = await this.#withDeadWorkerLock(dead, (client) =>
        this.#requeueBatch(client, { executorId: dead, pending }),
      );
    }
    if (isDone === undefined) return;
    await engine.cancelAttempts(pending.map(({ workflowId }) => workflowId));
    await this.#withDeadWorkerLock(dead, async (client) => {
      await client.query('DELETE FROM pawl.executors WHERE executor_id = $1', [dead]);
    });
  }

  /** Under the dead one's own lock: it can't come back meanwhile. `undefined` where the lock was not to be had. */
  #withDeadWorkerLock<T>(dead: string, work: (client: PoolClient) => Promise<T>): Promise<T | undefined> {
    return this.#options.database.runTransaction(async (client) => {
      const lock = await client.query('SELECT pg_try_advisory_xact_lock(pawl.lock_key($1)) AS taken', [dead]);
      return lock.rows[0]?.['taken'] === true ? work(client) : undefined;
    });
  }

  /**
   * Some of the runs that it had at work or taken from a queue, so that no transaction is long. Gives whether those were all. They are
   * locked in the order of their ids, as by whoever writes steps: no two transactions wait for each other.
   */
  async #requeueBatch(client: PoolClient, { executorId, pending }: WorkerRuns): Promise<boolean> {
    const { rows } = await client.query(
      `SELECT run_id FROM pawl.runs WHERE executor_id = $1 AND status = 'running' ORDER BY run_id COLLATE "C" LIMIT $2`,
      [executorId, BATCH_SIZE],
    );
    const runIds = rows.map((row) => String(row['run_id']));
    for (const runId of runIds) await this.#releaseAndRequeue(client, { runId, executorId, tokens: [] });
    if (runIds.length === BATCH_SIZE) return false;
    for (const { runId, attempt } of pending.toSorted((one, other) => (one.runId < other.runId ? -1 : 1))) {
      // What it had taken from a queue and not begun.
      const run = await lockRun(client, runId).catch(ignoreUnknownRun);
      if (run !== undefined && run.attempts + 1 === attempt && !hasEnded(run.status)) {
        await this.#options.store.enqueueNextAttempt(client, run);
      }
    }
    return true;
  }

  async #releaseAndRequeue(client: PoolClient, { runId, executorId, tokens }: HeldRunKey): Promise<void> {
    const run = await lockRun(client, runId);
    if (run.executorId !== executorId || run.token === undefined || tokens.includes(run.token)) return;
    await releaseRun(client, run.token, { status: 'interrupted', now: this.#options.clock.now() });
    await this.#options.store.enqueueNextAttempt(client, run);
  }
}

/** Runs, in a transaction. */
const BATCH_SIZE = 100;

/** Runs that wait in a queue, at a look. */
const CHECK_BATCH_SIZE = 500;

/** Somebody deleted it. */
function ignoreUnknownRun(error: unknown): undefined {
  if (HostError.isInstance(error) && error.code === 'run.unknown') return undefined;
  throw error;
}

interface HeldRunKey {
  readonly runId: string;
  readonly executorId: string;
  /** Of the runs that are at work there. */
  readonly tokens: readonly string[];
}

interface WorkerRuns {
  readonly executorId: string;
  readonly pending: readonly AttemptWorkflow[];
}
