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
import { Drain, existing, hasEnded, readCancelOptions, readCloseOptions, roundClock } from '@pawl/core/host';
import { Attempts, type Held } from './attempts.ts';
import type { Database } from './database.ts';
import { DbosRun, lost } from './dbos-run.ts';
import { endAttempt } from './end-attempt.ts';
import { Engine, type EngineClient } from './engine.ts';
import { Executor } from './executor.ts';
import { HangWatch } from './hang-watch.ts';
import type { DbosDurableHost, DbosOptions, Watchable } from './host-types.ts';
import { Outside } from './outside.ts';
import { QueueWorker } from './queue-worker.ts';
import { retry } from './retry.ts';
import { cancelledOf, claimRun, heldTokens, insertRun, intentsOf, lockWholeRun, type WholeRun } from './run-table.ts';
import { StepWriter } from './step-writer.ts';
import { loadSteps } from './steps.ts';
import { TakeOver } from './take-over.ts';

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
  readonly #drain: Drain;
  readonly #takeOver: TakeOver;
  readonly #hangWatch: HangWatch;
  readonly #worker: QueueWorker<Resumed>;
  readonly #attempts = new Attempts();
  readonly #executor: Executor;
  readonly #writer: StepWriter;
  readonly #closing = new AbortController();
  readonly #monotonic: () => number;
  #engine: Engine | undefined;
  #ticks = 0;
  #closed: Promise<void> | undefined;

  private constructor({ options, database, engineClient: engine }: HostParts<Resumed>) {
    const { executorId, agents, onRun, onError = () => undefined, leaseMs = 30_000 } = options;
    const clock = roundClock(options.clock ?? systemClock);
    super({ database, engine, clock });
    this.listeners = options.listeners;
    const attempts = this.#attempts;
    this.#options = options;
    this.#clock = clock;
    this.#monotonic = () => clock.monotonic?.() ?? performance.now();
    this.#database = database;
    this.#drain = new Drain(clock);
    this.#writer = new StepWriter({ database, clock, signal: this.#closing.signal });
    this.#worker = new QueueWorker({ host: this, attempts, database, clock, agents, onRun, onError });
    const isDriving = (workflowId: string): boolean => this.#worker.isDriving(workflowId);
    this.#takeOver = new TakeOver({ executorId, database, engine, outside: this, clock, isDriving });
    this.#hangWatch = new HangWatch({ executorId, database, monotonic: this.#monotonic, leaseMs });
    const [onTick, onLost] = [() => this.#tick(), () => attempts.loseAll()];
    this.#executor = new Executor({ executorId, database, clock, onTick, onLost });
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
        drive: (workflow) => host.#worker.drive(workflow),
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
      const claim = { executorId, token, workflowId: undefined, now: this.#clock.now() };
      if (!(await insertRun(this.#database, record, { type: 'running', claim }))) throw existing(runId);
      return this.#hold(runId, { token, before: undefined });
    });
  }

  async open(runId: string, options: OpenOptions = {}): Promise<OpenedRun> {
    this.#checkOpen();
    const workflowId = this.#attempts.takeOffer(runId);
    return this.#attempts.taking(async (token): Promise<OpenedRun> => {
      const { run, isTaken } = await this.#take(runId, { ...options, token, workflowId });
      const { record, outcome, cancelled } = run;
      if (isTaken) {
        const durable = await this.#hold(runId, { token, before: run });
        if (cancelled !== undefined) this.#attempts.held(runId)?.cancel.abort(cancelled);
        return { type: 'held', record, durable };
      }
      if (workflowId !== undefined) throw lost(runId); // A place in the queue is not for looking on.
      const hasOutcome = outcome !== undefined && hasEnded(run.status);
      return hasOutcome ? { type: 'ended', record, outcome } : { type: 'elsewhere', record };
    });
  }

  async release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void> {
    const held = this.#attempts.held(runId);
    if (held === undefined) return;
    try {
      const ending = { runId, held, outcome, isClosing: this.#closed !== undefined };
      const on = { database: this.#database, outside: this, clock: this.#clock };
      await retry(() => endAttempt(ending, on), { clock: this.#clock, signal: this.#closing.signal });
    } finally {
      this.#attempts.letGo(runId, held);
      this.#drain.remove(runId);
    }
  }

  override async cancel(runId: string, options: { readonly reason?: string } = {}): Promise<void> {
    const { reason } = readCancelOptions(options);
    await super.cancel(runId, { reason });
    this.#attempts.held(runId)?.cancel.abort(reason);
  }

  override async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { graceMs } = readCloseOptions(options);
    this.#closed ??= this.#close(Math.min(graceMs, LONGEST_MS));
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    this.#worker.close();
    // From now on it takes nothing from a queue; it goes when the last workflow has ended.
    const shut = this.#engine?.shutdown(graceMs + LAST_MS);
    const left = await this.#drain.close(graceMs);
    this.#closing.abort();
    const released = await Promise.allSettled(left.map((runId) => this.release(runId, undefined)));
    await shut;
    await this.#executor.close();
    await super.close();
    for (const settled of released) if (settled.status === 'rejected') throw settled.reason;
  }

  async #take(runId: string, { accept, token, workflowId }: Taking): Promise<Taken> {
    const { executorId } = this.#options;
    let refused: { readonly error: unknown } | undefined;
    const taken = await this.#database.transaction(async (client): Promise<Taken> => {
      const run = await lockWholeRun(client, runId);
      try {
        accept?.(run.record);
      } catch (error) {
        refused = { error }; // Not the database's: it goes to the caller as it is.
        return { run, isTaken: false };
      }
      const isFree = !hasEnded(run.status) && run.status !== 'running' && this.#attempts.held(runId) === undefined;
      if (isFree) await claimRun(client, runId, { executorId, token, workflowId, now: this.#clock.now() });
      return { run, isTaken: isFree };
    });
    if (refused !== undefined) throw refused.error;
    return taken;
  }

  async #hold(runId: string, { token, before }: Holding): Promise<Durable> {
    const held: Held = { token, cancel: new AbortController(), isLost: false, isCutOff: false };
    // A run that nobody has worked on has only what it was forked with.
    const isBare = before === undefined || (before.attempts === 0 && before.record.forked === undefined);
    const steps = isBare ? [] : await loadSteps(this.#database, runId);
    const intents = isBare ? new Set<string>() : await intentsOf(this.#database, runId);
    this.#drain.add(runId);
    this.#attempts.hold(runId, held);
    return new DbosRun({
      runId,
      number: (before?.attempts ?? 0) + 1,
      token,
      signal: held.cancel.signal,
      steps: new Map(steps.map(({ name, text }) => [name, text])),
      position: steps.at(-1)?.position ?? 0,
      intents,
      checkOpen: () => this.#checkStep(held),
      onCutOff: () => {
        held.isCutOff = true;
      },
      monotonic: this.#monotonic,
      writer: this.#writer,
      database: this.#database,
      clock: this.#clock,
      closing: this.#closing.signal,
    });
  }

  async #tick(): Promise<void> {
    const { lostTokens } = this.#attempts;
    // The lock is held again: nobody takes these over any more, and those that nobody has taken go on.
    if (lostTokens.length > 0) this.#attempts.regain(await heldTokens(this.#database, lostTokens));
    await this.#takeOver.ofMine(this.#attempts.tokens);
    await this.#hangWatch.look();
    await this.#takeOver.ofTheDead();
    await this.#takeOver.ofExpired();
    if (++this.#ticks % TICKS_OF_A_LOOK === 0) await this.#takeOver.ofForgotten();
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
  readonly token: string;
  /** The run as it was; `undefined` for one that has just been started. */
  readonly before: WholeRun | undefined;
}

interface Taking extends OpenOptions {
  readonly token: string;
  /** Of the queue, where the run came from one. */
  readonly workflowId: string | undefined;
}

interface Taken {
  /** As it was before. */
  readonly run: WholeRun;
  readonly isTaken: boolean;
}

/** For DBOS to write down that a workflow has ended. */
const LAST_MS = 1_000;

/** What DBOS waits for at the most: some three weeks. */
const LONGEST_MS = 2_000_000_000;

/** A tick is a second. */
const TICKS_OF_A_LOOK = 3;

function cutOff(executorId: string): DurableError {
  return new DurableError(
    `Worker "${executorId}" has lost its place in PostgreSQL. Its runs are taken over by other workers, or by this one when it is back.`,
    { code: 'host.lost' },
  );
}
