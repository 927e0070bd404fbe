import { Socket } from 'node:net';
import { HostError, PawlError } from '@pawl/core';
import { Client, type ClientConfig, Pool, type PoolClient } from 'pg';

export type { PoolClient } from 'pg';

export type Row = Readonly<Record<string, unknown>>;

export interface Rows {
  readonly rows: Row[];
  readonly rowCount: number | null;
}

/** Runs statements: the pool, or one transaction. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<Rows>;
}

export interface DatabaseOptions {
  /** How many connections at most. */
  readonly connections: number;
  /** How long a statement may take before its connection is ended, in milliseconds. @defaultValue 30_000 */
  readonly statementTimeoutMs?: number;
}

/** A connection outside the pool. */
export interface Session {
  /** The process id of the backend on the server. */
  readonly backend: number;
  query(text: string, values?: unknown[]): Promise<Rows>;
  end(): Promise<void>;
}

/** The only access to PostgreSQL. A connection that fails never ends the process. */
export class Database implements Queryable {
  readonly #url: string;
  readonly pool: Pool;

  readonly #statementTimeoutMs: number;

  constructor(url: string, { connections, statementTimeoutMs = STATEMENT_TIMEOUT_MS }: DatabaseOptions) {
    this.#url = url;
    this.#statementTimeoutMs = statementTimeoutMs;
    this.pool = new Pool({
      Client: class extends BoundedClient {
        constructor(config?: string | ClientConfig) {
          super(config, statementTimeoutMs);
        }
      },
      connectionString: url,
      max: connections,
      application_name: 'pawl',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // The pool replaces a connection that breaks while idle. If it cannot, the next statement rejects.
    this.pool.on('error', () => undefined);
  }

  async query(text: string, values?: unknown[]): Promise<Rows> {
    try {
      return await this.pool.query(text, values);
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /** Runs `work` in a transaction. Rolls back if it rejects. */
  async runTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => {
      throw toDatabaseError(error);
    });
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const value = await work(client);
      await client.query('COMMIT');
      return value;
    } catch (error) {
      // A failed connection takes no further statement. The server rolls back when the connection ends.
      if (isConnectionError(error)) broken = error;
      else await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw toDatabaseError(error);
    } finally {
      client.release(broken);
    }
  }

  /** Opens a connection outside the pool, for a lock that lasts as long as the connection. Calls `onEnd` once when it ends for any reason. */
  async openSession(onEnd: (session: Session) => void): Promise<Session> {
    const client = new BoundedClient(
      {
        connectionString: this.#url,
        application_name: 'pawl lock',
        keepAlive: true,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      },
      Math.min(this.#statementTimeoutMs, SESSION_TIMEOUT_MS),
    );
    try {
      await client.connect();
      const { rows } = await client.query('SELECT pg_backend_pid() AS backend');
      const session: Session = {
        backend: Number(rows[0].backend),
        query: (text, values) =>
          client.query(text, values).catch((error: unknown) => {
            throw toDatabaseError(error);
          }),
        end: () => client.end().catch(() => undefined), // Rejects if the connection has already ended.
      };
      client.once('end', () => onEnd(session));
      return session;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw toDatabaseError(error);
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

/** Within these times, a reachable server accepts a connection and answers a statement. */
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const SESSION_TIMEOUT_MS = 5_000;
const END_TIMEOUT_MS = 1_000;

/**
 * A client whose connection ends if the server does not answer a statement in time. Otherwise a hanging server would block forever, and DBOS
 * would never poll its queues again.
 */
class BoundedClient extends Client {
  readonly #socket: Socket;
  readonly #statementTimeoutMs: number;

  constructor(config: string | ClientConfig | undefined, statementTimeoutMs: number) {
    const socket = new Socket();
    super({ ...(typeof config === 'string' ? { connectionString: config } : config), stream: () => socket });
    this.#socket = socket;
    this.#statementTimeoutMs = statementTimeoutMs;
    // Without a listener, an error between two statements would end the process.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown; // Covers all overloads.
    this.query = ((...args: unknown[]) => this.#queryInTime(query, args)) as typeof this.query;
    const end = this.end.bind(this) as (...args: unknown[]) => unknown;
    this.end = ((...args: unknown[]) => {
      const timer = setTimeout(() => socket.destroy(), END_TIMEOUT_MS); // The server may not close the connection.
      this.once('end', () => clearTimeout(timer));
      return end(...args);
    }) as typeof this.end;
  }

  #queryInTime(query: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    const timer = setTimeout(
      () => this.#socket.destroy(createTimeoutError(this.#statementTimeoutMs)),
      this.#statementTimeoutMs,
    );
    const last = args.at(-1);
    if (typeof last === 'function') {
      const handleResponse = (...response: unknown[]): unknown => {
        clearTimeout(timer);
        return last(...response);
      };
      return query(...args.slice(0, -1), handleResponse);
    }
    const result = query(...args);
    const end = (): void => clearTimeout(timer);
    if (result instanceof Promise) result.then(end, end);
    else end();
    return result;
  }
}

/** Uses the code of the system, so that callers retry as after a broken connection. */
function createTimeoutError(ms: number): Error {
  return Object.assign(new Error(`The server did not answer within ${ms / 1_000} s.`), { code: 'ETIMEDOUT' });
}

/** Converts an error of PostgreSQL or its driver to a `HostError` that says what to do. Returns errors of Pawl unchanged. */
export function toDatabaseError(error: unknown): unknown {
  if (PawlError.isInstance(error)) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  const [code, fix] = findProblem(error);
  return new HostError(`PostgreSQL cannot be used: ${message}. ${fix}`, { code, cause: error });
}

type Problem = readonly [code: string, fix: string];

const UNREACHABLE: Problem = [
  'host.unreachable',
  'Check the url, and that the server is running, then resume the run.',
];
const LOCKED: Problem = ['host.locked', 'Another transaction had locked the same rows. Try again.'];
const OTHER: Problem = ['host.failed', 'The run stays resumable.'];

function findProblem(error: unknown): Problem {
  if (isConnectionError(error)) return UNREACHABLE;
  const code = readCode(error);
  return PROBLEMS.get(code) ?? PROBLEMS.get(code.slice(0, 2)) ?? OTHER;
}

/**
 * Whether the connection failed, not a statement. The system reports this with a code like ECONNRESET, and the driver with plain errors
 * without a code. Programming errors have other classes.
 */
function isConnectionError(error: unknown): error is Error {
  if (!(error instanceof Error) || PawlError.isInstance(error)) return false;
  const code = readCode(error);
  return code === '' ? error.constructor.name === 'Error' : /^E(?!RR_)[A-Z0-9_]+$/.test(code);
}

function readCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** By the SQLSTATE, or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const PROBLEMS: ReadonlyMap<string, Problem> = new Map<string, Problem>([
  ['08', UNREACHABLE],
  ['28', ['host.refused', 'Check the user and the password in the url.']],
  ['3D', ['host.unreachable', 'Create that database, or put another one into the url.']],
  ['40', LOCKED],
  ['55', LOCKED],
  ['57', UNREACHABLE],
  ['22021', ['host.text', 'PostgreSQL does not store NUL characters in names: choose another name.']],
  ['25006', ['host.read_only', 'Put the server that accepts writes into the url, then resume the run.']],
  ['25P03', UNREACHABLE],
  ['42501', ['host.refused', 'Allow the user in the url to create and write the schemas "pawl" and "dbos".']],
  ['53', ['host.full', 'The server has no space or no connection left. Free some, then resume the run.']],
  ['58', ['host.io', "Check the server's disk, then resume the run."]],
]);
