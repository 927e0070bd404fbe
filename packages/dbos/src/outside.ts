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
} from '@pawl/core/host';
import type { Database, PoolClient, Queryable } from './database.ts';
import { type EngineClient, newWorkflowId } from './engine.ts';
import type { DbosClient } from './host-types.ts';
import {
  cancelRun,
  endedBefore,
  findRun,
  insertRun,
  listRuns,
  lockRun,
  type RunRow,
  workflowsOf,
} from './run-table.ts';
import { factsAfter, loadSteps } from './steps.ts';
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
    this.#clock = clock;
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
    const { runId } = record;
    await this.#database.transaction(async (client) => {
      await this.#insert(client, record);
      await this.#engine.enqueue(client, agent, { runId, attempt: 1, workflowId: newWorkflowId(runId) });
    });
    return runId;
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
    const { after } = readReadOptions(options);
    // The row first: a run that has ended by then has no facts that come later.
    const { record, outcome, status, attempts } = await findRun(this.#database, runId);
    const steps = await this.#steps(runId);
    const facts = factsAfter(steps, { after, attempt: status === 'running' ? attempts : undefined });
    return { record, status, facts, ...(outcome === undefined ? {} : { outcome }) };
  }

  events<Options extends FollowOptions>(runId: string, options?: Options): AsyncIterable<Followed<Options>> {
    return followFacts(this, runId, { clock: this.#clock, options });
  }

  async runs(filter: RunFilter = {}): Promise<readonly RunSummary[]> {
    return (await listRuns(this.#database, filter)).map(summaryOf);
  }

  /** The new run is left to the workers, as one that was enqueued. */
  async fork(runId: string, options: ForkOptions): Promise<string> {
    const { record } = await findRun(this.#database, runId);
    const steps = await this.#steps(runId);
    const facts = new Map([...steps].map(([name, { text }]): [string, Fact] => [name, JSON.parse(text)]));
    const fork = forkOf({ record, facts }, { options, now: this.#clock.now() });
    const { runId: to, agent } = fork.record;
    const kept = [...steps].filter(([name]) => fork.copies(name));
    kept.sort(([, one], [, other]) => one.position - other.position);
    await this.#database.transaction(async (client) => {
      await this.#insert(client, fork.record);
      for (const [index, [name, { text }]] of kept.entries()) {
        await client.query('INSERT INTO pawl.forked_steps VALUES ($1, $2, $3, $4)', [to, name, index + 1, text]);
      }
      for (const [name, wait] of await waitsOf(client, runId)) {
        if (fork.copies(name)) await keepWait(client, { runId: to, name }, wait);
      }
      await this.#engine.enqueue(client, agent, { runId: to, attempt: 1, workflowId: newWorkflowId(to) });
    });
    return to;
  }

  async delete(options: { readonly olderThanMs: number }): Promise<number> {
    const { olderThanMs } = readDeleteOptions(options);
    const ended = await endedBefore(this.#database, this.#clock.now() - olderThanMs);
    for (const runId of ended) {
      // The workflows first: without the run nobody knows which they are.
      await this.#engine.delete(await workflowsOf(this.#database, runId));
      await this.#database.query('DELETE FROM pawl.runs WHERE run_id = $1', [runId]);
    }
    return ended.length;
  }

  async close(): Promise<void> {
    await this.#engine.close();
    await this.#database.close();
  }

  /** As part of a transaction: whichever worker comes first goes on with the run. */
  async leave(client: PoolClient, { record, attempts }: RunRow): Promise<void> {
    const { runId, agent } = record;
    const attempt = attempts + 1;
    // Two words at once leave it twice: the second attempt of that number finds nothing to do.
    await this.#engine.enqueue(client, agent, { runId, attempt, workflowId: newWorkflowId(runId) });
  }

  #steps(runId: string): ReturnType<typeof loadSteps> {
    return loadSteps(runId, { database: this.#database, engine: this.#engine });
  }

  async #insert(on: Queryable, record: RunRecord): Promise<void> {
    const isNew = await insertRun(on, record, { status: 'queued', now: this.#clock.now() });
    if (!isNew) throw existing(record.runId);
  }
}

function summaryOf({ record, status, outcome, updatedAt, attempts }: RunRow): RunSummary {
  const { runId, agent, metadata, at: startedAt } = record;
  const known = { runId, agent, status, metadata, startedAt, updatedAt, attempts };
  return { ...known, ...(outcome === undefined ? {} : { outcome }) };
}
