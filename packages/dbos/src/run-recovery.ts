import { type Clock, HostError } from '@pawl/core';
import { hasEnded, SCHEMA_VERSION } from '@pawl/core/host';
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
  /** Whether this process is running a workflow. */
  readonly isRunning: (workflowId: string) => boolean;
}

/** Enqueues runs that no worker works on. DBOS itself would wait until the executor with the same name returns. */
export class RunRecovery {
  readonly #options: RunRecoveryOptions;
  /** Workflows that DBOS has assigned to this worker, and that were not running at the last check. */
  #suspects: ReadonlySet<string> = new Set();
  /** The number of the last queued run that was checked. */
  #checkedUpTo = 0;

  constructor(options: RunRecoveryOptions) {
    this.#options = options;
  }

  /** Enqueues the runs of dead workers. If several workers try at once, one of them gets the lock of the dead one. */
  async recoverDeadWorkers(): Promise<void> {
    const { executorId, database } = this.#options;
    const { rows } = await database.query(
      'SELECT executor_id FROM pawl.executors WHERE executor_id <> $1 AND NOT pawl.is_alive(executor_id)',
      [executorId],
    );
    for (const row of rows) await this.#recoverWorker(String(row['executor_id']));
  }

  /** Enqueues runs that the database assigns to this worker, but no attempt here works on: the connection broke while they were released. */
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

  /** Enqueues suspended runs with an expired wait. */
  async requeueExpired(): Promise<void> {
    const { database, store, clock } = this.#options;
    const { rows } = await database.query(
      `SELECT DISTINCT run_id FROM pawl.waits JOIN pawl.runs USING (run_id)
       WHERE word IS NULL AND NOT taken AND expires_at <= $1 AND status = 'suspended' AND schema_version = $2
       LIMIT 100`,
      [clock.now(), SCHEMA_VERSION],
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
   * Enqueues runs that should wait in a queue and do not. A connection that breaks at the wrong moment takes a workflow out of its queue
   * without starting it.
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

  /** Enqueues the runs that the previous process with this name left. Called before this worker takes any run. */
  async recoverPreviousProcess(): Promise<void> {
    const { executorId, database, engine } = this.#options;
    const pending = await engine.listPending(executorId);
    let isDone = false;
    while (!isDone) {
      isDone = await database.runTransaction((client) => this.#requeueBatch(client, { executorId, pending }));
    }
    await engine.cancelAttempts(pending.map(({ workflowId }) => workflowId));
  }

  /** Enqueues the runs of workflows that DBOS took from a queue for this worker without starting them: the connection broke in between. */
  async #requeueStuck(): Promise<void> {
    const { executorId, engine, isRunning } = this.#options;
    const pending = await engine.listPending(executorId);
    const idle = pending.filter(({ workflowId }) => !isRunning(workflowId));
    // A workflow that was just assigned may be about to start, so only the second check in a row counts.
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

  /** Recovers the runs of one dead worker. The order makes it safe to repeat after a crash in between. */
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

  /** Runs `work` while holding the lock of the dead worker, so that it cannot return meanwhile. Resolves `undefined` if the lock is taken. */
  #withDeadWorkerLock<T>(dead: string, work: (client: PoolClient) => Promise<T>): Promise<T | undefined> {
    return this.#options.database.runTransaction(async (client) => {
      const lock = await client.query('SELECT pg_try_advisory_xact_lock(pawl.lock_key($1)) AS taken', [dead]);
      return lock.rows[0]?.['taken'] === true ? work(client) : undefined;
    });
  }

  /**
   * Enqueues some of the runs that the worker had claimed or taken from a queue, so that transactions stay short. Returns whether none is left.
   * Locks rows in the order of run ids, as `StepWriter` does, so that transactions do not deadlock.
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
      // Attempts that were taken from a queue and not begun.
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

/** How many runs one transaction requeues. */
const BATCH_SIZE = 100;

/** How many queued runs one check reads. */
const CHECK_BATCH_SIZE = 500;

/** Ignores that a run was deleted in the meantime. */
function ignoreUnknownRun(error: unknown): undefined {
  if (HostError.isInstance(error) && error.code === 'run.unknown') return undefined;
  throw error;
}

interface HeldRunKey {
  readonly runId: string;
  readonly executorId: string;
  /** The tokens of the attempts that work in that process. */
  readonly tokens: readonly string[];
}

interface WorkerRuns {
  readonly executorId: string;
  readonly pending: readonly AttemptWorkflow[];
}
