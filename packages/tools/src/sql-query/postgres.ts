import { ToolError } from '@pawl/core';
import { BorrowedClient } from './borrowed-client.ts';
import { type Query, type QueryLimits, RowList, type Rows, type SqlReader } from './database.ts';
import type { PostgresClient, PostgresPool, PostgresResult } from './postgres-pool.ts';
import { waitUnlessAborted } from './wait-unless-aborted.ts';

export interface PostgresOptions {
  /** Whether a role is taken that could read the server's files, run programs there, or do anything. */
  readonly powerfulRole: 'refuse' | 'accept';
}

/** Reads through a pool: in a transaction that can't write, by a cursor, and nothing of it stays. */
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
  // Each statement has its deadline from the server; all of them together have this one.
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
    await waitUnlessAborted(borrowed.release(), signal).catch(() => undefined); // What came of the query is known by now.
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

const MARGIN_MS = 500;
const ABORT_ERROR = new ToolError('The query was given up.');
const TIMEOUT_ERROR = new ToolError(
  'The query was given up: it takes too long. Ask for less: fewer rows, fewer tables, an aggregate.',
);
const SIZE_ERROR = new ToolError('The query was given up: a row is too large. Ask for fewer or shorter columns.');

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
  // Whatever the pool's connections have it at, and before each statement: the query itself can lift it for those behind.
  const setDeadline = (): Promise<PostgresResult> =>
    run(`SET LOCAL statement_timeout = ${Math.ceil(limits.timeoutMs)}`);
  await setDeadline();
  if (options.powerfulRole === 'refuse') await refusePowerful(run);
  // A cursor takes nothing but a SELECT, VALUES or WITH that changes nothing, and gives rows as they are asked for.
  await run(`DECLARE pawl_cursor NO SCROLL CURSOR FOR ${query.sql}`, query.parameters);
  const list = new RowList(limits);
  let columns: readonly string[] = [];
  for (let isOpen = true; isOpen; ) {
    // A driver that runs in this process lets no timer in between.
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

/** A transaction that only reads does not keep such a role from the server's files and programs. A query can become whoever logged in. */
async function refusePowerful(run: RunStatement): Promise<void> {
  const { rows } = await run(
    `SELECT rolname FROM pg_roles WHERE (rolsuper OR rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
     AND (pg_has_role(session_user, oid, 'MEMBER') OR pg_has_role(current_user, oid, 'MEMBER'))`,
  );
  const names = rows.map(([name]) => String(name)).join(', ');
  if (names === '') return;
  throw new ToolError(
    `This database can't be read: its role has the rights of ${names}, which reach beyond the database. The developer has to connect as another role.`,
  );
}

interface WatchOptions {
  readonly maxBytes: number;
  readonly stop: () => void;
}

/** One value may be a gibibyte: what comes over the wire is counted as it comes. */
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

/** `pg` keeps its socket there; another driver may not. */
function findStream(client: object): ByteStream | undefined {
  const connection: unknown = Reflect.get(client, 'connection');
  const stream: unknown =
    typeof connection === 'object' && connection !== null ? Reflect.get(connection, 'stream') : undefined;
  if (typeof stream !== 'object' || stream === null || !('on' in stream) || !('off' in stream)) return undefined;
  return stream as ByteStream; // It has what is used of it.
}

/** What the server says of a query, for whoever wrote it. */
function describeError(error: unknown): ToolError {
  if (!(error instanceof Error)) return new ToolError('The database gave no answer.');
  const { code, position, hint } = error as Error & Readonly<Record<'code' | 'position' | 'hint', unknown>>; // Absent, they are undefined.
  if (code === '57014') return TIMEOUT_ERROR;
  const at = position === undefined ? '' : ` (at character ${Number(position) - PREFIX.length})`;
  const help = typeof hint === 'string' ? ` ${hint}` : '';
  return new ToolError(`PostgreSQL says: ${error.message}${at}.${help} Nothing was changed.`);
}

const PREFIX = 'DECLARE pawl_cursor NO SCROLL CURSOR FOR ';
