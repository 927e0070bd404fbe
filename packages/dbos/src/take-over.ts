import type { Clock } from '@pawl/core';
import type { Database, PoolClient } from './database.ts';
import type { AttemptWorkflow, EngineClient } from './engine.ts';
import type { Outside } from './outside.ts';
import { lockRun, releaseRun } from './run-table.ts';

export interface TakeOverOptions {
  readonly executorId: string;
  readonly database: Database;
  readonly engine: EngineClient;
  readonly outside: Outside;
  readonly clock: Clock;
}

/** Leaves to the workers what nobody has in hand any more. DBOS itself waits for the executor of the same name to return. */
export class TakeOver {
  readonly #options: TakeOverOptions;

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
    const { database, outside, clock } = this.#options;
    const { rows } = await database.query(
      `SELECT DISTINCT run_id FROM pawl.waits JOIN pawl.runs USING (run_id)
       WHERE word IS NULL AND NOT taken AND expires_at <= $1 AND status = 'suspended' LIMIT 100`,
      [clock.now()],
    );
    for (const row of rows) {
      await database.transaction(async (client) => {
        const run = await lockRun(client, String(row['run_id']));
        if (run.status !== 'suspended') return;
        await client.query("UPDATE pawl.runs SET status = 'interrupted' WHERE run_id = $1", [run.record.runId]);
        await outside.leave(client, run);
      });
    }
  }

  /** Before this worker begins anything: what it had at work when it last ended. */
  async ofMyLastLife(): Promise<void> {
    const { executorId, database, engine } = this.#options;
    const pending = await engine.pendingOf(executorId);
    await database.transaction((client) => this.#leaveAll(client, { executorId, pending }));
    await engine.forget(pending.map(({ workflowId }) => workflowId));
  }

  /** In this order: whoever is cut off in between leaves it to be done again, never half done. */
  async #inherit(dead: string): Promise<void> {
    const { engine } = this.#options;
    const pending = await engine.pendingOf(dead);
    const isMine = await this.#whileDead(dead, (client) => this.#leaveAll(client, { executorId: dead, pending }));
    if (!isMine) return;
    await engine.forget(pending.map(({ workflowId }) => workflowId));
    await this.#whileDead(dead, async (client) => {
      await client.query('DELETE FROM pawl.executors WHERE executor_id = $1', [dead]);
    });
  }

  /** Under the dead one's own lock: it can't come back meanwhile. Gives whether it was to be had. */
  #whileDead(dead: string, work: (client: PoolClient) => Promise<void>): Promise<boolean> {
    return this.#options.database.transaction(async (client) => {
      const lock = await client.query('SELECT pg_try_advisory_xact_lock(pawl.lock_key($1)) AS taken', [dead]);
      if (lock.rows[0]?.['taken'] !== true) return false;
      await work(client);
      return true;
    });
  }

  async #leaveAll(client: PoolClient, { executorId, pending }: Left): Promise<void> {
    const { rows } = await client.query("SELECT run_id FROM pawl.runs WHERE executor_id = $1 AND status = 'running'", [
      executorId,
    ]);
    for (const row of rows) {
      await this.#giveUp(client, { runId: String(row['run_id']), executorId, tokens: [] });
    }
    // What it had taken from a queue and not begun.
    for (const { runId, attempt } of pending) {
      const run = await lockRun(client, runId);
      if (run.attempts === attempt - 1) await this.#options.outside.leave(client, run);
    }
  }

  async #giveUp(client: PoolClient, { runId, executorId, tokens }: GivenUp): Promise<void> {
    const run = await lockRun(client, runId);
    if (run.executorId !== executorId || run.token === undefined || tokens.includes(run.token)) return;
    await releaseRun(client, run.token, { status: 'interrupted', now: this.#options.clock.now() });
    await this.#options.outside.leave(client, run);
  }
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
