import type { Database } from './database.ts';
import { type RetryOptions, retry } from './retry.ts';

/** Something that an attempt remembers: what a step gave, or, without a value, that a call begins which may happen once. */
export interface Entry {
  readonly runId: string;
  /** Of the attempt. It keeps the entry only for as long as nobody has taken the run over. */
  readonly token: string;
  readonly name: string;
  readonly kept?: { readonly position: number; readonly text: string };
}

export interface StepWriterOptions extends RetryOptions {
  readonly database: Database;
}

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (isKept: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** The writes of some of the runs, one after the other. */
interface Lane {
  waiting: Waiting[];
  isBusy: boolean;
}

/**
 * Writes what attempts remember. What comes while a statement is under way shares the next one, of whatever runs it is: one
 * transaction for many steps, and one check of each run's token in it. The entries of a run are written in their order.
 */
export class StepWriter {
  readonly #options: StepWriterOptions;
  readonly #lanes: readonly Lane[] = Array.from({ length: LANES }, () => ({ waiting: [], isBusy: false }));

  constructor(options: StepWriterOptions) {
    this.#options = options;
  }

  /**
   * Gives whether the attempt still had its run. Where the database does not answer, or ends the connection, it is tried again: what
   * is remembered of a call that has happened must not be lost to a restart of the server.
   */
  write(entry: Entry): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const lane = this.#lanes[laneOf(entry.runId)];
      lane?.waiting.push({ entry, resolve, reject });
      if (lane !== undefined && !lane.isBusy) void this.#drain(lane); // It settles each entry.
    });
  }

  async #drain(lane: Lane): Promise<void> {
    lane.isBusy = true;
    while (lane.waiting.length > 0) {
      const count = countUpTo(lane.waiting, MOST_LENGTH);
      await this.#writeAll(lane.waiting.slice(0, count));
      lane.waiting = lane.waiting.slice(count);
    }
    lane.isBusy = false;
  }

  async #writeAll(batch: readonly Waiting[]): Promise<void> {
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
  async #insert(batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const { database, clock, signal } = this.#options;
    const entries = batch.map(({ entry }) => entry);
    const values = [
      entries.map(({ runId }) => runId),
      entries.map(({ token }) => token),
      entries.map(({ name }) => name),
      entries.map(({ kept }) => kept?.position ?? null),
      entries.map(({ kept }) => kept?.text ?? null),
    ];
    const { rows } = await retry(() => database.query(INSERT, values), { clock, signal });
    return new Set(rows.map(({ token }) => String(token)));
  }
}

/** Each takes a connection while it writes. */
const LANES = 4;

/** Characters of the values that one statement takes. */
const MOST_LENGTH = 1_000_000;

function countUpTo(waiting: readonly Waiting[], most: number): number {
  let length = 0;
  for (const [index, { entry }] of waiting.entries()) {
    length += entry.kept?.text.length ?? 0;
    if (length > most) return Math.max(1, index);
  }
  return waiting.length;
}

function laneOf(runId: string): number {
  let hash = 0;
  for (let index = 0; index < runId.length; index++) hash = (hash * 31 + runId.charCodeAt(index)) | 0;
  return Math.abs(hash) % LANES;
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
