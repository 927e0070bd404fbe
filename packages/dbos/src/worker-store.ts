import { type Clock, HostError } from '@pawl/core';
import type { RunRecord } from '@pawl/core/host';
import {
  type Claim,
  type ClaimedRun,
  createRunExistsError,
  createRunLostError,
  hasEnded,
  type RecordedValue,
  type RunInsertion,
  type RunStore,
  type RunUpdate,
  type StoredStep,
  serializeStep,
} from '@pawl/core/host';
import { Attempts } from './attempts.ts';
import type { PoolClient } from './database.ts';
import { type ClientStoreOptions, DbosClientStore } from './dbos-client-store.ts';
import { endAttempt } from './end-attempt.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { Executor } from './executor.ts';
import { HangWatch } from './hang-watch.ts';
import { isTransient, retry } from './retry.ts';
import { RunRecovery } from './run-recovery.ts';
import { claimRun, insertRun, isHeldBy, listCancelled, listHeldTokens, lockRun, type RunRow } from './run-table.ts';
import { listIntents, listStepsAfter } from './step-table.ts';
import { type StepEntry, StepWriter } from './step-writer.ts';

export interface WorkerStoreOptions extends ClientStoreOptions {
  readonly executorId: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Whether this process is running a workflow. */
  readonly isRunning: (workflowId: string) => boolean;
}

/** Stores runs in PostgreSQL, for a worker. */
export class WorkerStore extends DbosClientStore implements RunStore {
  readonly attempts: Attempts = new Attempts();
  readonly #executorId: string;
  readonly #clock: Clock;
  readonly #monotonic: () => number;
  readonly #executor: Executor;
  readonly #recovery: RunRecovery;
  readonly #hangWatch: HangWatch;
  readonly #writer: StepWriter;
  readonly #closing = new AbortController();
  #engine: Engine | undefined;
  #shutdown: Promise<void> | undefined;
  #stopTimer: (() => void) | undefined;
  #ticks = 0;

  constructor({ executorId, leaseMs, clock, isRunning, ...options }: WorkerStoreOptions) {
    super(options);
    const { database, engine } = options;
    this.#executorId = executorId;
    this.#clock = clock;
    this.#monotonic = () => clock.monotonic?.() ?? performance.now();
    this.#recovery = new RunRecovery({ executorId, database, engine, store: this, clock, isRunning });
    this.#hangWatch = new HangWatch({ executorId, database, monotonic: this.#monotonic, leaseMs });
    const [onTick, onLost] = [() => this.#runTick(), () => this.attempts.markAllLost()];
    this.#executor = new Executor({ executorId, database, clock, onTick, onLost });
    this.#writer = new StepWriter({ database, clock, signal: this.#closing.signal });
  }

  /** @throws HostError `host.executor_taken`, `host.already_open` */
  async launch(options: Pick<EngineOptions, 'url' | 'agents' | 'queue' | 'handleAttempt'>): Promise<void> {
    await this.#executor.acquireLock();
    try {
      await this.#recovery.recoverPreviousProcess();
      this.#engine = await Engine.launch({ ...options, database: this.database, executorId: this.#executorId });
    } catch (error) {
      await this.#executor.close();
      throw error;
    }
    this.#executor.startLoops();
  }

  /** @throws HostError `host.lost` if the worker does not hold its lock: others would take over the runs that it begins. */
  checkLock(): void {
    if (!this.#executor.isHeld) throw createHostLostError(this.#executorId);
  }

  override async insert(record: RunRecord, as: RunInsertion): Promise<void> {
    if (as.type === 'queued') return super.insert(record, as);
    this.checkLock();
    const { runId, token } = as.claim;
    const claim = { executorId: this.#executorId, token };
    await this.attempts.holdWhile(as.claim, async () => {
      if (!(await insertRun(this.database, record, { type: 'running', claim }))) throw createRunExistsError(runId);
      return record;
    });
  }

  async claim(claim: Claim, now: number): Promise<ClaimedRun | undefined> {
    const workflowId = this.attempts.takeOffer(claim.runId);
    const claimed = await this.attempts.holdWhile(claim, async () => {
      const row = await this.database.runTransaction((client) => this.#claimRun(client, claim, { workflowId, now }));
      return row && this.#load(row);
    });
    if (claimed === undefined) {
      if (workflowId !== undefined) throw createRunLostError(claim.runId); // A workflow ends here instead of following the run: it takes a place of the queue.
      return undefined;
    }
    this.attempts.setPosition(claim, claimed.steps.at(-1)?.position ?? 0);
    return claimed;
  }

  async release(claim: Claim, { outcome, now }: Parameters<RunStore['release']>[1]): Promise<void> {
    const held = this.attempts.find(claim);
    if (held === undefined) return;
    try {
      const ending = { held, outcome, now, isClosing: this.#shutdown !== undefined };
      await this.#retry(() => endAttempt(ending, { database: this.database, store: this }));
    } finally {
      this.attempts.release(claim);
    }
  }

  async putIntent(claim: Claim, name: string): Promise<void> {
    const { runId, token } = claim;
    let checkedAt = this.#monotonic();
    await this.#write(claim, { name });
    // The process may have been stopped since the check, and another worker may have taken the run over: a check counts only if it is
    // recent.
    for (let checks = 0; checks < MAX_CHECKS && this.#monotonic() - checkedAt > FRESH_MS; checks++) {
      checkedAt = this.#monotonic();
      const isHeld = await this.#runForClaim(claim, async () => {
        this.#checkNotLost(claim);
        return isHeldBy(this.database, runId, token);
      });
      if (!isHeld) throw createRunLostError(runId);
    }
  }

  async putStep(claim: Claim, { name, value }: Pick<StoredStep, 'name' | 'value'>): Promise<number> {
    const { runId } = claim;
    const text = serializeStep(value, { runId, name });
    const held = this.attempts.find(claim);
    if (held === undefined) throw createRunLostError(runId);
    const position = ++held.position;
    await this.#write(claim, { name, step: { position, text } });
    return position;
  }

  /** Runs a step. Rejects with `host.lost` if other workers may take the run over. */
  async runStep<T>(
    claim: Claim,
    { name, work }: { readonly name: string; readonly work: () => T | Promise<T> },
  ): Promise<RecordedValue<T>> {
    await this.#runForClaim(claim, async () => this.#checkNotLost(claim));
    const value = await work();
    return { value, position: await this.putStep(claim, { name, value }) };
  }

  override update<T>(runId: string, update: RunUpdate<T>): Promise<T> {
    const { claim } = update;
    if (claim === undefined) return super.update(runId, update);
    return this.#runForClaim(claim, () => this.#retry(() => super.update(runId, update)));
  }

  /** Begins to close: takes no further attempts from the queues, and stops retrying after `graceMs`. */
  beginClose(graceMs: number): void {
    if (this.#shutdown !== undefined) return;
    this.#stopTimer = this.#clock.after(graceMs, () => this.#closing.abort());
    // Resolves when the last workflow has ended.
    this.#shutdown = this.#engine?.shutdown(graceMs + SHUTDOWN_MARGIN_MS) ?? Promise.resolve();
  }

  override async close(): Promise<void> {
    this.#stopTimer?.();
    this.#closing.abort();
    await this.#shutdown;
    await this.#executor.close();
    await super.close();
  }

  /** Claims a run. Returns its row from before the claim; `undefined` if it cannot be claimed. */
  async #claimRun(client: PoolClient, { runId, token }: Claim, origin: ClaimOrigin): Promise<RunRow | undefined> {
    const run = await lockRun(client, runId);
    if (hasEnded(run.status) || run.status === 'running' || this.attempts.has(runId)) return undefined;
    await claimRun(client, runId, { executorId: this.#executorId, token, ...origin });
    return run;
  }

  async #load({ runId, attempts, cancelReason }: RunRow): Promise<ClaimedRun> {
    const steps = await listStepsAfter(this.database, runId, 0);
    const intents = attempts === 0 ? new Set<string>() : await listIntents(this.database, runId);
    return { attempt: attempts + 1, cancelReason, steps, intents };
  }

  async #runTick(): Promise<void> {
    const { lostTokens, tokens } = this.attempts;
    // Ticks run only while the lock is held. Attempts whose runs no other worker has taken continue.
    if (lostTokens.length > 0) this.attempts.markHeld(await listHeldTokens(this.database, lostTokens));
    await this.#recovery.recoverUnheldRuns(tokens);
    await this.#hangWatch.checkBeats();
    await this.#recovery.recoverDeadWorkers();
    await this.#recovery.requeueExpired();
    if (++this.#ticks % TICKS_PER_QUEUE_CHECK === 0) await this.#recovery.requeueForgotten();
    for (const [runId, reason] of await listCancelled(this.database, this.#executorId)) {
      this.attempts.cancel(runId, reason);
    }
  }

  /** @throws HostError `run.lost` */
  async #write(claim: Claim, entry: Pick<StepEntry, 'name' | 'step'>): Promise<void> {
    const { runId, token } = claim;
    const isKept = await this.#runForClaim(claim, () => this.#writer.write({ runId, token, ...entry }));
    if (!isKept) throw createRunLostError(runId);
  }

  /** @throws HostError `host.lost` */
  #checkNotLost(claim: Claim): void {
    if (this.attempts.find(claim)?.isLost === true) throw createHostLostError(this.#executorId);
  }

  /** Runs `work` for an attempt. A transient error marks the attempt as interrupted, so that another one continues the run. */
  async #runForClaim<T>(claim: Claim, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const held = this.attempts.find(claim);
      if (held !== undefined && isTransient(error)) held.isInterrupted = true;
      throw error;
    }
  }

  #retry<T>(work: () => Promise<T>): Promise<T> {
    return retry(work, { clock: this.#clock, signal: this.#closing.signal });
  }
}

interface ClaimOrigin {
  /** The workflow that brought the attempt from a queue; `undefined` if none did. */
  readonly workflowId: string | undefined;
  readonly now: number;
}

/** How long a worker may rely on a check of its run. Another worker needs longer to take the run over and begin a call. */
const FRESH_MS = 250;

/** The database may be slower than `FRESH_MS`. */
const MAX_CHECKS = 3;

/** Lets DBOS store that a workflow has ended. */
const SHUTDOWN_MARGIN_MS = 1_000;

/** Ticks come once a second. */
const TICKS_PER_QUEUE_CHECK = 3;

function createHostLostError(executorId: string): HostError {
  return new HostError(
    `Worker "${executorId}" has lost its lock in PostgreSQL. Other workers take over its runs, or this one continues them when it has its lock again: resume them by their ids.`,
    { code: 'host.lost' },
  );
}
