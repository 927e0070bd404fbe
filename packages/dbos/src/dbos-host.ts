import { type OpenedRun, type OpenOptions, systemClock } from '@pawl/core';
import { readCloseOptions, readRetention, roundClock, StoreHost } from '@pawl/core/host';
import type { ClientStoreOptions } from './client-store.ts';
import type { DbosDurableHost, DbosOptions, Watchable } from './host-types.ts';
import { QueueWorker } from './queue-worker.ts';
import { WorkerStore } from './worker-store.ts';

export interface HostParts<Resumed extends Watchable> extends ClientStoreOptions {
  readonly options: DbosOptions<Resumed>;
}

/** A worker: one process's part of the host. */
export class DbosHost<Resumed extends Watchable> extends StoreHost implements DbosDurableHost {
  readonly #store: WorkerStore;
  readonly #worker: QueueWorker<Resumed>;

  private constructor({ options, database, engine }: HostParts<Resumed>) {
    const { executorId, agents, onRun, onError = () => undefined, listeners, leaseMs = 30_000 } = options;
    const clock = roundClock(options.clock ?? systemClock);
    const isDriving = (workflowId: string): boolean => this.#worker.isDriving(workflowId);
    const store = new WorkerStore({ executorId, leaseMs, database, engine, clock, isDriving });
    super(store, { clock, listeners });
    this.#store = store;
    this.#worker = new QueueWorker({ host: this, store, database, clock, agents, onRun, onError });
  }

  /** @throws DurableError `host.executor_taken`, `host.second` */
  static async launch<Resumed extends Watchable>(parts: HostParts<Resumed>): Promise<DbosHost<Resumed>> {
    const host = new DbosHost(parts);
    const { url, queue = {} } = parts.options;
    const { agents } = host.#worker;
    await host.#store.launch({ url, agents, queue, drive: (workflow) => host.#worker.drive(workflow) });
    return host;
  }

  override async open(runId: string, options?: OpenOptions): Promise<OpenedRun> {
    this.#store.checkPlace();
    return super.open(runId, options);
  }

  async delete(options: { readonly olderThanMs: number }): Promise<number> {
    return this.#store.deleteEnded(readRetention(options, this.clock.now()));
  }

  override async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    const graceMs = Math.min(readCloseOptions(options).graceMs, LONGEST_MS);
    this.#worker.close();
    this.#store.beginClose(graceMs);
    return super.close({ graceMs });
  }
}

/** What DBOS waits for at the most: some three weeks. */
const LONGEST_MS = 2_000_000_000;
