import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError, ToolError } from '@pawl/core';
import type { Query, QueryLimits, Rows, SqlReader } from './database.ts';
import { SQLITE_CHILD } from './sqlite-child-text.ts';
import type { SqliteRequest, SqliteResponse } from './sqlite-request.ts';

/** Creates a reader of an SQLite file. SQLite cannot be interrupted, so each query runs in a process, which is killed at the deadline. */
export function createSqliteReader(path: string, tool: string): SqlReader {
  const file = findFile(path, tool);
  return { dialect: 'SQLite', read: (query, limits) => read(file, query, limits) };
}

function findFile(path: string, tool: string): string {
  try {
    if (statSync(path).isFile()) return realpathSync(path);
  } catch {
    // Reported below, like a path that is not a file.
  }
  throw new ConfigError(
    `Tool "${tool}": ${JSON.stringify(path)} is not an SQLite file. Pass { file: 'data.db' }, or an open database that is in a file: a query of a database in memory cannot be stopped.`,
  );
}

async function read(file: string, { sql, parameters }: Query, limits: QueryLimits): Promise<Rows> {
  const { maxRows, maxBytes, signal, timeoutMs } = limits;
  const response = await runQuery({ file, sql, parameters, maxRows, maxBytes }, { signal, timeoutMs });
  switch (response.type) {
    case 'rows':
      return response.rows;
    case 'refused':
      throw new ToolError('Nothing was run. Pass one reading statement: SELECT, VALUES or WITH … SELECT.');
    case 'failed':
      throw new ToolError(`SQLite says: ${response.message}. Nothing was changed.`);
  }
}

interface QueryDeadline {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

function runQuery(request: SqliteRequest, { signal, timeoutMs }: QueryDeadline): Promise<SqliteResponse> {
  return new Promise((resolve, reject) => {
    // Inherits nothing from this process's environment.
    const child = spawn(process.execPath, [...FLAGS, '--input-type=module', '--eval', SQLITE_CHILD], {
      env: {},
      stdio: 'pipe',
      signal,
      killSignal: 'SIGKILL',
      timeout: timeoutMs,
    });
    let isTooLarge = false;
    const unwatch = watchMemory(child, () => {
      isTooLarge = true;
      child.kill('SIGKILL');
    });
    const chunks: Buffer[] = [];
    let errorText = '';
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      errorText = `${errorText}${chunk}`.slice(0, MAX_COMPLAINT_LENGTH);
    });
    child.stdin.on('error', () => undefined); // The process has ended: `close` has its code.
    child.on('error', (error) => reject(signal.aborted ? signal.reason : createProcessError(error)));
    child.on('close', (code) => {
      unwatch();
      if (signal.aborted) return reject(signal.reason);
      const text = Buffer.concat(chunks).toString('utf8');
      if (text !== '') return resolve(JSON.parse(text)); // Only sqlite-child.ts writes it.
      if (code !== null)
        return reject(createProcessError(new Error(`The process ended with exit code ${code}: ${errorText}`)));
      // If this process has not killed it, V8 or the kernel has, because it used too much memory.
      const reason =
        isTooLarge || !child.killed ? 'it used too much memory' : `it took longer than ${timeoutMs / 1000} s`;
      reject(new ToolError(`The query was stopped: ${reason}. Query less: fewer rows, fewer tables, or an aggregate.`));
    });
    child.stdin.end(JSON.stringify(request));
  });
}

/** JavaScript itself needs little memory. */
const FLAGS = ['--no-warnings', '--max-old-space-size=64'] as const;

const MAX_COMPLAINT_LENGTH = 2_000;

/** The model cannot fix this: the error's cause is for the operator, who reads it in the event. */
function createProcessError(cause: Error): ToolError {
  return new ToolError('Nothing was queried: the process for the query could not be run. Tell the user.', { cause });
}

const MAX_RESIDENT_BYTES = 256 * 2 ** 20;
const PAGE_BYTES = 4_096;
const CHECK_INTERVAL_MS = 20;

/** Watches the child's memory, because Node cannot limit SQLite's own. Outside Linux only the deadline applies. */
function watchMemory({ pid }: ChildProcess, onTooLarge: () => void): () => void {
  if (process.platform !== 'linux' || pid === undefined) return () => undefined;
  const timer = setInterval(() => {
    readFile(`/proc/${pid}/statm`, 'utf8').then(
      (text) => {
        const [, resident] = text.split(' ');
        if (Number(resident) * PAGE_BYTES > MAX_RESIDENT_BYTES) onTooLarge();
      },
      () => undefined, // The process has ended.
    );
  }, CHECK_INTERVAL_MS);
  return () => clearInterval(timer);
}
