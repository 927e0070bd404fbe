import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { ConfigError, checkOptions, HostError, type OptionTable } from '@pawl/core';
import { checkNumber } from '@pawl/core/host';
import type { ReadableWireLog, WireExchange, WirePiece, WireRequest } from '@pawl/core/wire-log';
import { openWireFile } from './open-wire-file.ts';
import type { WireCommand, WireReport } from './wire-commands.ts';
import type { WireEntry, WireFileOptions } from './wire-file.ts';

export interface SqliteWireLogOptions {
  /** How many bytes are kept of a run, as stored. When there are more, its oldest exchanges are deleted. @defaultValue 16_777_216 */
  readonly maxBytesPerRun?: number;
  /** How many bytes are kept in all. When there are more, the run whose last request is the oldest is deleted. @defaultValue 1_073_741_824 */
  readonly maxBytes?: number;
  /** How many bytes wait for a slow disk. When there are more, the oldest of them are lost. @defaultValue 67_108_864 */
  readonly maxBufferBytes?: number;
  /** Whether the file is only read. It need not exist. @defaultValue false */
  readonly readOnly?: boolean;
}

/** A wire log in a file. */
export interface SqliteWireLog extends ReadableWireLog {
  /** Writes what is not written yet, and closes the file. Afterwards nothing is logged. */
  close(): Promise<void>;
}

const OPTIONS: OptionTable<SqliteWireLogOptions> = {
  keys: { maxBytesPerRun: 'number', maxBytes: 'number', maxBufferBytes: 'number', readOnly: 'boolean' },
  hints: { limit: 'The option is "maxBytesPerRun".', maxRuns: 'The option is "maxBytes".' },
};

/**
 * Creates a wire log in an SQLite file, which only its user may read and which can be deleted at any time: `<runs.db>-wire` beside the runs.
 *
 * - A thread of its own writes the file: a slow disk never delays a request.
 * - A request is mostly the one before it with something added, and only what it added is stored.
 * - Several processes may share the file. What was written survives `kill -9`.
 *
 * @throws ConfigError for an invalid path or option
 * @throws HostError `wire_log.damaged`, `wire_log.foreign`, `wire_log.format`, `wire_log.unreachable`
 */
export function sqliteWireLog(path: string, options: SqliteWireLogOptions = {}): SqliteWireLog {
  const checked = checkOptions(options, OPTIONS, 'sqliteWireLog');
  if (typeof path !== 'string' || path.trim() === '' || path.includes('\0') || path === ':memory:') {
    throw new ConfigError(
      `sqliteWireLog: path is ${JSON.stringify(path)}. Pass the path of a file, such as "runs.db-wire"; memoryWireLog() keeps a log in memory.`,
    );
  }
  const { maxBytesPerRun = 16 << 20, maxBytes = 1 << 30, maxBufferBytes = 64 << 20, readOnly = false } = checked;
  for (const [name, value] of Object.entries({ maxBytesPerRun, maxBytes, maxBufferBytes })) {
    checkNumber(value, { option: `sqliteWireLog: ${name}`, min: 1, isInteger: true });
  }
  // Reports a file that cannot be used where the log is created.
  if (!readOnly || existsSync(path)) openWireFile(path, { readOnly }).close();
  return new FileWireLog({ path, readOnly, maxBytesPerRun, maxBytes }, maxBufferBytes);
}

class FileWireLog implements SqliteWireLog {
  readonly #file: WireFileOptions;
  readonly #maxBufferBytes: number;
  readonly #numbers = new WeakMap<WireRequest, number>();
  #lastNumber = 0;
  #buffer: WireEntry[] = [];
  #bufferedBytes = 0;
  #thread: WireThread | undefined;
  #isWriting = false;
  #isClosed = false;
  #failure: Error | undefined;

  constructor(file: WireFileOptions, maxBufferBytes: number) {
    this.#file = file;
    this.#maxBufferBytes = maxBufferBytes;
  }

  sent(request: WireRequest): void {
    const number = ++this.#lastNumber;
    this.#numbers.set(request, number);
    // The bytes may be a part of a larger buffer. By the constructor: `slice` of a Buffer does not copy.
    this.#add({ type: 'sent', number, request: { ...request, body: new Uint8Array(request.body) } });
  }

  received({ request, at, status, headers, bytes, end, error }: WirePiece): void {
    const number = this.#numbers.get(request);
    if (number === undefined) return;
    const isEnd = end === true || error !== undefined;
    const change = {
      ...(status !== undefined && { at, status, headers: headers ?? {} }),
      ...(isEnd && { endedAt: at }),
      ...(error !== undefined && { error }),
    };
    this.#add({
      type: 'received',
      number,
      at,
      ...(bytes !== undefined && { bytes: new Uint8Array(bytes) }),
      ...(Object.keys(change).length > 0 && { change }),
    });
  }

  async read(runId: string): Promise<readonly WireExchange[]> {
    if (this.#file.readOnly && !existsSync(this.#file.path)) return [];
    await this.#flush();
    return (await this.#ask({ type: 'read', runId })) ?? [];
  }

  async deleteRun(runId: string): Promise<void> {
    await this.#flush();
    await this.#ask({ type: 'delete', runId });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#flush();
    } finally {
      this.#isClosed = true;
      await this.#thread?.ask({ type: 'close' });
    }
  }

  #add(entry: WireEntry): void {
    if (this.#isClosed) return;
    if (this.#file.readOnly)
      throw new ConfigError('sqliteWireLog: the log is read-only. Leave readOnly out to write it.');
    this.#buffer.push(entry);
    this.#bufferedBytes += measureEntry(entry);
    if (this.#bufferedBytes > this.#maxBufferBytes) this.#dropOldest();
    if (!this.#isWriting) this.#writeSoon();
    const failure = this.#failure;
    this.#failure = undefined;
    // The run reports it as `listener.failed`.
    if (failure !== undefined) throw failure;
  }

  /** Removes the bytes that have waited longest. A response says how many are missing; a request is not kept at all. */
  #dropOldest(): void {
    while (this.#bufferedBytes > this.#maxBufferBytes && this.#buffer.length > 1) {
      const oldest = this.#buffer.findIndex((entry) => measureEntry(entry) > ENTRY_OVERHEAD);
      const entry = this.#buffer[oldest];
      if (entry === undefined) return;
      this.#bufferedBytes -= measureEntry(entry);
      if (entry.type === 'sent' || entry.bytes === undefined) this.#buffer.splice(oldest, 1);
      else {
        const { bytes, ...rest } = entry;
        const shorter = { ...rest, omittedBytes: bytes.length };
        this.#buffer[oldest] = shorter;
        this.#bufferedBytes += measureEntry(shorter);
      }
    }
  }

  /** Writes what one turn of the event loop adds in one transaction. */
  #writeSoon(): void {
    this.#isWriting = true;
    setImmediate(() => void this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    while (this.#buffer.length > 0) {
      const entries = this.#buffer;
      this.#buffer = [];
      this.#bufferedBytes = 0;
      await this.#ask({ type: 'write', entries }).catch((error: Error) => {
        this.#failure = error;
      });
    }
    this.#isWriting = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  readonly #waiting: (() => void)[] = [];

  /** Resolves when everything is written. */
  async #flush(): Promise<void> {
    if (!this.#isWriting) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #ask(command: WireQuestion): Promise<WireReport['exchanges']> {
    if (this.#isClosed) throw new ConfigError('sqliteWireLog: the log is closed.');
    this.#thread ??= new WireThread(this.#file);
    return this.#thread.ask(command);
  }
}

const ENTRY_OVERHEAD = 512;

function measureEntry(entry: WireEntry): number {
  const { length } = (entry.type === 'sent' ? entry.request.body : entry.bytes) ?? new Uint8Array();
  return ENTRY_OVERHEAD + length;
}

type WireQuestion = WireCommand extends infer Command ? (Command extends unknown ? Omit<Command, 'id'> : never) : never;

/** The thread that has the file. It does not keep the process alive, except while it is asked something. */
class WireThread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, PromiseWithResolvers<WireReport['exchanges']>>();
  #lastId = 0;
  #end: HostError | undefined;

  constructor(file: WireFileOptions) {
    // In the workspace the source runs, in the package what was made of it.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./wire-worker.${extension}`, import.meta.url), { workerData: file });
    this.#worker.unref();
    this.#worker.on('message', (report: WireReport) => this.#settle(report));
    this.#worker.on('error', (cause: Error) => this.#fail(cause));
    this.#worker.on('exit', () => this.#fail(undefined));
  }

  ask(question: WireQuestion): Promise<WireReport['exchanges']> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = ++this.#lastId;
    const asked = Promise.withResolvers<WireReport['exchanges']>();
    this.#asked.set(id, asked);
    this.#worker.ref();
    this.#worker.postMessage({ ...question, id } as WireCommand); // The same fields, with the id.
    return asked.promise;
  }

  #settle({ id, exchanges, error }: WireReport): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (this.#asked.size === 0) this.#worker.unref();
    if (error === undefined) asked?.resolve(exchanges);
    else asked?.reject(new HostError(error.message, { code: error.code }));
  }

  #fail(cause: Error | undefined): void {
    this.#end ??= new HostError(
      `The thread of the wire log has ended${cause === undefined ? '' : `: ${cause.message}`}.`,
      {
        code: 'wire_log.failed',
        cause,
      },
    );
    for (const asked of this.#asked.values()) asked.reject(this.#end);
    this.#asked.clear();
  }
}
