import { systemClock } from '@pawl/core';
import {
  type AnyResumable,
  type ClaimOptions,
  type ClaimResult,
  readAgentName,
  readCloseOptions,
  roundClock,
  StoreHost,
} from '@pawl/core/host';
import type { ClientStoreOptions } from './dbos-client-store.ts';
import type { DbosHost, DbosHostOptions, WorkerRun } from './host-types.ts';
import { QueueWorker } from './queue-worker.ts';
import { WorkerStore } from './worker-store.ts';

export interface HostParts<Resumed extends WorkerRun> extends ClientStoreOptions {
  readonly options: DbosHostOptions<Resumed>;
}

/** A worker: the host in one process. */
export class DbosStoreHost<Resumed extends WorkerRun> extends StoreHost implements DbosHost {
  readonly #store: WorkerStore;
  readonly #worker: QueueWorker<Resumed>;

  private constructor({ options, database, engine }: HostParts<Resumed>) {
    const { executorId, agents, onRun, onError = () => undefined, listeners, leaseMs = 30_000 } = options;
    const clock = roundClock(options.clock ?? systemClock);
    const isRunning = (workflowId: string): boolean => this.#worker.isRunning(workflowId);
    const store = new WorkerStore({ executorId, leaseMs, database, engine, clock, isRunning });
    super(store, { clock, listeners });
    this.#store = store;
    this.#worker = new QueueWorker({ host: this, store, database, clock, agents, onRun, onError });
  }

  /** @throws HostError `host.executor_taken`, `host.already_open` */
  static async launch<Resumed extends WorkerRun>(parts: HostParts<Resumed>): Promise<DbosStoreHost<Resumed>> {
    const host = new DbosStoreHost(parts);
    const { url, queue = {} } = parts.options;
    const { agents } = host.#worker;
    await host.#store.launch({ url, agents, queue, handleAttempt: (workflow) => host.#worker.handleAttempt(workflow) });
    return host;
  }

  override async claim(runId: string, options?: ClaimOptions): Promise<ClaimResult> {
    this.#store.checkLock();
    return super.claim(runId, options);
  }

  /** Returns no runs: the workers continue them, also those of this process. */
  override async resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]> {
    for (const each of agents) readAgentName(each);
    return [];
  }

  override async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const graceMs = Math.min(readCloseOptions(options).graceMs, MAX_GRACE_MS);
    this.#worker.close();
    this.#store.beginClose(graceMs);
    return super.close({ graceMs });
  }
}

/** How long DBOS can wait at most: about three weeks. */
const MAX_GRACE_MS = 2_000_000_000;
