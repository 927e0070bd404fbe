import type { RunCounts, RunRecord, RunSummary } from '@pawl/core/host';
import {
  type CheckedFilter,
  type ClientStore,
  createNotEndedError,
  createRunExistsError,
  createRunLostError,
  type RunDeletion,
  type RunInsertion,
  type RunUpdate,
  type StoredRun,
  type StoredStep,
} from '@pawl/core/host';
import type { Database, PoolClient } from './database.ts';
import { createWorkflowId, type EngineClient } from './engine.ts';
import { countRuns, listRuns } from './run-list.ts';
import {
  cancelRun,
  deleteRuns,
  findRun,
  insertRun,
  listEnded,
  listOpen,
  listWorkflows,
  lockRun,
  type RunRow,
  setQueuedWorkflow,
} from './run-table.ts';
import { insertSteps, listStepsAfter, listWaits, putWaits } from './step-table.ts';

export interface ClientStoreOptions {
  readonly database: Database;
  readonly engine: EngineClient;
}

/** Stores runs in PostgreSQL, for any process. A change that lets a run continue is written in one transaction with the enqueueing of its next attempt. */
export class DbosClientStore implements ClientStore {
  protected readonly database: Database;
  protected readonly engine: EngineClient;

  constructor({ database, engine }: ClientStoreOptions) {
    this.database = database;
    this.engine = engine;
  }

  /** Inserts a run and enqueues its first attempt, in the queue of its agent. */
  async insert(record: RunRecord, as: RunInsertion): Promise<void> {
    if (as.type === 'claimed') throw new Error('A client cannot work on runs.');
    const { runId } = record;
    await this.database.runTransaction(async (client) => {
      const queuedWorkflowId = createWorkflowId(runId);
      if (!(await insertRun(client, record, { type: 'queued', queuedWorkflowId }))) throw createRunExistsError(runId);
      await insertSteps(client, runId, as.steps ?? []);
      await putWaits(client, runId, as.waits ?? new Map());
      await this.engine.enqueue(client, record, { runId, attempt: 1, workflowId: queuedWorkflowId });
    });
  }

  update<T>(runId: string, { claim, waits, decide }: RunUpdate<T>): Promise<T> {
    return this.database.runTransaction(async (client) => {
      const run = await lockRun(client, runId);
      if (claim !== undefined && run.token !== claim.token) throw createRunLostError(runId);
      const { result, change } = decide(run, waits === undefined ? new Map() : await listWaits(client, runId, waits));
      if (change?.cancelReason !== undefined) await cancelRun(client, runId, change.cancelReason);
      if (change?.waits !== undefined) await putWaits(client, runId, change.waits);
      if (change?.isResumable === true) await this.enqueueNextAttempt(client, run);
      return result;
    });
  }

  find(runId: string): Promise<StoredRun> {
    return findRun(this.database, runId);
  }

  listSteps(runId: string, after: number): Promise<readonly StoredStep[]> {
    return listStepsAfter(this.database, runId, after);
  }

  list(filter: CheckedFilter): Promise<readonly RunSummary[]> {
    return listRuns(this.database, filter);
  }

  count(filter: CheckedFilter): Promise<RunCounts> {
    return countRuns(this.database, filter);
  }

  /** Deletes a few runs at a time, so that no statement takes long. */
  async deleteRuns(deletion: RunDeletion): Promise<number> {
    if (deletion.type === 'ids') return this.#deleteByIds(deletion.runIds);
    let count = 0;
    for (;;) {
      const ended = await listEnded(this.database, deletion.time, DELETION_BATCH);
      if (ended.length === 0) return count;
      count += await this.#deleteBatch(ended);
    }
  }

  async #deleteByIds(runIds: readonly string[]): Promise<number> {
    const open = await listOpen(this.database, runIds);
    if (open.length > 0) throw createNotEndedError(open);
    let count = 0;
    for (let from = 0; from < runIds.length; from += DELETION_BATCH) {
      count += await this.#deleteBatch(runIds.slice(from, from + DELETION_BATCH));
    }
    return count;
  }

  /** Deletes runs that have ended. Deletes the workflows first: only the rows of the runs know their ids. */
  async #deleteBatch(runIds: readonly string[]): Promise<number> {
    await this.engine.deleteAttempts(await listWorkflows(this.database, runIds));
    return deleteRuns(this.database, runIds);
  }

  /** Enqueues the next attempt, in a transaction that has locked the run. The first free worker continues the run. */
  async enqueueNextAttempt(client: PoolClient, run: RunAttempts): Promise<void> {
    const { runId, attempts } = run;
    const workflowId = createWorkflowId(runId);
    // Two answers at once enqueue two attempts with the same number. The second one finds nothing to do.
    await this.engine.enqueue(client, run, { runId, attempt: attempts + 1, workflowId });
    await setQueuedWorkflow(client, runId, workflowId);
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.database.close();
  }
}

/** How many runs a transaction deletes: each may have very many steps. */
const DELETION_BATCH = 20;

type RunAttempts = Pick<RunRow, 'runId' | 'agent' | 'schemaVersion' | 'attempts'>;
