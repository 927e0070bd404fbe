import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../base/clock.ts';
import { HostError, PawlError } from '../base/errors.ts';
import { isBusy, toDatabaseError } from './database.ts';

export interface WriterOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Returns milliseconds of a clock that the date does not move. */
  readonly monotonic: () => number;
  /** Throws if the file was deleted or replaced since it was opened. */
  readonly checkFile: () => void;
  /** How long a write waits for a file that another process has locked. */
  readonly lockTimeoutMs: number;
}

/** Refuses every write. */
export class ReadOnlyWriter implements Pick<Writer, 'write'> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws HostError `host.read_only` */
  async write(): Promise<never> {
    throw new HostError(
      `The host of "${this.#path}" was opened with readOnly, so it writes nothing and works on no run. Open the file without readOnly.`,
      { code: 'host.read_only' },
    );
  }
}

interface Job {
  readonly write: () => unknown;
  readonly settle: (settled: JobResult) => void;
  readonly queuedAt: number;
}

type JobResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/**
 * The only writer of a file. All writes of one turn of the event loop share a transaction, and so one flush to the disk. Each resolves after
 * the commit. No transaction is held across an `await`.
 */
export class Writer {
  readonly #database: DatabaseSync;
  readonly #options: WriterOptions;
  #jobs: Job[] = [];
  #isScheduled = false;

  constructor(database: DatabaseSync, options: WriterOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Runs `write` in a transaction. `write` may throw a `PawlError`, but only before it has written anything. */
  async write<T>(write: () => T): Promise<T> {
    const settled = await new Promise<JobResult>((settle) => {
      this.#jobs.push({ write, settle, queuedAt: this.#options.monotonic() });
      this.#schedule();
    });
    if (!settled.ok) throw settled.error;
    return settled.value as T; // The result of this job's `write`.
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush(this.#jobs.splice(0));
    });
  }

  #flush(jobs: readonly Job[]): void {
    try {
      for (const [job, settled] of this.#runTransaction(jobs)) job.settle(settled);
    } catch (error) {
      if (isBusy(error)) this.#retryLater(jobs, error);
      // The file may refuse one of the jobs. Running each alone keeps the others from failing with it.
      else if (jobs.length > 1) for (const job of jobs) this.#flush([job]);
      else for (const job of jobs) job.settle({ ok: false, error: toDatabaseError(error, this.#options.path) });
    }
  }

  #runTransaction(jobs: readonly Job[]): readonly (readonly [Job, JobResult])[] {
    const database = this.#database;
    try {
      this.#options.checkFile();
      database.exec('BEGIN IMMEDIATE');
      const results = jobs.map((job) => [job, tryJob(job)] as const);
      database.exec('COMMIT');
      return results;
    } catch (error) {
      if (database.isOpen && database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  #retryLater(jobs: readonly Job[], error: unknown): void {
    const { clock, monotonic, lockTimeoutMs, path } = this.#options;
    const now = monotonic();
    for (const job of jobs) {
      if (now - job.queuedAt < lockTimeoutMs) this.#jobs.push(job);
      else job.settle({ ok: false, error: toDatabaseError(error, path) });
    }
    if (this.#jobs.length > 0) clock.after(RETRY_MS, () => this.#schedule());
  }
}

const RETRY_MS = 5;

/** A `PawlError` fails this job only. An error of SQLite ends the transaction. */
function tryJob({ write }: Job): JobResult {
  try {
    return { ok: true, value: write() };
  } catch (error) {
    if (!PawlError.isInstance(error)) throw error;
    return { ok: false, error };
  }
}
