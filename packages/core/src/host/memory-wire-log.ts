import { concatenateBytes } from '../base/concatenate-bytes.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import type {
  ReadableWireLog,
  WireBody,
  WireExchange,
  WirePiece,
  WireRequest,
  WireResponse,
} from '../model/wire-log.ts';
import { checkNumber } from './check-number.ts';
import { measureChunks, removeBody, type SharedBody, storeBody } from './wire-body-store.ts';

export interface MemoryWireLogOptions {
  /** How many bytes are kept of a run, as stored. When there are more, its oldest exchanges are deleted. @defaultValue 16_777_216 */
  readonly maxBytesPerRun?: number;
  /** How many runs are kept. When there are more, the run whose last request is the oldest is deleted. @defaultValue 100 */
  readonly maxRuns?: number;
}

const OPTIONS: OptionTable<MemoryWireLogOptions> = {
  keys: { maxBytesPerRun: 'number', maxRuns: 'number' },
  hints: { maxBytes: 'The option is "maxBytesPerRun".', limit: 'The option is "maxBytesPerRun".' },
};

/**
 * Creates a wire log in memory. The exchanges exist as long as the object.
 *
 * A request is mostly the one before it with something added, and only what it added is stored: a run of 200 turns takes about as many
 * bytes as its last request.
 *
 * @throws ConfigError for an unknown option, or a number that is not a whole number of 1 or more
 */
export function memoryWireLog(options: MemoryWireLogOptions = {}): ReadableWireLog {
  const checked = checkOptions(options, OPTIONS, 'memoryWireLog');
  const { maxBytesPerRun = 16 * 1024 * 1024, maxRuns = 100 } = checked;
  checkNumber(maxBytesPerRun, { option: 'memoryWireLog: maxBytesPerRun', min: 1, isInteger: true });
  checkNumber(maxRuns, { option: 'memoryWireLog: maxRuns', min: 1, isInteger: true });
  return new MemoryWireLog({ maxBytesPerRun, maxRuns });
}

/** Returns the bytes of a request body. `undefined` if the log did not keep it, or `exchanges` has not the exchange that it refers to. */
export function readBody(exchange: WireExchange, exchanges: readonly WireExchange[]): Uint8Array | undefined {
  const byId = new Map(exchanges.map((each) => [each.id, each]));
  const pieces: Uint8Array[] = [];
  let limit = Number.POSITIVE_INFINITY;
  for (let current: WireExchange | undefined = exchange; limit > 0; ) {
    if (current?.body === undefined) return undefined;
    const { prefixOf, length, suffix }: WireBody = current.body;
    if (limit > length) pieces.push(suffix.subarray(0, limit - length));
    limit = Math.min(limit, length);
    current = prefixOf === undefined ? undefined : byId.get(prefixOf);
  }
  return concatenateBytes(pieces.reverse());
}

/** An exchange while its response arrives, and after that. */
interface StoredExchange {
  readonly id: number;
  readonly request: Omit<WireRequest, 'body'>;
  readonly run: StoredRun;
  body: SharedBody | undefined;
  readonly pieces: { readonly at: number; readonly bytes: Uint8Array }[];
  /** The sum of `pieces`. */
  pieceBytes: number;
  response: Omit<WireResponse, 'pieces'>;
  /** Whether the exchange was deleted: nothing more of it is kept. */
  isDeleted: boolean;
}

interface StoredRun {
  readonly exchanges: StoredExchange[];
  lastId: number;
  /** How much of the limit is used. */
  bytes: number;
}

class MemoryWireLog implements ReadableWireLog {
  readonly #options: Required<MemoryWireLogOptions>;
  /** The run whose last request is the oldest comes first. */
  readonly #runs = new Map<string, StoredRun>();
  readonly #exchanges = new WeakMap<WireRequest, StoredExchange>();

  constructor(options: Required<MemoryWireLogOptions>) {
    this.#options = options;
  }

  sent(sentRequest: WireRequest): void {
    const { body, ...request } = sentRequest;
    const run = this.#openRun(request.runId);
    const recent = run.exchanges.slice(-MAX_COMPARED).reverse();
    const exchange: StoredExchange = {
      id: ++run.lastId,
      request,
      run,
      body: storeBody(
        body,
        recent.flatMap((each) => each.body ?? []),
      ),
      pieces: [],
      pieceBytes: 0,
      response: { omittedBytes: 0 },
      isDeleted: false,
    };
    this.#exchanges.set(sentRequest, exchange);
    run.exchanges.push(exchange);
    run.bytes += measureExchange(exchange);
    this.#trim(run);
    if (run.bytes <= this.#options.maxBytesPerRun) return;
    exchange.body = undefined; // It is the only exchange.
    run.bytes = measureExchange(exchange);
  }

  received({ request, at, status, headers, bytes, end, error }: WirePiece): void {
    const exchange = this.#exchanges.get(request);
    if (exchange === undefined || exchange.isDeleted) return;
    if (status !== undefined) exchange.response = { ...exchange.response, at, status, headers: headers ?? {} };
    if (bytes !== undefined) this.#addPiece(exchange, { at, bytes: new Uint8Array(bytes) });
    if (end === true) exchange.response = { ...exchange.response, endedAt: at };
    if (error !== undefined) exchange.response = { ...exchange.response, endedAt: at, error };
  }

  async read(runId: string): Promise<readonly WireExchange[]> {
    const exchanges = this.#runs.get(runId)?.exchanges ?? [];
    const ids = new Map(exchanges.flatMap(({ body, id }) => (body === undefined ? [] : [[body, id] as const])));
    return exchanges.map(({ id, request, body, pieces, response }) => {
      return { ...request, id, body: body && toWireBody(body, ids), response: { ...response, pieces: [...pieces] } };
    });
  }

  async deleteRun(runId: string): Promise<void> {
    for (const exchange of this.#runs.get(runId)?.exchanges ?? []) exchange.isDeleted = true;
    this.#runs.delete(runId);
  }

  /** Returns the run and makes it the newest. */
  #openRun(runId: string): StoredRun {
    const run = this.#runs.get(runId) ?? { exchanges: [], lastId: 0, bytes: 0 };
    this.#runs.delete(runId);
    this.#runs.set(runId, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > this.#options.maxRuns && oldest !== undefined) void this.deleteRun(oldest); // It has no `await`.
    return run;
  }

  #addPiece(exchange: StoredExchange, piece: { readonly at: number; readonly bytes: Uint8Array }): void {
    const { run } = exchange;
    const bytes = PIECE_OVERHEAD + piece.bytes.length;
    exchange.pieces.push(piece);
    exchange.pieceBytes += bytes;
    run.bytes += bytes;
    this.#trim(run);
    if (exchange.isDeleted || run.bytes <= this.#options.maxBytesPerRun) return;
    exchange.pieces.pop();
    exchange.pieceBytes -= bytes;
    run.bytes -= bytes;
    const { omittedBytes } = exchange.response;
    exchange.response = { ...exchange.response, omittedBytes: omittedBytes + piece.bytes.length };
  }

  /** Deletes the oldest exchanges, but never the last one. */
  #trim(run: StoredRun): void {
    while (run.exchanges.length > 1 && run.bytes > this.#options.maxBytesPerRun) {
      const oldest = run.exchanges.shift();
      if (oldest === undefined) return;
      oldest.isDeleted = true;
      const { body } = oldest;
      if (body !== undefined)
        removeBody(
          body,
          run.exchanges.flatMap((each) => (each.body?.base === body ? each.body : [])),
        );
      run.bytes = run.exchanges.reduce((sum, each) => sum + measureExchange(each), 0);
    }
  }
}

/** Requests of parallel nested runs and of middleware stand between those of one conversation. */
const MAX_COMPARED = 16;

/** In bytes: what an exchange takes beside its bytes, such as its headers. */
const EXCHANGE_OVERHEAD = 1024;

/** In bytes. */
const PIECE_OVERHEAD = 64;

function measureExchange({ body, pieceBytes }: StoredExchange): number {
  return EXCHANGE_OVERHEAD + pieceBytes + (body === undefined ? 0 : measureChunks(body.chunks));
}

function toWireBody(body: SharedBody, ids: ReadonlyMap<SharedBody, number>): WireBody {
  const { base, sharedLength, chunks } = body;
  return { prefixOf: base && ids.get(base), length: sharedLength, suffix: concatenateBytes(chunks) };
}
