import type { RunRecord, RunSummary } from '@pawl/core/host';
import {
  type CheckedFilter,
  type ClientStore,
  existing,
  type InsertAs,
  lost,
  type RunUpdate,
  type StoredRun,
  type StoredStep,
} from '@pawl/core/host';
import type { Database, PoolClient } from './database.ts';
import { type EngineClient, newWorkflowId } from './engine.ts';
import { listRuns } from './run-list.ts';
import {
  cancelRun,
  deleteRuns,
  endedBefore,
  findRun,
  insertRun,
  lockRun,
  type RunRow,
  setLeft,
  workflowsOf,
} from './run-table.ts';
import { insertSteps, putWaits, stepsAfter, waitsOf } from './step-table.ts';

export interface ClientStoreOptions {
  readonly database: Database;
  readonly engine: EngineClient;
}

/** Runs in PostgreSQL, as any process may change them: what makes a run go on is written together with leaving it to the workers. */
export class DbosClientStore implements ClientStore {
  protected readonly database: Database;
  protected readonly engine: EngineClient;

  constructor({ database, engine }: ClientStoreOptions) {
    this.database = database;
    this.engine = engine;
  }

  /** A run that nobody works on waits in the queue of its agent. */
  async insert(record: RunRecord, as: InsertAs): Promise<void> {
    if (as.type === 'claimed') throw new Error('This process works on no runs.');
    const { runId } = record;
    await this.database.transaction(async (client) => {
      const leftWorkflow = newWorkflowId(runId);
      if (!(await insertRun(client, record, { type: 'queued', leftWorkflow }))) throw existing(runId);
      await insertSteps(client, runId, as.steps ?? []);
      await putWaits(client, runId, as.waits ?? new Map());
      await this.engine.enqueue(client, record, { runId, attempt: 1, workflowId: leftWorkflow });
    });
  }

  update<T>(runId: string, { claim, waits, decide }: RunUpdate<T>): Promise<T> {
    return this.database.transaction(async (client) => {
      const run = await lockRun(client, runId);
      if (claim !== undefined && run.token !== claim.token) throw lost(runId);
      const { result, change } = decide(run, waits === undefined ? new Map() : await waitsOf(client, runId, waits));
      if (change?.cancelled !== undefined) await cancelRun(client, runId, change.cancelled);
      if (change?.waits !== undefined) await putWaits(client, runId, change.waits);
      if (change?.canGoOn === true) await this.leave(client, run);
      return result;
    });
  }

  find(runId: string): Promise<StoredRun> {
    return findRun(this.database, runId);
  }

  steps(runId: string, after: number): Promise<readonly StoredStep[]> {
    return stepsAfter(this.database, runId, after);
  }

  list(filter: CheckedFilter): Promise<readonly RunSummary[]> {
    return listRuns(this.database, filter);
  }

  /** A few runs at a time: no statement takes long, however many there are. Gives their number. */
  async deleteEnded(before: number): Promise<number> {
    let count = 0;
    for (;;) {
      const ended = await endedBefore(this.database, before, DELETED_AT_ONCE);
      if (ended.length === 0) return count;
      // The workflows first: without the runs nobody knows which they are.
      await this.engine.delete(await workflowsOf(this.database, ended));
      await deleteRuns(this.database, ended);
      count += ended.length;
    }
  }

  /** As part of a transaction that has locked the run: whichever worker comes first goes on with it. */
  async leave(client: PoolClient, run: Left): Promise<void> {
    const { runId, attempts } = run;
    const workflowId = newWorkflowId(runId);
    // Two words at once leave it twice: the second attempt of that number finds nothing to do.
    await this.engine.enqueue(client, run, { runId, attempt: attempts + 1, workflowId });
    await setLeft(client, runId, workflowId);
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.database.close();
  }
}

/** Each may have a great many steps. */
const DELETED_AT_ONCE = 20;

type Left = Pick<RunRow, 'runId' | 'agent' | 'schemaVersion' | 'attempts'>;
