import type { Database } from './database.ts';
import { type RetryOptions, retry } from './retry.ts';

/** A write of an attempt: the value of a step, or, without `step`, the intent of a `non-idempotent` one. */
export interface StepEntry {
  readonly runId: string;
  /** The token of the attempt. The entry is stored only if the token still holds the run. */
  readonly token: string;
  readonly name: string;
  readonly step?: { readonly position: number; readonly text: string };
}

export interface StepWriterOptions extends RetryOptions {
  readonly database: Database;
}

interface QueuedEntry {
  readonly entry: StepEntry;
  readonly resolve: (isKept: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes the entries of some of the runs, one statement after the other. */
interface WriteQueue {
  entries: QueuedEntry[];
  isBusy: boolean;
}

/**
 * Writes the entries of attempts. Entries that come while a statement is running share the next one, whatever their runs: one transaction for
 * many steps, with one check of each token. The entries of a run are written in their order.
 */
export class StepWriter {
  readonly #options: StepWriterOptions;
  readonly #queues: readonly WriteQueue[] = Array.from({ length: QUEUE_COUNT }, () => ({ entries: [], isBusy: false }));

  constructor(options: StepWriterOptions) {
    this.#options = options;
  }

  /**
   * Resolves `false` if the attempt no longer holds its run. Retries if the database does not answer or ends the connection: the result of an
   * executed call must not be lost because the server restarts.
   */
  write(entry: StepEntry): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues[indexQueue(entry.runId)];
      queue?.entries.push({ entry, resolve, reject });
      if (queue !== undefined && !queue.isBusy) void this.#drain(queue); // Each entry has a promise of its own.
    });
  }

  async #drain(queue: WriteQueue): Promise<void> {
    queue.isBusy = true;
    while (queue.entries.length > 0) {
      const count = countUpTo(queue.entries, MAX_LENGTH);
      await this.#writeAll(queue.entries.slice(0, count));
      queue.entries = queue.entries.slice(count);
    }
    queue.isBusy = false;
  }

  async #writeAll(batch: readonly QueuedEntry[]): Promise<void> {
    try {
      const held = await this.#insert(batch);
      for (const { entry, resolve } of batch) resolve(held.has(entry.token));
    } catch (error) {
      // The database may refuse one of the entries. Writing each alone keeps the others from failing with it.
      if (batch.length > 1) for (const each of batch) await this.#writeAll([each]);
      else for (const { reject } of batch) reject(error);
    }
  }

  /** Inserts entries. Returns the tokens of the attempts whose entries were stored. */
  async #insert(batch: readonly QueuedEntry[]): Promise<ReadonlySet<string>> {
    const { database, clock, signal } = this.#options;
    const entries = batch.map(({ entry }) => entry);
    const values = [
      entries.map(({ runId }) => runId),
      entries.map(({ token }) => token),
      entries.map(({ name }) => name),
      entries.map(({ step }) => step?.position ?? null),
      entries.map(({ step }) => step?.text ?? null),
    ];
    const { rows } = await retry(() => database.query(INSERT, values), { clock, signal });
    return new Set(rows.map(({ token }) => String(token)));
  }
}

/** Each queue uses a connection while it writes. */
const QUEUE_COUNT = 4;

/** How many characters of values one statement writes. */
const MAX_LENGTH = 1_000_000;

function countUpTo(waiting: readonly QueuedEntry[], most: number): number {
  let length = 0;
  for (const [index, { entry }] of waiting.entries()) {
    length += entry.step?.text.length ?? 0;
    if (length > most) return Math.max(1, index);
  }
  return waiting.length;
}

function indexQueue(runId: string): number {
  let hash = 0;
  for (let index = 0; index < runId.length; index++) hash = (hash * 31 + runId.charCodeAt(index)) | 0;
  return Math.abs(hash) % QUEUE_COUNT;
}

/**
 * Locks the row of the run until the entry is committed, so that a worker that takes the run over sees the entry. Locks rows in the order of run
 * ids, so that transactions do not deadlock. An existing entry was written by a statement whose response was lost.
 */
const INSERT = `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[])
      AS given (run_id, token, name, position, value)
  ), held AS (
    SELECT run_id, token FROM pawl.runs WHERE token IN (SELECT token FROM given) ORDER BY run_id COLLATE "C" FOR SHARE
  ), kept AS (
    INSERT INTO pawl.steps SELECT run_id, name, position, value FROM given JOIN held USING (run_id, token)
    WHERE value IS NOT NULL ON CONFLICT DO NOTHING
  ), begun AS (
    INSERT INTO pawl.intents SELECT run_id, name FROM given JOIN held USING (run_id, token)
    WHERE value IS NULL ON CONFLICT DO NOTHING
  )
  SELECT token FROM held
`;
