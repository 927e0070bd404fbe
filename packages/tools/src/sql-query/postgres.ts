import { ToolError } from '@pawl/core';
import { BorrowedClient } from './borrowed-client.ts';
import { type Query, type QueryLimits, RowList, type Rows, type SqlReader } from './database.ts';
import type { PostgresClient, PostgresPool, PostgresResult } from './postgres-pool.ts';
import { waitUnlessAborted } from './wait-unless-aborted.ts';

export interface PostgresOptions {
  /** Whether to accept a superuser, or a role that can read the server's files or run programs there. */
  readonly powerfulRole: 'refuse' | 'accept';
}

/** Creates a reader over a pool. It uses a cursor in a read-only transaction, which is always rolled back. */
export function createPostgresReader(pool: PostgresPool, options: PostgresOptions): SqlReader {
  return { dialect: 'PostgreSQL', read: (query, limits) => read(query, { pool, options, limits }) };
}

interface ReadOptions {
  readonly pool: PostgresPool;
  readonly options: PostgresOptions;
  readonly limits: QueryLimits;
}

async function read(query: Query, { pool, options, limits }: ReadOptions): Promise<Rows> {
  const { signal, timeoutMs } = limits;
  const borrowed = await BorrowedClient.from(pool, signal);
  const onAbort = (): void => borrowed.discard(ABORT_ERROR);
  signal.addEventListener('abort', onAbort, { once: true });
  // The server has a deadline for each statement; this one is for all of them together.
  const timer = setTimeout(() => borrowed.discard(TIMEOUT_ERROR), timeoutMs + MARGIN_MS);
  const unwatch = watchBytes(borrowed.client, {
    maxBytes: MAX_WIRE_BYTES + 2 * limits.maxBytes,
    stop: () => borrowed.discard(SIZE_ERROR),
  });
  try {
    return await waitUnlessAborted(runInTransaction(borrowed.client, { query, options, limits }), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw borrowed.reason ?? (ToolError.isInstance(error) ? error : describeError(error));
  } finally {
    unwatch();
    await waitUnlessAborted(borrowed.release(), signal).catch(() => undefined); // The result of the query is known by now.
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

const MARGIN_MS = 500;
const ABORT_ERROR = new ToolError('The query was aborted.');
const TIMEOUT_ERROR = new ToolError(
  'The query was stopped: it took too long. Query less: fewer rows, fewer tables, or an aggregate.',
);
const SIZE_ERROR = new ToolError('The query was stopped: a row is too large. Select fewer or shorter columns.');

const MAX_WIRE_BYTES = 8 * 2 ** 20;

interface TransactionOptions {
  readonly query: Query;
  readonly options: PostgresOptions;
  readonly limits: QueryLimits;
}

async function runInTransaction(client: PostgresClient, { query, options, limits }: TransactionOptions): Promise<Rows> {
  const run = (text: string, values: readonly unknown[] = []): Promise<PostgresResult> =>
    client.query({ text, values: [...values], rowMode: 'array', queryMode: 'extended' });
  const until = performance.now() + limits.timeoutMs + MARGIN_MS;
  await run('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // Set before each statement: a connection may have another timeout, and the query itself can change it for later statements.
  const setDeadline = (): Promise<PostgresResult> =>
    run(`SET LOCAL statement_timeout = ${Math.ceil(limits.timeoutMs)}`);
  await setDeadline();
  if (options.powerfulRole === 'refuse') await refusePowerful(run);
  // A cursor accepts only SELECT, VALUES and WITH without changes, and returns rows in pieces.
  await run(`DECLARE pawl_cursor NO SCROLL CURSOR FOR ${query.sql}`, query.parameters);
  const list = new RowList(limits);
  let columns: readonly string[] = [];
  for (let isOpen = true; isOpen; ) {
    // A driver that runs in this process blocks timers.
    if (performance.now() > until) throw TIMEOUT_ERROR;
    await setDeadline();
    const { fields, rows } = await run(`FETCH FORWARD ${FETCH_ROWS} FROM pawl_cursor`);
    columns = fields.map(({ name }) => name);
    isOpen = rows.length === FETCH_ROWS && rows.every((row) => list.add(row));
    if (!isOpen && rows.length < FETCH_ROWS) rows.every((row) => list.add(row));
  }
  return { columns, rows: list.rows, ...(list.cutBy === undefined ? {} : { cutBy: list.cutBy }) };
}

const FETCH_ROWS = 20;

type RunStatement = (text: string, values?: readonly unknown[]) => Promise<PostgresResult>;

/** A read-only transaction does not protect the server's files and programs from such a role. A query can also switch to the session's user. */
async function refusePowerful(run: RunStatement): Promise<void> {
  const { rows } = await run(
    `SELECT rolname FROM pg_roles WHERE (rolsuper OR rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
     AND (pg_has_role(session_user, oid, 'MEMBER') OR pg_has_role(current_user, oid, 'MEMBER'))`,
  );
  const names = rows.map(([name]) => String(name)).join(', ');
  if (names === '') return;
  throw new ToolError(
    `Nothing was queried: the database role has the rights of ${names}, which reach beyond the database. Tell the user to connect with another role.`,
  );
}

interface WatchOptions {
  readonly maxBytes: number;
  readonly stop: () => void;
}

/** Counts bytes on the wire: one value may be a gibibyte. */
function watchBytes(client: PostgresClient, { maxBytes: most, stop }: WatchOptions): () => void {
  const stream = findStream(client);
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

interface ByteStream {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  destroy(): unknown;
}

/** Finds `pg`'s socket; `undefined` for a driver that keeps it elsewhere. */
function findStream(client: object): ByteStream | undefined {
  const connection: unknown = Reflect.get(client, 'connection');
  const stream: unknown =
    typeof connection === 'object' && connection !== null ? Reflect.get(connection, 'stream') : undefined;
  if (typeof stream !== 'object' || stream === null || !('on' in stream) || !('off' in stream)) return undefined;
  return stream as ByteStream; // It has the methods that are used.
}

/** Converts the server's error for the model, which wrote the query. */
function describeError(error: unknown): ToolError {
  if (!(error instanceof Error)) return new ToolError('The database returned no error message. Try again later.');
  const { code, position, hint } = error as Error & Readonly<Record<'code' | 'position' | 'hint', unknown>>; // Missing fields are undefined.
  if (code === '57014') return TIMEOUT_ERROR;
  const at = position === undefined ? '' : ` (at character ${Number(position) - PREFIX.length})`;
  const help = typeof hint === 'string' ? ` ${hint}` : '';
  return new ToolError(`PostgreSQL says: ${error.message}${at}.${help} Nothing was changed.`);
}

const PREFIX = 'DECLARE pawl_cursor NO SCROLL CURSOR FOR ';
