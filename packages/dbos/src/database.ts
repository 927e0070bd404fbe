import { DurableError, PawlError } from '@pawl/core';
import { Client, Pool, type PoolClient } from 'pg';

export type { PoolClient } from 'pg';

export type Row = Readonly<Record<string, unknown>>;

/** What statements are given to: the pool, or one transaction. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: Row[]; readonly rowCount: number | null }>;
}

/** The one door to PostgreSQL. */
export class Database implements Queryable {
  readonly #url: string;
  readonly pool: Pool;

  constructor(url: string, { connections }: { readonly connections: number }) {
    this.#url = url;
    this.pool = new Pool({ connectionString: url, max: connections, application_name: 'pawl' });
    // A connection that breaks while nobody uses it is replaced; the next statement tells, if it can't be.
    this.pool.on('error', () => undefined);
  }

  async query(text: string, values?: unknown[]): Promise<{ readonly rows: Row[]; readonly rowCount: number | null }> {
    try {
      return await this.pool.query(text, values);
    } catch (error) {
      throw databaseError(error);
    }
  }

  /** All of it, or nothing. */
  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw databaseError(error);
    });
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const value = await work(client);
      await client.query('COMMIT');
      return value;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw databaseError(error);
    } finally {
      client.release(broken);
    }
  }

  /** A connection of its own, for a lock that lasts as long as it. */
  async session(onEnd: () => void): Promise<Client> {
    const client = new Client({ connectionString: this.#url, application_name: 'pawl lock', keepAlive: true });
    client.on('error', onEnd);
    client.on('end', onEnd);
    try {
      await client.connect();
      return client;
    } catch (error) {
      throw databaseError(error);
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

/** What PostgreSQL says, as an error that names the way out. */
export function databaseError(error: unknown): unknown {
  if (PawlError.isInstance(error)) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  const [code, fix] = problemOf(error);
  return new DurableError(`PostgreSQL could not be used: ${message}. ${fix}`, { code, cause: error });
}

type Problem = readonly [code: string, fix: string];

const UNREACHABLE: Problem = ['host.unreachable', 'Check the url and that the server runs, then resume the run.'];

/** By the class of the SQLSTATE or, without one, of the system's error: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function problemOf(error: unknown): Problem {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return PROBLEMS.get(code) ?? PROBLEMS.get(code.slice(0, 2)) ?? (/^E[A-Z]+$/.test(code) ? UNREACHABLE : OTHER);
}

const OTHER: Problem = ['host.failed', 'The run stays resumable.'];

const PROBLEMS: ReadonlyMap<string, Problem> = new Map<string, Problem>([
  ['08', UNREACHABLE],
  ['28', ['host.refused', 'Check the user and the password of the url.']],
  ['3D', ['host.unreachable', 'Create that database, or name another in the url.']],
  ['57', UNREACHABLE],
  ['22021', ['host.text', 'PostgreSQL keeps no NUL characters in names: choose another.']],
  ['25006', ['host.read_only', 'Name the server that takes writes, then resume the run.']],
  ['42501', ['host.refused', 'Give the user of the url the right to create and write the schemas "pawl" and "dbos".']],
  ['53', ['host.full', 'The server has no room or no connection left. Mend that, then resume the run.']],
  ['58', ['host.io', "Check the server's disk, then resume the run."]],
]);
