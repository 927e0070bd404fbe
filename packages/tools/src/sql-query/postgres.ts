import { ToolError } from '@pawl/core';
import { type Query, type QueryCaps, RowList, type Rows, type SqlReader } from './database.ts';
import { Loan } from './loan.ts';
import { orAborted } from './or-aborted.ts';
import type { PostgresClient, PostgresPool, PostgresResult } from './postgres-pool.ts';

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
  const { signal, timeoutMs } = caps;
  const loan = await Loan.from(pool, signal);
  const onAbort = (): void => loan.giveUp(ABORTED);
  signal.addEventListener('abort', onAbort, { once: true });
  // Each statement has its deadline from the server; all of them together have this one.
  const timer = setTimeout(() => loan.giveUp(TOO_LONG), timeoutMs + LATE_MS);
  const unwatch = watchBytes(loan.client, {
    most: MAX_WIRE_BYTES + 2 * caps.maxBytes,
    stop: () => loan.giveUp(TOO_LARGE),
  });
  try {
    return await orAborted(inTransaction(loan.client, { query, options, caps }), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw loan.reason ?? (ToolError.isInstance(error) ? error : told(error));
  } finally {
    unwatch();
    await orAborted(loan.giveBack(), signal).catch(() => undefined); // What came of the query is known by now.
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

const LATE_MS = 500;
const ABORTED = new ToolError('The query was given up.');
const TOO_LONG = new ToolError(
  'The query was given up: it takes too long. Ask for less: fewer rows, fewer tables, an aggregate.',
);
const TOO_LARGE = new ToolError('The query was given up: a row is too large. Ask for fewer or shorter columns.');

const MAX_WIRE_BYTES = 8 * 2 ** 20;

interface Transaction {
  readonly query: Query;
  readonly options: PostgresOptions;
  readonly caps: QueryCaps;
}

async function inTransaction(client: PostgresClient, { query, options, caps }: Transaction): Promise<Rows> {
  const run = (text: string, values: readonly unknown[] = []): Promise<PostgresResult> =>
    client.query({ text, values: [...values], rowMode: 'array', queryMode: 'extended' });
  const until = performance.now() + caps.timeoutMs + LATE_MS;
  await run('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // Whatever the pool's connections have it at, and before each statement: the query itself can lift it for those behind.
  const limit = (): Promise<PostgresResult> => run(`SET LOCAL statement_timeout = ${Math.ceil(caps.timeoutMs)}`);
  await limit();
  if (options.powerfulRole === 'refuse') await refusePowerful(run);
  // A cursor takes nothing but a SELECT, VALUES or WITH that changes nothing, and gives rows as they are asked for.
  await run(`DECLARE pawl_cursor NO SCROLL CURSOR FOR ${query.sql}`, query.parameters);
  const list = new RowList(caps);
  let columns: readonly string[] = [];
  for (let isOpen = true; isOpen; ) {
    // A driver that runs in this process lets no timer in between.
    if (performance.now() > until) throw TOO_LONG;
    await limit();
    const { fields, rows } = await run(`FETCH FORWARD ${ROWS_AT_ONCE} FROM pawl_cursor`);
    columns = fields.map(({ name }) => name);
    isOpen = rows.length === ROWS_AT_ONCE && rows.every((row) => list.add(row));
    if (!isOpen && rows.length < ROWS_AT_ONCE) rows.every((row) => list.add(row));
  }
  return { columns, rows: list.rows, ...(list.cut === undefined ? {} : { cut: list.cut }) };
}

const ROWS_AT_ONCE = 20;

type Run = (text: string, values?: readonly unknown[]) => Promise<PostgresResult>;

/** A transaction that only reads does not keep such a role from the server's files and programs. A query can become whoever logged in. */
async function refusePowerful(run: Run): Promise<void> {
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
  if (code === '57014') return TOO_LONG;
  const at = position === undefined ? '' : ` (at character ${Number(position) - PREFIX.length})`;
  const help = typeof hint === 'string' ? ` ${hint}` : '';
  return new ToolError(`PostgreSQL says: ${error.message}${at}.${help} Nothing was changed.`);
}

const PREFIX = 'DECLARE pawl_cursor NO SCROLL CURSOR FOR ';
