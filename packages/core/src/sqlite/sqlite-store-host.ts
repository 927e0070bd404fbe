import type { AnyResumable } from '../host/host.ts';
import { roundClock } from '../host/round-clock.ts';
import { StoreHost } from '../host/store-host.ts';
import type { SqliteHost, SqliteHostOptions } from './host-types.ts';
import { SqliteStore, yieldToEventLoop } from './sqlite-store.ts';

export class SqliteStoreHost extends StoreHost implements SqliteHost {
  readonly #store: SqliteStore;

  constructor(path: string, { listeners, ...options }: Required<SqliteHostOptions>) {
    const clock = roundClock(options.clock);
    const store = new SqliteStore(path, { ...options, clock });
    super(store, { clock, listeners });
    this.#store = store;
  }

  override async resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]> {
    await this.#store.checkWritable();
    // A process that was stopped renews its leases first. Otherwise another host in it would take its runs for those of a dead process.
    for (let turns = 0; turns < 3; turns++) await yieldToEventLoop();
    return super.resumeAll(agents);
  }

  override async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#store.stopDeleting();
    return super.close(options);
  }
}
