import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError, ToolError } from '@pawl/core';
import type { Query, QueryCaps, Rows, SqlReader } from './database.ts';
import { SQLITE_CHILD } from './sqlite-child-text.ts';
import type { ChildAnswer, ChildRequest } from './sqlite-request.ts';

/** Reads an SQLite file. Each query is a process of its own, since SQLite can't be interrupted from outside: at its deadline it is killed. */
export function sqliteReader(path: string, tool: string): SqlReader {
  const file = fileAt(path, tool);
  return { dialect: 'SQLite', read: (query, caps) => read(file, query, caps) };
}

function fileAt(path: string, tool: string): string {
  try {
    if (statSync(path).isFile()) return realpathSync(path);
  } catch {
    // As for what is no file.
  }
  throw new ConfigError(
    `Tool "${tool}": ${JSON.stringify(path)} is no SQLite file. Pass { file: 'data.db' }, or a database that is kept in one: a database in memory can't be given up when a query takes too long.`,
  );
}

async function read(file: string, { sql, parameters }: Query, caps: QueryCaps): Promise<Rows> {
  const { maxRows, maxBytes, signal, timeoutMs } = caps;
  const answered = await ask({ file, sql, parameters, maxRows, maxBytes }, { signal, timeoutMs });
  switch (answered.type) {
    case 'rows':
      return answered.rows;
    case 'refused':
      throw new ToolError(
        'Only one statement that reads is run here: SELECT, VALUES or WITH … SELECT. Nothing was done.',
      );
    case 'failed':
      throw new ToolError(`SQLite says: ${answered.message}. Nothing was changed.`);
  }
}

interface Asking {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

function ask(request: ChildRequest, { signal, timeoutMs }: Asking): Promise<ChildAnswer> {
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
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk}`.slice(0, MAX_COMPLAINT_LENGTH);
    });
    child.stdin.on('error', () => undefined); // It has ended: `close` says how.
    child.on('error', (error) => reject(signal.aborted ? signal.reason : notStarted(error)));
    child.on('close', (code) => {
      unwatch();
      if (signal.aborted) return reject(signal.reason);
      const text = Buffer.concat(chunks).toString('utf8');
      if (text !== '') return resolve(JSON.parse(text)); // Written by sqlite-child.ts only.
      if (code !== null) return reject(notStarted(new Error(`It ended with exit code ${code}: ${complaint}`)));
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
function notStarted(cause: Error): ToolError {
  return new ToolError('Nothing was asked: the process for the query could not be run. Tell the user.', { cause });
}

const MAX_RESIDENT_BYTES = 256 * 2 ** 20;
const PAGE_BYTES = 4_096;
const LOOK_EVERY_MS = 20;

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
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
