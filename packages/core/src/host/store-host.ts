import type { Clock } from '../base/clock.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { checkListeners } from '../event/check-listeners.ts';
import type { Listeners } from '../event/observers.ts';
import type { Outcome } from '../event/outcome.ts';
import { hasEnded } from './follow-events.ts';
import { createClosingError, type HeldRun, HeldRuns } from './held-runs.ts';
import type { AnyResumable, ClaimOptions, ClaimResult, Host, RunRecord } from './host.ts';
import { readCancelOptions, readCloseOptions } from './host-options.ts';
import { listResumable } from './list-resumable.ts';
import { createRandomId } from './read-run-id.ts';
import { chooseResumable, readAgentName, resumeWith } from './resumable.ts';
import type { ClaimedRun, RunStore } from './run-store.ts';
import { hasKnownSchema } from './schema-version.ts';
import type { StepRunner } from './step-runner.ts';
import { StoreClient } from './store-client.ts';
import { StoreRun } from './store-run.ts';

export interface StoreHostOptions {
  /** The clock for the expiry of approvals. @defaultValue the system clock */
  readonly clock?: Clock;
  /** Listeners of every run that this process works on with this host, including resumed runs. Called before those of the agent and of the run. */
  readonly listeners?: Listeners | undefined;
}

/**
 * Creates a host that stores its runs in a `RunStore` of yours.
 *
 * ```ts
 * const host = createHost(new RedisStore(url));
 * await agent.run('Ship order 7.', { host, runId: 'order-7' });
 * ```
 */
export function createHost(store: RunStore, options: StoreHostOptions = {}): Host {
  return new StoreHost(store, checkStoreHostOptions(options, 'createHost'));
}

/** @throws ConfigError */
export function checkStoreHostOptions(options: StoreHostOptions, caller: string): StoreHostOptions {
  const checked = checkOptions(options, STORE_HOST, caller);
  if (checked.listeners !== undefined) checkListeners(checked.listeners, `${caller}, listeners`);
  return checked;
}

const STORE_HOST: OptionTable<StoreHostOptions> = { keys: { clock: 'clock', listeners: 'any' } };

/** The host over any `RunStore`. `createHost` creates one; extend the class to add methods. */
export class StoreHost extends StoreClient implements Host {
  readonly listeners: Listeners | undefined;
  /** Whether runs of this host can be cancelled. */
  protected readonly isCancellable: boolean = true;
  readonly #store: RunStore;
  readonly #heldRuns: HeldRuns;
  #closed: Promise<void> | undefined;

  constructor(store: RunStore, options: StoreHostOptions = {}) {
    super(store, options);
    this.#store = store;
    this.listeners = options.listeners;
    this.#heldRuns = new HeldRuns(this.clock);
  }

  async start(record: RunRecord): Promise<StepRunner> {
    this.#heldRuns.checkOpen();
    const run = this.#createHeldRun(record.runId);
    await this.#store.insert(record, { type: 'claimed', claim: run.claim });
    return this.#hold(run, FIRST_ATTEMPT);
  }

  async claim(runId: string, { accept }: ClaimOptions = {}): Promise<ClaimResult> {
    this.#heldRuns.checkOpen();
    const { record, status: statusBefore, updatedAt } = await this.findReadable(runId);
    accept?.(record);
    // Before the claim: a run that this version cannot read stays as it is.
    await this.readSteps(runId, 0);
    const run = this.#createHeldRun(runId);
    const isHeld = this.#heldRuns.get(runId) !== undefined;
    const claimed = isHeld ? undefined : await this.#store.claim(run.claim, this.clock.now());
    if (claimed !== undefined) {
      const suspended = statusBefore === 'suspended' ? { suspendedAt: updatedAt } : {};
      const { attempt } = claimed;
      return { type: 'claimed', record, stepRunner: this.#hold(run, claimed), attempt, ...suspended };
    }
    const { status, outcome } = await this.#store.find(runId);
    if (outcome !== undefined && hasEnded(status)) return { type: 'finished', record, outcome };
    return { type: 'busy', record };
  }

  async release(runId: string, outcome: Outcome<unknown> | undefined): Promise<void> {
    const held = this.#heldRuns.get(runId);
    if (held === undefined) return;
    try {
      await this.#store.release(held.claim, { outcome, now: this.clock.now() });
    } finally {
      this.#heldRuns.remove(held);
    }
  }

  override async cancel(runId: string, options: { readonly reason?: string } = {}): Promise<void> {
    await super.cancel(runId, options);
    // Aborts a run of this process at once. Another process sees the cancellation in the store.
    this.#heldRuns.get(runId)?.claim.cancel(readCancelOptions(options).reason);
  }

  async resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]> {
    this.#heldRuns.checkOpen();
    const names = agents.map(readAgentName);
    const now = this.clock.now();
    const records = await Promise.all(names.map((name) => listResumable(this.#store, name, now)));
    return agents.flatMap((each, index) =>
      (records[index] ?? []).filter(hasKnownSchema).flatMap((record) => {
        const agent = chooseResumable(each, record);
        return agent === undefined ? [] : [resumeWith(agent, { record, host: this })];
      }),
    );
  }

  async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const { graceMs } = readCloseOptions(options);
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    const remaining = await this.#heldRuns.close(graceMs);
    const released = await Promise.allSettled(remaining.map(({ claim: { runId } }) => this.release(runId, undefined)));
    // After the release, so that nothing of the aborted work is recorded. Otherwise it could go on while another process repeats it.
    for (const { controller } of remaining) controller?.abort(createClosingError());
    await this.#store.close?.();
    for (const settled of released) if (settled.status === 'rejected') throw settled.reason;
  }

  #createHeldRun(runId: string): HeldRun {
    const controller = this.isCancellable ? new AbortController() : undefined;
    const claim = { runId, token: createRandomId(), cancel: (reason: string): void => controller?.abort(reason) };
    return { claim, controller };
  }

  #hold(run: HeldRun, { attempt, cancelReason: cancelled, steps, intents }: ClaimedRun): StepRunner {
    this.#heldRuns.add(run);
    if (cancelled !== undefined) run.claim.cancel(cancelled);
    return new StoreRun({
      run,
      heldRuns: this.#heldRuns,
      number: attempt,
      steps: new Map(steps.map(({ name, value, position }) => [name, { value, position }])),
      intents,
      store: this.#store,
      clock: this.clock,
    });
  }
}

const FIRST_ATTEMPT: ClaimedRun = { attempt: 1, cancelReason: undefined, steps: [], intents: new Set() };
