import type { PostgresPool, PostgresQuery, PostgresResult } from './postgres-pool.ts';

/** The part of PGlite that is used. */
export interface Pglite {
  /** Runs a transaction. Other queries wait until it ends. */
  transaction(work: (transaction: PgliteTransaction) => Promise<void>): Promise<unknown>;
}

export interface PgliteTransaction {
  // A method, so that PGlite's signature with more options is assignable.
  query(text: string, values: unknown[], options: { readonly rowMode: 'array' }): Promise<unknown>;
}

/** Creates a pool over PGlite, which runs in this process: it lends one client at a time, for a transaction. */
export function createPglitePool(pglite: Pglite): PostgresPool {
  return {
    connect: () =>
      new Promise((resolve, reject) => {
        const lend = (transaction: PgliteTransaction): Promise<void> =>
          new Promise((release) => {
            const query = async ({ text, values = [] }: PostgresQuery): Promise<PostgresResult> =>
              (await transaction.query(text, values, { rowMode: 'array' })) as PostgresResult; // The row mode returns arrays.
            resolve({ query, release: () => release() });
          });
        pglite.transaction(lend).catch(reject);
      }),
  };
}
