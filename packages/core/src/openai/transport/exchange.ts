import { decodersOf, readDecoded } from './decode-body.ts';
import {
  type DispatchController,
  type DispatchHandler,
  type HttpReply,
  type HttpRequest,
  type Sink,
  TransportError,
  type TransportPhase,
} from './transport.ts';

export interface ExchangeOptions {
  /** `host:port` of the proxy that it goes through. */
  readonly proxy: string | undefined;
  readonly answered: (reply: HttpReply) => void;
  readonly failed: (reason: unknown) => void;
}

/** What an observed connection offers the exchange that uses it. */
export interface Connection {
  /** Whether it was used before, so that the server may have closed it meanwhile. */
  readonly isUsedAgain: boolean;
  reset(): void;
  /** Called when the response is complete. */
  release(): void;
  /** Closes the other ones of the same server that wait. */
  closeIdle(): void;
}

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

interface Reading {
  readonly sink: Sink;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One request and its response, as the handler that a dispatcher calls. */
export class Exchange implements DispatchHandler, HttpReply {
  readonly #request: HttpRequest;
  readonly #options: ExchangeOptions;
  readonly #stopListening: () => void;
  #connection: Connection | undefined;
  #abortConnecting: (() => void) | undefined;
  #controller: DispatchController | undefined;
  #hasBegun = false;
  #status = 0;
  #headers: ResponseHeaders = {};
  /** What has come, and nobody has read. */
  readonly #pieces: Uint8Array[] = [];
  #reading: Reading | undefined;
  #isBehind = false;
  /** Since the last turn of the event loop. */
  #bytesAtOnce = 0;
  /** How the response ended: read when all pieces are. */
  #end: { readonly error?: Error } | undefined;
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined;

  constructor(request: HttpRequest, options: ExchangeOptions) {
    this.#request = request;
    this.#options = options;
    const { cancel } = request;
    this.#stopListening = cancel.onCancel(() => this.#fail(cancel.reason));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get status(): number {
    return this.#status;
  }

  header(name: string): string | undefined {
    const value = Object.hasOwn(this.#headers, name) ? this.#headers[name] : undefined;
    return Array.isArray(value) ? value.join(', ') : value;
  }

  read(sink: Sink): Promise<void> {
    const decoders = decodersOf(this);
    const { cancel } = this.#request;
    return decoders.length === 0 ? this.#read(sink) : readDecoded((raw) => this.#read(raw), { decoders, sink, cancel });
  }

  assign(connection: Connection): void {
    this.#connection = connection;
  }

  /** @param abort closes the connection while it is made */
  startConnecting(abort: () => void): void {
    if (this.#isOver) {
      abort();
      return;
    }
    if (this.#connection !== undefined) this.#connection = { ...this.#connection, isUsedAgain: false };
    this.#abortConnecting = abort;
    this.#request.onConnecting();
  }

  endConnecting(error: Error | null): void {
    this.#abortConnecting = undefined;
    if (error === null && !this.#isOver) this.#request.onConnected();
  }

  onRequestStart(controller: DispatchController): void {
    if (this.#isOver) this.#close(controller);
    else this.#controller = controller;
  }

  onResponseStarted(): void {
    this.#hasBegun = true;
  }

  onResponseStart(controller: DispatchController, status: number, headers: ResponseHeaders): void {
    this.#hasBegun = true;
    if (this.#isOver || status < 200) return;
    this.#controller = controller;
    this.#status = status;
    this.#headers = headers;
    const problem = framingProblem(this.header('transfer-encoding'), this.header('content-length'));
    if (problem === undefined) this.#options.answered(this);
    else this.#break(new Error(problem));
  }

  onResponseData(controller: DispatchController, bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#pieces.push(bytes);
    this.#handOver();
    if (this.#pieces.length > 0 || this.#isBehind) controller.pause();
  }

  onResponseEnd(): void {
    this.#end ??= {};
    this.#connection?.release();
    this.#handOver();
  }

  /** What has come is read all the same: it can be a whole response. */
  onResponseError(_: DispatchController | null, error: Error): void {
    this.#abortConnecting = undefined;
    this.#end ??= { error };
    if (this.#status === 0) this.#break(error);
    else this.#handOver();
  }

  #read(sink: Sink): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.reason);
      this.#reading = { sink, resolve, reject };
      this.#handOver();
      if (!this.#isBehind && this.#end === undefined) this.#controller?.resume();
    });
  }

  #handOver(): void {
    if (this.#reading === undefined || this.#isBehind || this.#isOver) return;
    try {
      const behind = this.#handPieces(this.#reading.sink);
      if (behind !== undefined) this.#waitFor(behind);
      else if (this.#end?.error !== undefined) this.#break(this.#end.error);
      else if (this.#end !== undefined) this.#finish(this.#reading);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What is there, until the reader is behind. A fast server does not keep the event loop to itself. */
  #handPieces(sink: Sink): Promise<void> | undefined {
    for (let piece = this.#pieces.shift(); piece !== undefined && !this.#isOver; piece = this.#pieces.shift()) {
      this.#bytesAtOnce += piece.length;
      const behind = sink(piece) ?? (this.#bytesAtOnce < MOST_AT_ONCE ? undefined : aTurn());
      if (behind !== undefined) return behind;
    }
    return undefined;
  }

  /** Meanwhile the server is slowed down. */
  #waitFor(behind: Promise<void>): void {
    this.#isBehind = true;
    this.#bytesAtOnce = 0;
    const goOn = (): void => {
      this.#isBehind = false;
      this.#handOver();
      if (!this.#isBehind && this.#end === undefined && !this.#isOver) this.#controller?.resume();
    };
    behind.then(goOn, (reason: unknown) => this.#fail(reason));
  }

  #finish({ resolve }: Reading): void {
    this.#isOver = true;
    this.#stopListening();
    if (this.#connection === undefined) resolve();
    else afterRelease(resolve);
  }

  #break(cause: Error): void {
    if (this.#isOver) return;
    const phase: TransportPhase = this.#status === 0 ? 'request' : 'reply';
    const { proxy } = this.#options;
    const staleSocket = phase === 'request' && !this.#hasBegun && isClosed(cause) && this.#isUsedAgain(cause);
    if (staleSocket) this.#connection?.closeIdle();
    this.#fail(new TransportError({ phase, staleSocket, proxy, cause: explain(cause, phase) }));
  }

  /** Of a dispatcher of the user's, the error alone can say whether the connection had carried a response before. */
  #isUsedAgain(cause: ClosedError): boolean {
    return this.#connection?.isUsedAgain ?? (cause.socket?.bytesRead ?? 0) > 0;
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = { reason };
    this.#stopListening();
    this.#abortConnecting?.();
    if (this.#controller !== undefined) this.#close(this.#controller);
    this.#reading?.reject(reason);
    this.#options.failed(reason);
  }

  #close(controller: DispatchController): void {
    // What has ended has given its connection back, maybe to another request already.
    if (this.#end !== undefined) return;
    if (this.#request.cancel.isCancelled) this.#connection?.reset();
    controller.abort(new Error('The request was aborted.'));
  }
}

const MOST_AT_ONCE = 32 * 1024;

function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Undici gives a connection back in a later turn: a request that follows at once would get another one. */
function afterRelease(resolve: () => void): void {
  queueMicrotask(() => setImmediate(resolve));
}

interface ClosedError extends Error {
  readonly socket?: { readonly bytesRead?: number } | null;
}

function isClosed(cause: Error): cause is ClosedError {
  return 'code' in cause && CLOSED.has(String(cause.code));
}

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET']);

/** What undici reads as a body that ends with its connection, or as a length that no number holds. */
function framingProblem(codings: string | undefined, length: string | undefined): string | undefined {
  if (codings !== undefined && !/^(chunked|identity)$/i.test(codings))
    return "The transfer-encoding of the server's reply was not asked for. Known is chunked alone.";
  if (length !== undefined && length.length > 15)
    return "The content-length of the server's reply is no number of bytes.";
  return undefined;
}

/** What undici says in words that mislead. */
function explain(cause: Error, phase: TransportPhase): Error {
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'UND_ERR_INVALID_ARG' && cause.message.includes('(407)'))
    return Object.assign(new Error('The proxy answered 407.'), { code: 'ERR_PROXY_REFUSED' });
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && phase === 'request')
    return new Error("The head of the server's reply does not say in one way how long it is.");
  if (cause.name === 'HTTPParserError' && /EOF/.test(cause.message))
    return Object.assign(new Error('The server closed the connection.'), { code: 'ECONNRESET' });
  return cause;
}
