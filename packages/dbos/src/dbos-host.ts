import {
  type Clock,
  type Durable,
  DurableError,
  type Listeners,
  type OpenedRun,
  type OpenOptions,
  type Outcome,
  type RunRecord,
  systemClock,
} from '@pawl/core';
import { Drain, existing, hasEnded, readCancelOptions, readCloseOptions, type Wait } from '@pawl/core/host';
import { Attempts, type Begun, type Held } from './attempts.ts';
import type { Database, PoolClient } from './database.ts';
import { DbosRun, lost } from './dbos-run.ts';
import { type AttemptWorkflow, Engine, type EngineClient, newWorkflowId } from './engine.ts';
import { Executor } from './executor.ts';
import type { DbosDurableHost, DbosOptions, Watchable } from './host-types.ts';
import { Outside } from './outside.ts';
import { QueueWorker } from './queue-worker.ts';
import { cancelledOf, claimRun, insertRun, intentsOf, lockRun, type RunRow, releaseRun } from './run-table.ts';
import { loadSteps } from './steps.ts';
import { TakeOver } from './take-over.ts';
import { waitsOf } from './wait-table.ts';

export interface HostParts<Resumed extends Watchable> {
  readonly options: DbosOptions<Resumed>;
  readonly database: Database;
  readonly engineClient: EngineClient;
}

/** A worker: one process's part of the host. */
export class DbosHost<Resumed extends Watchable> extends Outside implements DbosDurableHost {
  readonly listeners: Listeners | undefined;
  readonly #options: DbosOptions<Resumed>;
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #engineClient: EngineClient;
  readonly #drain: Drain;
  readonly #takeOver: TakeOver;
  readonly #worker: QueueWorker<Resumed>;
  readonly #attempts = new Attempts();
  readonly #executor: Executor;
  #engine: Engine | undefined;
  #closed: Promise<void> | undefined;

  private constructor({ options, database, engineClient }: HostParts<Resumed>) {
    const { executorId, clock = systemClock, agents, onRun, onError = () => undefined } = options;
    super({ database, engine: engineClient, clock });
    this.listeners = options.listeners;
    this.#options = options;
    this.#clock = clock;
    this.#database = database;
    this.#engineClient = engineClient;
    this.#drain = new Drain(clock);
    this.#takeOver = new TakeOver({ executorId, database, engine: engineClient, outside: this, clock });
    this.#worker = new QueueWorker({ host: this, attempts: this.#attempts, database, clock, agents, onRun, onError });
    this.#executor = new Executor({
      executorId,
      database,
      clock,
      onTick: () => this.#tick(),
      onLost: () => this.#attempts.loseAll(),
    });
  }

  /** @throws DurableError `host.executor_taken`, `host.second` */
  static async launch<Resumed extends Watchable>(parts: HostParts<Resumed>): Promise<DbosHost<Resumed>> {
    const host = new DbosHost(parts);
    const { url, executorId, queue = {} } = parts.options;
    await host.#executor.take();
    try {
      await host.#takeOver.ofMyLastLife();
      host.#engine = await Engine.launch({
        url,
        database: parts.database,
        executorId,
        agents: host.#worker.agents,
        queue,
        drive: (workflow, within) => host.#worker.drive(workflow, within),
      });
    } catch (error) {
      await host.#executor.close();
      throw error;
    }
    host.#executor.begin();
    return host;
  }

  async start(record: RunRecord): Promise<Durable> {
    const { runId } = record;
    const { executorId } = this.#options;
    this.#checkOpen();
    return this.#attempts.taking(async (token) => {
      const workflowId = newWorkflowId(runId);
      const claim = { executorId, token, workflowId, now: this.#clock.now() };
      const attempt = await this.#database.transaction(async (client) => {
        if (!(await insertRun(client, record, { status: 'running', now: claim.now }))) throw existing(runId);
        return claimRun(client, runId, claim);
      });
      const begun = await this.#begin({ runId, attempt, workflowId });
      return this.#hold(runId, { attempt, token, begun, isNew: true });
    });
  }

  async open(runId: string, options: OpenOptions = {}): Promise<OpenedRun> {
    this.#checkOpen();
    const offer = this.#attempts.takeOffer(runId);
    return this.#attempts.taking(async (token): Promise<OpenedRun> => {
      const workflowId = offer?.workflowId ?? newWorkflowId(runId);
      const { row, attempt } = await this.#take(runId, { ...options, token, workflowId });
      const { record, outcome, cancelled } = row;
      if (attempt !== undefined) {
        const begun = offer ?? (await this.#begin({ runId, attempt, workflowId }));
        const durable = await this.#hold(runId, { attempt, token, begun, isNew: false });
        if (cancelled !== undefined) this.#attempts.held(runId)?.cancel.abort(cancelled);
        return { type: 'held', record, durable };
      }
      if (offer !== undefined) throw lost(runId); // A place in the queue is not for looking on.
      const hasOutcome = outcome !== undefined && hasEnded(row.status);
      return hasOutcome ? { type: 'ended', record, outcome } : { type: 'elsewhere', record };
    });
  }

  async release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void> {
    const held = this.#attempts.held(runId);
    if (held === undefined) return;
    try {
      await this.#database.transaction((client) => this.#giveBack(client, { runId, held, outcome }));
    } finally {
      this.#attempts.letGo(runId, held);
      this.#drain.remove(runId);
      held.begun.end(outcome?.status ?? 'interrupted');
    }
  }

  override async cancel(runId: string, options: { readonly reason?: string } = {}): Promise<void> {
    const { reason } = readCancelOptions(options);
    await super.cancel(runId, { reason });
    this.#attempts.held(runId)?.cancel.abort(reason);
  }

  override async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { graceMs } = readCloseOptions(options);
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    this.#worker.close();
    // From now on it takes nothing from a queue; it goes when the last workflow has ended.
    const shut = this.#engine?.shutdown(graceMs + LAST_MS);
    for (const runId of await this.#drain.close(graceMs)) await this.release(runId, undefined);
    await shut;
    await this.#executor.close();
    await super.close();
  }

  async #take(
    runId: string,
    { accept, token, workflowId }: OpenOptions & { readonly token: string; readonly workflowId: string },
  ): Promise<{ readonly row: RunRow; readonly attempt: number | undefined }> {
    const { executorId } = this.#options;
    let refused: { readonly error: unknown } | undefined;
    const taken = await this.#database.transaction(async (client) => {
      const row = await lockRun(client, runId);
      try {
        accept?.(row.record);
      } catch (error) {
        refused = { error }; // Not the database's: it goes to the caller as it is.
        return { row, attempt: undefined };
      }
      const isFree = !hasEnded(row.status) && row.status !== 'running' && this.#attempts.held(runId) === undefined;
      if (!isFree) return { row, attempt: undefined };
      const claim = { executorId, token, workflowId, now: this.#clock.now() };
      return { row, attempt: await claimRun(client, runId, claim) };
    });
    if (refused !== undefined) throw refused.error;
    return taken;
  }

  #begin(workflow: AttemptWorkflow): Promise<Begun> {
    if (this.#engine === undefined) throw new Error('The host is not open.');
    return this.#attempts.begin(workflow, this.#engine);
  }

  async #hold(runId: string, { attempt, token, begun, isNew }: Holding): Promise<Durable> {
    const held: Held = { token, begun, cancel: new AbortController(), isLost: false };
    try {
      const from = { database: this.#database, engine: this.#engineClient };
      const steps = isNew ? new Map() : await loadSteps(runId, from);
      const intents = isNew ? new Set<string>() : await intentsOf(this.#database, runId);
      this.#drain.add(runId);
      this.#attempts.hold(runId, held);
      return new DbosRun({
        runId,
        number: attempt,
        token,
        signal: held.cancel.signal,
        steps,
        intents,
        checkOpen: () => this.#checkStep(held),
        within: begun.within,
        database: this.#database,
        clock: this.#clock,
      });
    } catch (error) {
      begun.end('interrupted');
      throw error;
    }
  }

  async #giveBack(client: PoolClient, { runId, held, outcome }: GivenBack): Promise<void> {
    const row = await lockRun(client, runId);
    const now = this.#clock.now();
    if (row.token !== held.token) {
      // Somebody could not go on with it while it was still at work here.
      if (row.status === 'interrupted') await this.leave(client, row);
      return;
    }
    await releaseRun(client, held.token, { status: outcome?.status ?? 'interrupted', outcome, now });
    const isCutOff = outcome === undefined && (held.isLost || this.#closed !== undefined);
    const hasWord = outcome?.status === 'suspended' && [...(await waitsOf(client, runId)).values()].some(isUnheard);
    if (isCutOff || hasWord) await this.leave(client, row);
  }

  async #tick(): Promise<void> {
    await this.#takeOver.ofMine(this.#attempts.tokens);
    await this.#takeOver.ofTheDead();
    await this.#takeOver.ofExpired();
    for (const [runId, reason] of await cancelledOf(this.#database, this.#options.executorId)) {
      this.#attempts.held(runId)?.cancel.abort(reason);
    }
  }

  #checkOpen(): void {
    this.#drain.checkOpen();
    if (!this.#executor.isHeld) throw cutOff(this.#options.executorId);
  }

  #checkStep({ isLost }: Held): void {
    this.#drain.checkOpen();
    if (isLost) throw cutOff(this.#options.executorId);
  }
}

interface Holding {
  readonly attempt: number;
  readonly token: string;
  readonly begun: Begun;
  readonly isNew: boolean;
}

interface GivenBack {
  readonly runId: string;
  readonly held: Held;
  readonly outcome: Outcome<unknown> | undefined;
}

/** Said after the run was told that nobody had said anything yet. */
function isUnheard({ word, taken }: Wait): boolean {
  return word !== undefined && !taken;
}

/** For DBOS to write down that a workflow has ended. */
const LAST_MS = 1_000;

function cutOff(executorId: string): DurableError {
  return new DurableError(
    `Worker "${executorId}" has lost its place in PostgreSQL. Its runs are taken over by other workers, or by this one when it is back.`,
    { code: 'host.lost' },
  );
}
