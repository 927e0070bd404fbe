import type { PostgresPool, PostgresQuery, PostgresResult } from './postgres-pool.ts';

/** What is used of PGlite. */
export interface Pglite {
  /** Nobody else's queries come between those of a transaction. */
  transaction(work: (transaction: PgliteTransaction) => Promise<void>): Promise<unknown>;
}

export interface PgliteTransaction {
  // A method, so that PGlite's own, which takes more options, fits.
  query(text: string, values: unknown[], options: { readonly rowMode: 'array' }): Promise<unknown>;
}

/** PGlite runs in this process: it lends itself for one transaction at a time. */
export function createPglitePool(pglite: Pglite): PostgresPool {
  return {
    connect: () =>
      new Promise((resolve, reject) => {
        const lend = (transaction: PgliteTransaction): Promise<void> =>
          new Promise((release) => {
            const query = async ({ text, values = [] }: PostgresQuery): Promise<PostgresResult> =>
              (await transaction.query(text, values, { rowMode: 'array' })) as PostgresResult; // Asked for as arrays.
            resolve({ query, release: () => release() });
          });
        pglite.transaction(lend).catch(reject);
      }),
  };
}
