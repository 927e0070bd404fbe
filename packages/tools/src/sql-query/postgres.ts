import { ToolError } from '@pawl/core';
import { type Query, type QueryCaps, RowList, type Rows, type SqlReader } from './database.ts';

/** What is used of `pg`'s Pool. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
}

/** What is used of a client that a pool lends. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** With an error the connection is closed, and not lent again. */
  release(error?: Error): void;
}

export interface PostgresQuery {
  readonly text: string;
  readonly values?: unknown[];
  readonly rowMode: 'array';
  /** One statement only, refused by the server otherwise; `pg` 8.12 and later. */
  readonly queryMode: 'extended';
}

export interface PostgresResult {
  readonly fields: readonly { readonly name: string }[];
  readonly rows: readonly unknown[][];
}

export interface PostgresOptions {
  /** Whether a role is taken that could read the server's files, run programs there, or do anything. */
  readonly powerfulRole: 'refuse' | 'accept';
}

/** Reads through a pool: in a transaction that can't write, by a cursor, and nothing of it stays. */
export function postgresReader(pool: PostgresPool, options: PostgresOptions): SqlReader {
  return { dialect: 'PostgreSQL', read: (query, caps) => read(query, { pool, options, caps }) };
}

interface Reading {
  readonly pool: PostgresPool;
  readonly options: PostgresOptions;
  readonly caps: QueryCaps;
}

async function read(query: Query, { pool, options, caps }: Reading): Promise<Rows> {
  const { signal } = caps;
  signal.throwIfAborted();
  const client = await pool.connect();
  let broken: Error | undefined;
  const stop = (): void => {
    if (broken !== undefined) return;
    broken = new Error('given up');
    client.release(broken);
  };
  const unwatch = watchBytes(client, { most: MAX_WIRE_BYTES + 2 * caps.maxBytes, stop });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await inTransaction(client, { query, options, caps });
  } catch (error) {
    signal.throwIfAborted();
    if (broken !== undefined)
      throw new ToolError('The query was given up: a row is too large. Ask for fewer or shorter columns.');
    throw error instanceof ToolError ? error : told(error);
  } finally {
    signal.removeEventListener('abort', stop);
    unwatch();
    if (broken === undefined) await giveBack(client);
  }
}

const MAX_WIRE_BYTES = 8 * 2 ** 20;

interface Transaction {
  readonly query: Query;
  readonly options: PostgresOptions;
  readonly caps: QueryCaps;
}

async function inTransaction(client: PostgresClient, { query, options, caps }: Transaction): Promise<Rows> {
  const run = (text: string, values: readonly unknown[] = []): Promise<PostgresResult> =>
    client.query({ text, values: [...values], rowMode: 'array', queryMode: 'extended' });
  await run('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // Whatever the pool's connections have it at.
  await run(`SET LOCAL statement_timeout = ${Math.ceil(caps.timeoutMs)}`);
  if (options.powerfulRole === 'refuse') await refusePowerful(run);
  // A cursor takes nothing but a SELECT, VALUES or WITH that changes nothing, and gives rows as they are asked for.
  await run(`DECLARE pawl_cursor NO SCROLL CURSOR FOR ${query.sql}`, query.parameters);
  const list = new RowList(caps);
  let columns: readonly string[] = [];
  for (let isOpen = true; isOpen; ) {
    const { fields, rows } = await run(`FETCH FORWARD ${ROWS_AT_ONCE} FROM pawl_cursor`);
    columns = fields.map(({ name }) => name);
    isOpen = rows.length === ROWS_AT_ONCE && rows.every((row) => list.add(row));
    if (!isOpen && rows.length < ROWS_AT_ONCE) rows.every((row) => list.add(row));
  }
  return { columns, rows: list.rows, ...(list.cut === undefined ? {} : { cut: list.cut }) };
}

const ROWS_AT_ONCE = 20;

type Run = (text: string, values?: readonly unknown[]) => Promise<PostgresResult>;

/** A transaction that only reads does not keep such a role from the server's files and programs. */
async function refusePowerful(run: Run): Promise<void> {
  const { rows } = await run(
    `SELECT rolname FROM pg_roles WHERE (rolsuper OR rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
     AND pg_has_role(current_user, oid, 'MEMBER')`,
  );
  const names = rows.map(([name]) => String(name)).join(', ');
  if (names === '') return;
  throw new ToolError(
    `This database can't be read: its role has the rights of ${names}, which reach beyond the database. The developer has to connect as another role.`,
  );
}

/** Nothing that the query did to its session is there for who borrows the connection next. */
async function giveBack(client: PostgresClient): Promise<void> {
  try {
    await client.query({ text: 'ROLLBACK', rowMode: 'array', queryMode: 'extended' });
    await client.query({ text: 'SELECT pg_advisory_unlock_all()', rowMode: 'array', queryMode: 'extended' });
    client.release();
  } catch (error) {
    client.release(error instanceof Error ? error : new Error(String(error)));
  }
}

interface Watching {
  readonly most: number;
  readonly stop: () => void;
}

/** One value may be a gibibyte: what comes over the wire is counted as it comes. */
function watchBytes(client: PostgresClient, { most, stop }: Watching): () => void {
  const stream = streamOf(client);
  if (stream === undefined) return () => undefined;
  let bytes = 0;
  const count = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (bytes <= most) return;
    stop();
    stream.destroy();
  };
  stream.on('data', count);
  return () => void stream.off('data', count);
}

interface Stream {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  destroy(): unknown;
}

/** `pg` keeps its socket there; another driver may not. */
function streamOf(client: object): Stream | undefined {
  const connection: unknown = Reflect.get(client, 'connection');
  const stream: unknown =
    typeof connection === 'object' && connection !== null ? Reflect.get(connection, 'stream') : undefined;
  if (typeof stream !== 'object' || stream === null || !('on' in stream) || !('off' in stream)) return undefined;
  return stream as Stream; // It has what is used of it.
}

/** What the server says of a query, for whoever wrote it. */
function told(error: unknown): ToolError {
  if (!(error instanceof Error)) return new ToolError('The database gave no answer.');
  const { code, position, hint } = error as Error & Readonly<Record<'code' | 'position' | 'hint', unknown>>; // Absent, they are undefined.
  if (code === '57014')
    return new ToolError(
      'The query was given up: it takes too long. Ask for less: fewer rows, fewer tables, an aggregate.',
    );
  const at = position === undefined ? '' : ` (at character ${Number(position) - PREFIX.length})`;
  const help = typeof hint === 'string' ? ` ${hint}` : '';
  return new ToolError(`PostgreSQL says: ${error.message}${at}.${help} Nothing was changed.`);
}

const PREFIX = 'DECLARE pawl_cursor NO SCROLL CURSOR FOR ';
