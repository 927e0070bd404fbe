import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { readBody, type WireExchange, type WireRequest, type WireResponse } from '@pawl/core/wire-log';
import { openWireFile, toWireError } from './open-wire-file.ts';

export interface WireFileOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly maxBytesPerRun: number;
  readonly maxBytes: number;
}

/** What is written: a request, a piece of a response, or how many bytes of it were lost. `number` identifies the request in its process. */
export type WireEntry =
  | { readonly type: 'sent'; readonly number: number; readonly request: WireRequest }
  | {
      readonly type: 'received';
      readonly number: number;
      readonly at: number;
      readonly bytes?: Uint8Array;
      readonly change?: Omit<WireResponse, 'pieces' | 'omittedBytes'>;
      readonly omittedBytes?: number;
    };

/** An exchange that may still get pieces. */
interface OpenExchange {
  readonly run: number;
  readonly id: number;
  pieceCount: number;
}

/** Reads and writes the file of a wire log. Every method blocks its thread. */
export class WireFile {
  readonly #options: WireFileOptions;
  readonly #database: DatabaseSync;
  /** The requests of this process whose responses are not complete, by number. */
  readonly #open = new Map<number, OpenExchange>();
  /** The last request bodies of runs, by run and id. The run that was written last comes last. */
  readonly #bodies = new Map<number, Map<number, Uint8Array>>();

  /** @throws HostError */
  constructor(options: WireFileOptions) {
    this.#options = options;
    this.#database = openWireFile(options.path, options);
  }

  /** Writes entries, all or nothing. @throws HostError */
  write(entries: readonly WireEntry[]): void {
    this.#commit(() => {
      const changed = new Set<number>();
      for (const entry of entries) {
        const run = entry.type === 'sent' ? this.#addExchange(entry.number, entry.request) : this.#addPiece(entry);
        if (run !== undefined) changed.add(run);
      }
      for (const run of changed) this.#trimRun(run);
      this.#trimFile();
    });
  }

  /** @throws HostError */
  read(runId: string): readonly WireExchange[] {
    try {
      const run = this.#get('SELECT number FROM runs WHERE run_id = ?', runId)?.['number'];
      return run === undefined ? [] : this.#readRun(Number(run));
    } catch (error) {
      throw toWireError(error, this.#options.path);
    }
  }

  deleteRun(runId: string): void {
    this.#commit(() => {
      const run = this.#get('SELECT number FROM runs WHERE run_id = ?', runId)?.['number'];
      if (run !== undefined) this.#deleteRun(Number(run));
    });
  }

  close(): void {
    this.#database.close();
  }

  #addExchange(number: number, { body, ...request }: WireRequest): number {
    const { runId, at } = request;
    const row = this.#get(
      `INSERT INTO runs (run_id, last_id, bytes, sent_at) VALUES (?, 1, 0, ?)
       ON CONFLICT (run_id) DO UPDATE SET last_id = last_id + 1, sent_at = max(sent_at, excluded.sent_at) RETURNING number, last_id`,
      runId,
      Math.round(at),
    );
    const [run, id] = [Number(row?.['number']), Number(row?.['last_id'])];
    const bodies = this.#openBodies(run);
    const { base, shared } = findBase(body, bodies);
    const suffix = body.subarray(shared);
    const bytes = EXCHANGE_OVERHEAD + suffix.length;
    this.#run(
      `INSERT INTO exchanges VALUES (?, ?, ?, ?, ?, ${BLOB}, ?, 0, ?)`,
      run,
      id,
      JSON.stringify(request),
      base ?? null,
      shared,
      suffix,
      '{}',
      bytes,
    );
    this.#addBytes(run, bytes);
    bodies.set(id, body);
    for (const old of [...bodies.keys()].slice(0, -MAX_COMPARED)) bodies.delete(old);
    this.#open.set(number, { run, id, pieceCount: 0 });
    this.#trimRun(run);
    return run;
  }

  #addPiece({
    number,
    at,
    bytes,
    change,
    omittedBytes = 0,
  }: Extract<WireEntry, { type: 'received' }>): number | undefined {
    const open = this.#open.get(number);
    if (open === undefined) return undefined;
    const { run, id } = open;
    if (change?.endedAt !== undefined) this.#open.delete(number);
    // Deleted exchanges get nothing more.
    const row = this.#get('SELECT response, bytes FROM exchanges WHERE run = ? AND id = ?', run, id);
    if (row === undefined) return undefined;
    const size = bytes === undefined ? 0 : PIECE_OVERHEAD + bytes.length;
    const isTooLarge = Number(row['bytes']) + size > this.#options.maxBytesPerRun;
    if (bytes !== undefined && !isTooLarge) {
      this.#run(`INSERT INTO pieces VALUES (?, ?, ?, ?, ${BLOB})`, run, id, ++open.pieceCount, Math.round(at), bytes);
    }
    const added = isTooLarge ? 0 : size;
    const response =
      change === undefined
        ? String(row['response'])
        : JSON.stringify({ ...JSON.parse(String(row['response'])), ...change });
    this.#run(
      'UPDATE exchanges SET response = ?, bytes = bytes + ?, omitted = omitted + ? WHERE run = ? AND id = ?',
      response,
      added,
      omittedBytes + (isTooLarge ? (bytes?.length ?? 0) : 0),
      run,
      id,
    );
    this.#addBytes(run, added);
    return run;
  }

  /** Deletes the oldest exchanges of a run that is too large, but never the last one. The body of that one is deleted if it is too large alone. */
  #trimRun(run: number): void {
    const { maxBytesPerRun } = this.#options;
    for (;;) {
      const bytes = Number(this.#get('SELECT bytes FROM runs WHERE number = ?', run)?.['bytes'] ?? 0);
      if (bytes <= maxBytesPerRun) return;
      const [oldest, next] = this.#list(
        'SELECT id, suffix, bytes FROM exchanges WHERE run = ? ORDER BY id LIMIT 2',
        run,
      );
      if (oldest === undefined) return;
      if (next !== undefined) this.#deleteExchange(run, Number(oldest['id']));
      else {
        const suffix = oldest['suffix'];
        if (!(suffix instanceof Uint8Array)) return;
        this.#run(
          'UPDATE exchanges SET base = NULL, shared = 0, suffix = NULL, bytes = bytes - ? WHERE run = ?',
          suffix.length,
          run,
        );
        this.#addBytes(run, -suffix.length);
        this.#bodies.delete(run);
      }
    }
  }

  /** Deletes the runs whose last request is the oldest, but never the last run. */
  #trimFile(): void {
    for (;;) {
      const row = this.#get('SELECT sum(bytes) AS bytes, count(*) AS count FROM runs');
      if (Number(row?.['bytes'] ?? 0) <= this.#options.maxBytes || Number(row?.['count']) <= 1) return;
      const oldest = this.#get('SELECT number FROM runs ORDER BY sent_at, number LIMIT 1');
      this.#deleteRun(Number(oldest?.['number']));
    }
  }

  #deleteRun(run: number): void {
    for (const table of ['pieces', 'exchanges']) this.#run(`DELETE FROM ${table} WHERE run = ?`, run);
    this.#run('DELETE FROM runs WHERE number = ?', run);
    this.#bodies.delete(run);
  }

  /** The bodies that refer to the deleted one stay whole: the one that shares most of it gets those bytes, and the others refer to that one. */
  #deleteExchange(run: number, id: number): void {
    const deleted = this.#get('SELECT base, shared, suffix, bytes FROM exchanges WHERE run = ? AND id = ?', run, id);
    const [heir, ...others] = this.#list(
      'SELECT id, shared, suffix FROM exchanges WHERE run = ? AND base = ? ORDER BY shared DESC, id',
      run,
      id,
    );
    let added = 0;
    if (heir !== undefined && deleted !== undefined) {
      const [own, shared] = [Number(deleted['shared']), Number(heir['shared'])];
      const kept = toBytes(deleted['suffix']).subarray(0, Math.max(0, shared - own));
      added = kept.length;
      this.#run(
        `UPDATE exchanges SET base = ?, shared = ?, suffix = ${BLOB}, bytes = bytes + ? WHERE run = ? AND id = ?`,
        deleted['base'] ?? null,
        Math.min(own, shared),
        Buffer.concat([kept, toBytes(heir['suffix'])]),
        added,
        run,
        Number(heir['id']),
      );
      for (const other of others) {
        this.#run(
          'UPDATE exchanges SET base = ? WHERE run = ? AND id = ?',
          Number(heir['id']),
          run,
          Number(other['id']),
        );
      }
    }
    this.#run('DELETE FROM pieces WHERE run = ? AND id = ?', run, id);
    this.#run('DELETE FROM exchanges WHERE run = ? AND id = ?', run, id);
    this.#addBytes(run, added - Number(deleted?.['bytes'] ?? 0));
    this.#bodies.get(run)?.delete(id);
  }

  #readRun(run: number): readonly WireExchange[] {
    const pieces = new Map<number, { readonly at: number; readonly bytes: Uint8Array }[]>();
    for (const row of this.#list('SELECT id, at, bytes FROM pieces WHERE run = ? ORDER BY id, number', run)) {
      const id = Number(row['id']);
      const list = pieces.get(id) ?? [];
      if (list.length === 0) pieces.set(id, list);
      list.push({ at: Number(row['at']), bytes: toBytes(row['bytes']) });
    }
    const rows = this.#list(
      'SELECT id, request, base, shared, suffix, response, omitted FROM exchanges WHERE run = ? ORDER BY id',
      run,
    );
    return rows.map(
      ({ id, request, base, shared, suffix, response, omitted }): WireExchange => ({
        ...JSON.parse(String(request)),
        id: Number(id),
        body:
          suffix === null
            ? undefined
            : { prefixOf: base === null ? undefined : Number(base), length: Number(shared), suffix: toBytes(suffix) },
        response: {
          ...JSON.parse(String(response)),
          pieces: pieces.get(Number(id)) ?? [],
          omittedBytes: Number(omitted),
        },
      }),
    );
  }

  /** Returns the last bodies of a run. Another process may have written the run before. */
  #openBodies(run: number): Map<number, Uint8Array> {
    const known = this.#bodies.get(run);
    this.#bodies.delete(run);
    const bodies = known ?? this.#readLastBodies(run);
    this.#bodies.set(run, bodies);
    const [oldest] = this.#bodies.keys();
    if (this.#bodies.size > MAX_RUNS_IN_MEMORY && oldest !== undefined) this.#bodies.delete(oldest);
    // Another process may have trimmed the run: a body may only refer to one that is there.
    const kept = new Set(
      this.#list('SELECT id FROM exchanges WHERE run = ? AND suffix IS NOT NULL', run).map(({ id }) => Number(id)),
    );
    for (const id of bodies.keys()) if (!kept.has(id)) bodies.delete(id);
    return bodies;
  }

  #readLastBodies(run: number): Map<number, Uint8Array> {
    const exchanges = this.#readRun(run);
    const last = exchanges.slice(-MAX_COMPARED).map(({ id }, index, all) => {
      const exchange = exchanges[exchanges.length - all.length + index];
      return [id, exchange && readBody(exchange, exchanges)] as const;
    });
    return new Map(last.flatMap(([id, body]) => (body === undefined ? [] : [[id, body] as const])));
  }

  #addBytes(run: number, bytes: number): void {
    if (bytes !== 0) this.#run('UPDATE runs SET bytes = bytes + ? WHERE number = ?', bytes, run);
  }

  #commit(work: () => void): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      // What is in memory may be ahead of the file.
      this.#bodies.clear();
      throw toWireError(error, this.#options.path);
    }
  }

  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  #prepare(sql: string): ReturnType<DatabaseSync['prepare']> {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #run(sql: string, ...values: readonly SQLInputValue[]): void {
    this.#prepare(sql).run(...values);
  }

  #get(sql: string, ...values: readonly SQLInputValue[]): Readonly<Record<string, SQLOutputValue>> | undefined {
    return this.#prepare(sql).get(...values);
  }

  #list(sql: string, ...values: readonly SQLInputValue[]): readonly Readonly<Record<string, SQLOutputValue>>[] {
    return this.#prepare(sql).all(...values);
  }
}

/** Requests of parallel nested runs and of middleware stand between those of one conversation. */
const MAX_COMPARED = 8;

/** The bodies of these runs are kept in memory. */
const MAX_RUNS_IN_MEMORY = 16;

/** Node 22 binds bytes of the length 0 as NULL, which means that a body is not kept. */
const BLOB = "coalesce(?, x'')";

/** In bytes: what an exchange takes beside its bytes, such as its headers. */
const EXCHANGE_OVERHEAD = 1_024;

/** In bytes. */
const PIECE_OVERHEAD = 64;

/** A reference to fewer bytes would only keep the other body from being deleted cheaply. */
const MIN_SHARED_LENGTH = 64;

function findBase(
  body: Uint8Array,
  bodies: ReadonlyMap<number, Uint8Array>,
): { readonly base?: number; readonly shared: number } {
  let best: { readonly base?: number; readonly shared: number } = { shared: 0 };
  for (const [id, other] of [...bodies].reverse()) {
    const shared = measureShared(body, other);
    if (shared >= MIN_SHARED_LENGTH && shared > best.shared) best = { base: id, shared };
    // A request that continues another one has almost all of its body. Nothing better needs to be sought then.
    if (best.shared >= other.length * CLOSE_SHARE) break;
  }
  return best;
}

const CLOSE_SHARE = 0.9;

function measureShared(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return at;
  return length;
}

function toBytes(value: SQLOutputValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}
