import type { Clock } from '@pawl/core';
import { StoreClient } from '@pawl/core/host';
import type { DbosClientStore } from './dbos-client-store.ts';
import type { DbosClient } from './host-types.ts';

/** The client of a process that does not work on runs. */
export class DbosStoreClient extends StoreClient implements DbosClient {
  readonly #store: DbosClientStore;

  constructor(store: DbosClientStore, options: { readonly clock?: Clock }) {
    super(store, options);
    this.#store = store;
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
