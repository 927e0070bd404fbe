import {
  type Answer,
  type Clock,
  type EnqueueOptions,
  type Fact,
  type Followed,
  type FollowOptions,
  type ForkOptions,
  type Message,
  type RunFilter,
  type RunProgress,
  type RunRecord,
  type RunSummary,
  systemClock,
  type UserMessage,
} from '@pawl/core';
import {
  checkAnswer,
  checkMessage,
  checkPosition,
  endOfRetention,
  enqueuedRecord,
  existing,
  followFacts,
  forkOf,
  hasEnded,
  isOpen,
  notWaiting,
  readCancelOptions,
  readDeleteOptions,
  readReadOptions,
  roundClock,
} from '@pawl/core/host';
import type { Database, PoolClient } from './database.ts';
import { type EngineClient, newWorkflowId } from './engine.ts';
import type { DbosClient } from './host-types.ts';
import { listRuns } from './run-list.ts';
import {
  cancelRun,
  deleteRuns,
  endedBefore,
  findWholeRun,
  insertRun,
  lockRun,
  type RunRow,
  setLeft,
  workflowsOf,
} from './run-table.ts';
import { copySteps, factsAfter, loadSteps } from './steps.ts';
import { findWait, keepWait, waitsOf } from './wait-table.ts';

export interface OutsideOptions {
  readonly database: Database;
  readonly engine: EngineClient;
  readonly clock?: Clock;
}

/** What can be done to runs from any process: whatever makes one go on is done in one transaction with leaving it to the workers. */
export class Outside implements DbosClient {
  readonly #database: Database;
  readonly #engine: EngineClient;
  readonly #clock: Clock;

  constructor({ database, engine, clock = systemClock }: OutsideOptions) {
    this.#database = database;
    this.#engine = engine;
    this.#clock = roundClock(clock);
  }

  answer(runId: string, pendingId: string, answer: Answer): Promise<void> {
    return this.#database.transaction(async (client) => {
      const row = await lockRun(client, runId);
      const place = { runId, name: pendingId };
      const wait = await findWait(client, place);
      const ended = hasEnded(row.status) ? row.status : undefined;
      checkAnswer(answer, { runId, pendingId, wait, ended, now: this.#clock.now() });
      if (wait !== undefined) await keepWait(client, place, { ...wait, word: answer });
      if (row.status === 'suspended') await this.leave(client, row);
    });
  }

  async send(runId: string, message: UserMessage): Promise<void> {
    checkMessage(message, runId);
    await this.#database.transaction(async (client) => {
      const row = await lockRun(client, runId);
      const waits = hasEnded(row.status) ? [] : [...(await waitsOf(client, runId))];
      const open = waits.filter(([, wait]) => isOpen(wait));
      if (open.length === 0) throw notWaiting(runId);
      for (const [name, wait] of open) {
        await keepWait(client, { runId, name }, { ...wait, word: { type: 'interrupt', message } });
      }
      if (row.status === 'suspended') await this.leave(client, row);
    });
  }

  async enqueue(agent: string, input: string | readonly Message[], options: EnqueueOptions = {}): Promise<string> {
    const record = enqueuedRecord(agent, { input, options, now: this.#clock.now() });
    await this.#database.transaction((client) => this.#insert(client, record));
    return record.runId;
  }

  async cancel(runId: string, options: { readonly reason?: string } = {}): Promise<void> {
    const { reason } = readCancelOptions(options);
    return this.#database.transaction(async (client) => {
      const row = await lockRun(client, runId);
      if (hasEnded(row.status)) return;
      await cancelRun(client, runId, reason);
      if (row.status !== 'running') await this.leave(client, row);
    });
  }

  async read(runId: string, options: { readonly after?: number } = {}): Promise<RunProgress> {
    const known = checkPosition(readReadOptions(options).after, 'read: after');
    // The row first: a run that has ended by then has no facts that come later.
    const { record, outcome, status } = await findWholeRun(this.#database, runId);
    const facts = await factsAfter(this.#database, runId, known);
    return { record, status, facts, ...(outcome === undefined ? {} : { outcome }) };
  }

  events<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<Followed<Options>> {
    return followFacts(this, runId, { clock: this.#clock, options });
  }

  runs(filter?: RunFilter): Promise<readonly RunSummary[]> {
    return listRuns(this.#database, filter);
  }

  /** The new run is left to the workers, as one that was enqueued. */
  async fork(runId: string, options: ForkOptions): Promise<string> {
    const { record } = await findWholeRun(this.#database, runId);
    const steps = await loadSteps(this.#database, runId);
    const facts = new Map(steps.map(({ name, text }): [string, Fact] => [name, JSON.parse(text)]));
    const fork = forkOf({ record, facts }, { options, now: this.#clock.now() });
    const { runId: to } = fork.record;
    const copied = steps.filter(({ name }) => fork.copies(name)).map(({ name }) => name);
    await this.#database.transaction(async (client) => {
      await this.#insert(client, fork.record);
      await copySteps(client, copied, { from: runId, to });
      for (const [name, wait] of await waitsOf(client, runId)) {
        if (fork.copies(name)) await keepWait(client, { runId: to, name }, wait);
      }
    });
    return to;
  }

  /** A few runs at a time: no statement takes long, however many there are. */
  async delete(options: { readonly olderThanMs: number }): Promise<number> {
    const { olderThanMs } = readDeleteOptions(options);
    const before = endOfRetention(this.#clock.now(), olderThanMs);
    let count = 0;
    for (;;) {
      const ended = await endedBefore(this.#database, before, DELETED_AT_ONCE);
      if (ended.length === 0) return count;
      // The workflows first: without the runs nobody knows which they are.
      await this.#engine.delete(await workflowsOf(this.#database, ended));
      await deleteRuns(this.#database, ended);
      count += ended.length;
    }
  }

  async close(): Promise<void> {
    await this.#engine.close();
    await this.#database.close();
  }

  /** As part of a transaction that has locked the run: whichever worker comes first goes on with it. */
  async leave(client: PoolClient, { runId, agent, attempts }: Left): Promise<void> {
    const workflowId = newWorkflowId(runId);
    // Two words at once leave it twice: the second attempt of that number finds nothing to do.
    await this.#engine.enqueue(client, agent, { runId, attempt: attempts + 1, workflowId });
    await setLeft(client, runId, workflowId);
  }

  /** The run waits in the queue of its agent. */
  async #insert(client: PoolClient, record: RunRecord): Promise<void> {
    const { runId, agent } = record;
    const leftWorkflow = newWorkflowId(runId);
    const isNew = await insertRun(client, record, { type: 'queued', leftWorkflow, now: this.#clock.now() });
    if (!isNew) throw existing(runId);
    await this.#engine.enqueue(client, agent, { runId, attempt: 1, workflowId: leftWorkflow });
  }
}

/** Each may have a great many steps. */
const DELETED_AT_ONCE = 20;

type Left = Pick<RunRow, 'runId' | 'agent' | 'attempts'>;
