import { type Clock, HostError } from '@pawl/core';
import { hasEnded, SCHEMA_VERSION } from '@pawl/core/host';
import type { DbosClientStore } from './client-store.ts';
import type { Database, PoolClient } from './database.ts';
import type { AttemptWorkflow, EngineClient } from './engine.ts';
import { lockRun, releaseRun, setLeft } from './run-table.ts';

export interface TakeOverOptions {
  readonly executorId: string;
  readonly database: Database;
  readonly engine: EngineClient;
  readonly store: Pick<DbosClientStore, 'leave'>;
  readonly clock: Clock;
  /** Whether this process has a workflow in hand. */
  readonly isDriving: (workflowId: string) => boolean;
}

/** Leaves to the workers what nobody has in hand any more. DBOS itself waits for the executor of the same name to return. */
export class TakeOver {
  readonly #options: TakeOverOptions;
  /** Workflows that DBOS takes for begun here, and that were not when it was looked last. */
  #suspects: ReadonlySet<string> = new Set();
  /** Where the look at the runs that are left goes on. */
  #lookedUpTo = 0;

  constructor(options: TakeOverOptions) {
    this.#options = options;
  }

  /** The runs of workers that are gone. Several may look at once: one of them gets the dead one's lock. */
  async ofTheDead(): Promise<void> {
    const { executorId, database } = this.#options;
    const { rows } = await database.query(
      'SELECT executor_id FROM pawl.executors WHERE executor_id <> $1 AND NOT pawl.is_alive(executor_id)',
      [executorId],
    );
    for (const row of rows) await this.#inherit(String(row['executor_id']));
  }

  /** Runs that are at work here by the book only: the connection broke while they were let go. */
  async ofMine(tokens: readonly string[]): Promise<void> {
    const { executorId, database } = this.#options;
    const { rows } = await database.query(
      "SELECT run_id FROM pawl.runs WHERE executor_id = $1 AND status = 'running' AND NOT token = ANY($2)",
      [executorId, tokens],
    );
    for (const row of rows) {
      await database.transaction((client) =>
        this.#giveUp(client, { runId: String(row['run_id']), executorId, tokens }),
      );
    }
  }

  /** Suspended runs in which a call's time is over. */
  async ofExpired(): Promise<void> {
    const { database, store, clock } = this.#options;
    const { rows } = await database.query(
      `SELECT DISTINCT run_id FROM pawl.waits JOIN pawl.runs USING (run_id)
       WHERE word IS NULL AND NOT taken AND expires_at <= $1 AND status = 'suspended' AND schema_version = $2
       LIMIT 100`,
      [clock.now(), SCHEMA_VERSION],
    );
    for (const row of rows) {
      await database.transaction(async (client) => {
        const run = await lockRun(client, String(row['run_id']));
        if (run.status !== 'suspended') return;
        await client.query("UPDATE pawl.runs SET status = 'interrupted' WHERE run_id = $1", [run.runId]);
        await store.leave(client, run);
      });
    }
  }

  /**
   * Runs that wait in no queue although they were left to the workers. A connection that breaks at the wrong moment takes a workflow
   * out of its queue, and nobody is told: it is put into the queue again.
   */
  async ofForgotten(): Promise<void> {
    const { database, engine } = this.#options;
    const { rows } = await database.query(
      `SELECT run_id, number, left_workflow FROM pawl.runs WHERE left_workflow IS NOT NULL AND number > $1
       ORDER BY number LIMIT ${LOOKS_AT}`,
      [this.#lookedUpTo],
    );
    this.#lookedUpTo = rows.length < LOOKS_AT ? 0 : Number(rows.at(-1)?.['number']);
    const unfinished = await engine.unfinished(rows.map((row) => String(row['left_workflow'])));
    for (const row of rows) {
      const workflowId = String(row['left_workflow']);
      if (!unfinished.has(workflowId)) await this.#leaveAgain(String(row['run_id']), workflowId);
    }
    await this.#ofNotBegun();
  }

  /** Before this worker begins anything: what it had at work when it last ended. */
  async ofMyLastLife(): Promise<void> {
    const { executorId, database, engine } = this.#options;
    const pending = await engine.pendingOf(executorId);
    let isDone = false;
    while (!isDone) {
      isDone = await database.transaction((client) => this.#leaveSome(client, { executorId, pending }));
    }
    await engine.forget(pending.map(({ workflowId }) => workflowId));
  }

  /** Workflows that were taken from a queue for this worker, which was not told: its connection broke in between. */
  async #ofNotBegun(): Promise<void> {
    const { executorId, engine, isDriving } = this.#options;
    const pending = await engine.pendingOf(executorId);
    const idle = pending.filter(({ workflowId }) => !isDriving(workflowId));
    // One that was just taken is about to begin.
    const stuck = idle.filter(({ workflowId }) => this.#suspects.has(workflowId));
    this.#suspects = new Set(idle.map(({ workflowId }) => workflowId));
    await engine.forget(stuck.map(({ workflowId }) => workflowId));
    for (const { runId, workflowId } of stuck) await this.#leaveAgain(runId, workflowId);
  }

  async #leaveAgain(runId: string, workflowId: string): Promise<void> {
    const { database, store } = this.#options;
    await database.transaction(async (client) => {
      const run = await lockRun(client, runId).catch(gone);
      if (run?.leftWorkflow !== workflowId) return;
      if (hasEnded(run.status)) await setLeft(client, runId, undefined);
      else await store.leave(client, run);
    });
  }

  /** In this order: whoever is cut off in between leaves it to be done again, never half done. */
  async #inherit(dead: string): Promise<void> {
    const { engine } = this.#options;
    const pending = await engine.pendingOf(dead);
    let isDone: boolean | undefined = false;
    while (isDone === false) {
      isDone = await this.#whileDead(dead, (client) => this.#leaveSome(client, { executorId: dead, pending }));
    }
    if (isDone === undefined) return;
    await engine.forget(pending.map(({ workflowId }) => workflowId));
    await this.#whileDead(dead, async (client) => {
      await client.query('DELETE FROM pawl.executors WHERE executor_id = $1', [dead]);
    });
  }

  /** Under the dead one's own lock: it can't come back meanwhile. `undefined` where the lock was not to be had. */
  #whileDead<T>(dead: string, work: (client: PoolClient) => Promise<T>): Promise<T | undefined> {
    return this.#options.database.transaction(async (client) => {
      const lock = await client.query('SELECT pg_try_advisory_xact_lock(pawl.lock_key($1)) AS taken', [dead]);
      return lock.rows[0]?.['taken'] === true ? work(client) : undefined;
    });
  }

  /**
   * Some of the runs that it had at work or taken from a queue, so that no transaction is long. Gives whether those were all. They are
   * locked in the order of their ids, as by whoever writes steps: no two transactions wait for each other.
   */
  async #leaveSome(client: PoolClient, { executorId, pending }: Left): Promise<boolean> {
    const { rows } = await client.query(
      `SELECT run_id FROM pawl.runs WHERE executor_id = $1 AND status = 'running' ORDER BY run_id COLLATE "C" LIMIT $2`,
      [executorId, LEFT_AT_ONCE],
    );
    const runIds = rows.map((row) => String(row['run_id']));
    for (const runId of runIds) await this.#giveUp(client, { runId, executorId, tokens: [] });
    if (runIds.length === LEFT_AT_ONCE) return false;
    for (const { runId, attempt } of pending.toSorted((one, other) => (one.runId < other.runId ? -1 : 1))) {
      // What it had taken from a queue and not begun.
      const run = await lockRun(client, runId).catch(gone);
      if (run !== undefined && run.attempts + 1 === attempt && !hasEnded(run.status)) {
        await this.#options.store.leave(client, run);
      }
    }
    return true;
  }

  async #giveUp(client: PoolClient, { runId, executorId, tokens }: GivenUp): Promise<void> {
    const run = await lockRun(client, runId);
    if (run.executorId !== executorId || run.token === undefined || tokens.includes(run.token)) return;
    await releaseRun(client, run.token, { status: 'interrupted', now: this.#options.clock.now() });
    await this.#options.store.leave(client, run);
  }
}

/** Runs, in a transaction. */
const LEFT_AT_ONCE = 100;

/** Runs that wait in a queue, at a look. */
const LOOKS_AT = 500;

/** Somebody deleted it. */
function gone(error: unknown): undefined {
  if (HostError.isInstance(error) && error.code === 'run.unknown') return undefined;
  throw error;
}

interface GivenUp {
  readonly runId: string;
  readonly executorId: string;
  /** Of the runs that are at work there. */
  readonly tokens: readonly string[];
}

interface Left {
  readonly executorId: string;
  readonly pending: readonly AttemptWorkflow[];
}
