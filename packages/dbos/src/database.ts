import { Socket } from 'node:net';
import { HostError, PawlError } from '@pawl/core';
import { Client, type ClientConfig, Pool, type PoolClient } from 'pg';

export type { PoolClient } from 'pg';

export type Row = Readonly<Record<string, unknown>>;

export interface Rows {
  readonly rows: Row[];
  readonly rowCount: number | null;
}

/** What statements are given to: the pool, or one transaction. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<Rows>;
}

export interface DatabaseOptions {
  /** The most at once. */
  readonly connections: number;
  /** How long a statement may take, in milliseconds. @defaultValue 30_000 */
  readonly statementTimeoutMs?: number;
}

/** A connection of its own. */
export interface Session {
  /** The process of the server behind it. */
  readonly backend: number;
  query(text: string, values?: unknown[]): Promise<Rows>;
  end(): Promise<void>;
}

/** The one door to PostgreSQL. No failure of a connection ends the process, whatever the connection is doing. */
export class Database implements Queryable {
  readonly #url: string;
  readonly pool: Pool;

  readonly #statementTimeoutMs: number;

  constructor(url: string, { connections, statementTimeoutMs: answerMs = STATEMENT_TIMEOUT_MS }: DatabaseOptions) {
    this.#url = url;
    this.#statementTimeoutMs = answerMs;
    this.pool = new Pool({
      Client: class extends BoundedClient {
        constructor(config?: string | ClientConfig) {
          super(config, answerMs);
        }
      },
      connectionString: url,
      max: connections,
      application_name: 'pawl',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // A connection that breaks while nobody uses it is replaced; the next statement tells, if it can't be.
    this.pool.on('error', () => undefined);
  }

  async query(text: string, values?: unknown[]): Promise<Rows> {
    try {
      return await this.pool.query(text, values);
    } catch (error) {
      throw toDatabaseError(error);
    }
  }

  /** All of it, or nothing. */
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
      // Where the connection itself failed it takes no statement any more: the server rolls back when it goes.
      if (isConnectionError(error)) broken = error;
      else await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw toDatabaseError(error);
    } finally {
      client.release(broken);
    }
  }

  /** Opens a connection for a lock that lasts as long as it. `onEnd` is called once when it has ended, whoever ended it. */
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
        end: () => client.end().catch(() => undefined), // It has ended otherwise.
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

/** A server that is there answers a connection, or a statement of ours, within these times. */
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
const SESSION_TIMEOUT_MS = 5_000;
const END_TIMEOUT_MS = 1_000;

/**
 * A connection that ends where the server does not answer a statement: one that stands still would be waited for without end, and
 * DBOS would never look at its queues again.
 */
class BoundedClient extends Client {
  readonly #socket: Socket;
  readonly #statementTimeoutMs: number;

  constructor(config: string | ClientConfig | undefined, answerMs: number) {
    const socket = new Socket();
    super({ ...(typeof config === 'string' ? { connectionString: config } : config), stream: () => socket });
    this.#socket = socket;
    this.#statementTimeoutMs = answerMs;
    // Without a listener an error that comes while no statement is under way ends the process.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...given: unknown[]) => unknown; // Of all its forms.
    this.query = ((...given: unknown[]) => this.#queryInTime(query, given)) as typeof this.query;
    const end = this.end.bind(this) as (...given: unknown[]) => unknown;
    this.end = ((...given: unknown[]) => {
      const timer = setTimeout(() => socket.destroy(), END_TIMEOUT_MS); // The server may not say goodbye.
      this.once('end', () => clearTimeout(timer));
      return end(...given);
    }) as typeof this.end;
  }

  #queryInTime(query: (...given: unknown[]) => unknown, given: unknown[]): unknown {
    const timer = setTimeout(
      () => this.#socket.destroy(createTimeoutError(this.#statementTimeoutMs)),
      this.#statementTimeoutMs,
    );
    const last = given.at(-1);
    if (typeof last === 'function') {
      const handleAnswer = (...answer: unknown[]): unknown => {
        clearTimeout(timer);
        return last(...answer);
      };
      return query(...given.slice(0, -1), handleAnswer);
    }
    const answer = query(...given);
    const end = (): void => clearTimeout(timer);
    if (answer instanceof Promise) answer.then(end, end);
    else end();
    return answer;
  }
}

/** As the system says it, so that whoever tries again what a broken connection has cut off does so here, too. */
function createTimeoutError(ms: number): Error {
  return Object.assign(new Error(`The server did not answer within ${ms / 1_000} s.`), { code: 'ETIMEDOUT' });
}

/** What PostgreSQL says, as an error that names the way out. */
export function toDatabaseError(error: unknown): unknown {
  if (PawlError.isInstance(error)) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  const [code, fix] = findProblem(error);
  return new HostError(`PostgreSQL could not be used: ${message}. ${fix}`, { code, cause: error });
}

type Problem = readonly [code: string, fix: string];

const UNREACHABLE: Problem = ['host.unreachable', 'Check the url and that the server runs, then resume the run.'];
const LOCKED: Problem = ['host.locked', 'Others were at work on the same rows. Try again.'];
const OTHER: Problem = ['host.failed', 'The run stays resumable.'];

function findProblem(error: unknown): Problem {
  if (isConnectionError(error)) return UNREACHABLE;
  const code = readCode(error);
  return PROBLEMS.get(code) ?? PROBLEMS.get(code.slice(0, 2)) ?? OTHER;
}

/**
 * Whether the connection failed, rather than a statement: the system says so by a code like ECONNRESET, and the driver by plain errors
 * without any code. Our own mistakes are of other classes.
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
  ['28', ['host.refused', 'Check the user and the password of the url.']],
  ['3D', ['host.unreachable', 'Create that database, or name another in the url.']],
  ['40', LOCKED],
  ['55', LOCKED],
  ['57', UNREACHABLE],
  ['22021', ['host.text', 'PostgreSQL keeps no NUL characters in names: choose another.']],
  ['25006', ['host.read_only', 'Name the server that takes writes, then resume the run.']],
  ['25P03', UNREACHABLE],
  ['42501', ['host.refused', 'Give the user of the url the right to create and write the schemas "pawl" and "dbos".']],
  ['53', ['host.full', 'The server has no room or no connection left. Mend that, then resume the run.']],
  ['58', ['host.io', "Check the server's disk, then resume the run."]],
]);
