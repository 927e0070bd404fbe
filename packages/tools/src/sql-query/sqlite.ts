import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError, ToolError } from '@pawl/core';
import type { Query, QueryLimits, Rows, SqlReader } from './database.ts';
import { SQLITE_CHILD } from './sqlite-child-text.ts';
import type { SqliteRequest, SqliteResponse } from './sqlite-request.ts';

/** Reads an SQLite file. Each query is a process of its own, since SQLite can't be interrupted from outside: at its deadline it is killed. */
export function createSqliteReader(path: string, tool: string): SqlReader {
  const file = findFile(path, tool);
  return { dialect: 'SQLite', read: (query, limits) => read(file, query, limits) };
}

function findFile(path: string, tool: string): string {
  try {
    if (statSync(path).isFile()) return realpathSync(path);
  } catch {
    // As for what is no file.
  }
  throw new ConfigError(
    `Tool "${tool}": ${JSON.stringify(path)} is no SQLite file. Pass { file: 'data.db' }, or a database that is kept in one: a database in memory can't be given up when a query takes too long.`,
  );
}

async function read(file: string, { sql, parameters }: Query, limits: QueryLimits): Promise<Rows> {
  const { maxRows, maxBytes, signal, timeoutMs } = limits;
  const response = await runQuery({ file, sql, parameters, maxRows, maxBytes }, { signal, timeoutMs });
  switch (response.type) {
    case 'rows':
      return response.rows;
    case 'refused':
      throw new ToolError(
        'Only one statement that reads is run here: SELECT, VALUES or WITH … SELECT. Nothing was done.',
      );
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
    // Nothing of this process's environment.
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
    child.stdin.on('error', () => undefined); // It has ended: `close` says how.
    child.on('error', (error) => reject(signal.aborted ? signal.reason : createProcessError(error)));
    child.on('close', (code) => {
      unwatch();
      if (signal.aborted) return reject(signal.reason);
      const text = Buffer.concat(chunks).toString('utf8');
      if (text !== '') return resolve(JSON.parse(text)); // Written by sqlite-child.ts only.
      if (code !== null) return reject(createProcessError(new Error(`It ended with exit code ${code}: ${errorText}`)));
      // What nobody here has killed, V8 or the kernel has: it needs more memory than there is.
      const why =
        isTooLarge || !child.killed ? 'it needs too much memory' : `it takes longer than ${timeoutMs / 1000} s`;
      reject(new ToolError(`The query was given up: ${why}. Ask for less: fewer rows, fewer tables, an aggregate.`));
    });
    child.stdin.end(JSON.stringify(request));
  });
}

/** Little memory for JavaScript. */
const FLAGS = ['--no-warnings', '--max-old-space-size=64'] as const;

const MAX_COMPLAINT_LENGTH = 2_000;

/** The model can't help it: the cause is for the operator, who reads it in the event. */
function createProcessError(cause: Error): ToolError {
  return new ToolError('Nothing was asked: the process for the query could not be run. Tell the user.', { cause });
}

const MAX_RESIDENT_BYTES = 256 * 2 ** 20;
const PAGE_BYTES = 4_096;
const CHECK_INTERVAL_MS = 20;

/** SQLite's own memory has no cap that Node could set. Outside Linux nobody looks: there the deadline is all. */
function watchMemory({ pid }: ChildProcess, onTooLarge: () => void): () => void {
  if (process.platform !== 'linux' || pid === undefined) return () => undefined;
  const timer = setInterval(() => {
    readFile(`/proc/${pid}/statm`, 'utf8').then(
      (text) => {
        const [, resident] = text.split(' ');
        if (Number(resident) * PAGE_BYTES > MAX_RESIDENT_BYTES) onTooLarge();
      },
      () => undefined, // It has ended.
    );
  }, CHECK_INTERVAL_MS);
  return () => clearInterval(timer);
}
