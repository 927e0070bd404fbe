import type { Database } from './database.ts';
import { type RetryOptions, retry } from './retry.ts';

/** Something that an attempt remembers: what a step gave, or, without a value, that a call begins which may happen once. */
export interface StepEntry {
  readonly runId: string;
  /** Of the attempt. It keeps the entry only for as long as nobody has taken the run over. */
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

/** The writes of some of the runs, one after the other. */
interface WriteQueue {
  entries: QueuedEntry[];
  isBusy: boolean;
}

/**
 * Writes what attempts remember. What comes while a statement is under way shares the next one, of whatever runs it is: one
 * transaction for many steps, and one check of each run's token in it. The entries of a run are written in their order.
 */
export class StepWriter {
  readonly #options: StepWriterOptions;
  readonly #queues: readonly WriteQueue[] = Array.from({ length: QUEUE_COUNT }, () => ({ entries: [], isBusy: false }));

  constructor(options: StepWriterOptions) {
    this.#options = options;
  }

  /**
   * Gives whether the attempt still had its run. Where the database does not answer, or ends the connection, it is tried again: what
   * is remembered of a call that has happened must not be lost to a restart of the server.
   */
  write(entry: StepEntry): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const lane = this.#queues[indexQueue(entry.runId)];
      lane?.entries.push({ entry, resolve, reject });
      if (lane !== undefined && !lane.isBusy) void this.#drain(lane); // It settles each entry.
    });
  }

  async #drain(lane: WriteQueue): Promise<void> {
    lane.isBusy = true;
    while (lane.entries.length > 0) {
      const count = countUpTo(lane.entries, MAX_LENGTH);
      await this.#writeAll(lane.entries.slice(0, count));
      lane.entries = lane.entries.slice(count);
    }
    lane.isBusy = false;
  }

  async #writeAll(batch: readonly QueuedEntry[]): Promise<void> {
    try {
      const held = await this.#insert(batch);
      for (const { entry, resolve } of batch) resolve(held.has(entry.token));
    } catch (error) {
      // One of them may be what the database refuses: the others are not to suffer for it.
      if (batch.length > 1) for (const each of batch) await this.#writeAll([each]);
      else for (const { reject } of batch) reject(error);
    }
  }

  /** Gives the tokens of the attempts whose entries were kept. */
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

/** Each takes a connection while it writes. */
const QUEUE_COUNT = 4;

/** Characters of the values that one statement takes. */
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
 * The row of the run is locked against being taken over until the entry is committed: whoever takes it over then sees the entry.
 * Rows are locked in one order, so that no two transactions wait for each other. An entry that is there already was written by
 * a statement whose answer was lost.
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
