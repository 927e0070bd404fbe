import { type AnyResumable, readAgentName, resumeWith } from '../host/resumable.ts';
import { roundClock } from '../host/round-clock.ts';
import { hasKnownSchema } from '../host/schema-version.ts';
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

  async resumeAll<Resumed>(agents: readonly AnyResumable<Resumed>[]): Promise<readonly Resumed[]> {
    // A process that was stopped renews its leases first. Otherwise another host in it would take its runs for those of a dead process.
    for (let turns = 0; turns < 3; turns++) await yieldToEventLoop();
    const records = agents.map((each) => this.#store.listResumable(readAgentName(each), this.clock.now()));
    return agents.flatMap((each, index) =>
      (records[index] ?? []).filter(hasKnownSchema).map((record) => resumeWith(each, { record, host: this })),
    );
  }

  override async close(options: { readonly graceMs?: number } = {}): Promise<void> {
    this.#store.stopDeleting();
    return super.close(options);
  }
}
