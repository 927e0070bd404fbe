import { setImmediate } from 'node:timers'; // Not the global one: tests of users replace it by one that never calls back.
import { createDecoders, decodeBody } from './decode-body.ts';
import {
  type DispatchController,
  type DispatchHandler,
  type HttpRequest,
  type HttpResponse,
  type Sink,
  TransportError,
  type TransportPhase,
} from './transport.ts';

export interface ExchangeOptions {
  /** `host:port` of the proxy between here and the server. */
  readonly proxy: string | undefined;
  /** Called when the request is sent, or has failed. May be called twice. */
  readonly onStarted: (() => void) | undefined;
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (reason: unknown) => void;
}

/** A connection of an agent of ours. A dispatcher of the user has none of these. */
export interface Connection {
  /** Whether it carried a request before: the server may have closed it meanwhile. */
  readonly isUsedAgain: boolean;
  /** Closes it so that the server notices at once. */
  resetConnection(): void;
  /** Called when the response is complete. */
  releaseConnection(): void;
  /** Closes the other connections to the same server that carry no request. */
  closeIdleConnections(): void;
}

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

interface Reading {
  readonly sink: Sink;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One request and its response: the handler that a dispatcher calls, and what a transport resolves with. */
export class Exchange implements DispatchHandler, HttpResponse {
  readonly #request: HttpRequest;
  readonly #options: ExchangeOptions;
  #connection: Connection | undefined;
  #abortConnecting: (() => void) | undefined;
  #controller: DispatchController | undefined;
  /** Whether the server has begun to respond: it has seen the request. */
  #hasBegun = false;
  #interimCount = 0;
  #status = 0;
  #headers: ResponseHeaders = {};
  /** What arrived and was not passed to the sink yet. */
  readonly #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  #reading: Reading | undefined;
  /** Whether a promise of the sink is awaited. */
  #isWaiting = false;
  #bytesSinceWait = 0;
  /** How the response ended. It takes effect when everything is read. */
  #end: { readonly error?: Error } | undefined;
  /** Whether the body is read, or the exchange failed. */
  readonly #stopListening: () => void;
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
    const decoders = createDecoders(this);
    if (decoders.length === 0) return this.#read(sink);
    return decodeBody((encoded) => this.#read(encoded), { decoders, sink, cancel: this.#request.cancel });
  }

  setConnection(connection: Connection): void {
    this.#connection = connection;
  }

  /** @param abort ends the attempt to connect */
  startConnecting(abort: () => void): void {
    if (this.#isOver) {
      abort();
      return;
    }
    this.#abortConnecting = abort;
    this.#request.onConnecting();
  }

  endConnecting(error: Error | null): void {
    this.#abortConnecting = undefined;
    if (error === null && !this.#isOver) this.#request.onConnected();
  }

  onRequestStart(controller: DispatchController): void {
    this.#options.onStarted?.();
    if (this.#isOver) this.#close(controller);
    else this.#controller = controller;
  }

  onResponseStarted(): void {
    this.#hasBegun = true;
  }

  onResponseStart(controller: DispatchController, status: number, headers: ResponseHeaders): void {
    this.#hasBegun = true;
    this.#controller = controller;
    if (this.#isOver) return;
    const problem = this.#findProblem(status, headers);
    if (problem !== undefined) {
      this.#break(new Error(problem));
    } else if (status >= 200) {
      this.#status = status;
      this.#headers = headers;
      this.#options.resolve(this);
    }
  }

  onResponseData(controller: DispatchController, bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#buffered.push(bytes);
    this.#bufferedBytes += bytes.length;
    this.#passOn();
    if (this.#bufferedBytes > HIGH_WATER_MARK) controller.pause();
  }

  onResponseEnd(): void {
    this.#end ??= {};
    this.#connection?.releaseConnection();
    this.#passOn();
  }

  /** After an error, what arrived before is still read: it can be a complete response. */
  onResponseError(_: DispatchController | null, error: Error): void {
    this.#abortConnecting = undefined;
    this.#end ??= { error };
    if (this.#status === 0) this.#break(error);
    else this.#passOn();
  }

  /** What undici lets through: it would read a body with an unknown coding as one that ends with its connection. */
  #findProblem(status: number, headers: ResponseHeaders): string | undefined {
    const coding = headers['transfer-encoding'];
    const length = headers['content-length'];
    if (status === 101) return SWITCHED;
    if (status < 200 && ++this.#interimCount > MAX_INTERIM)
      return `The server sent more than ${MAX_INTERIM} responses with a status below 200, and none above.`;
    if (coding !== undefined && !/^(chunked|identity)$/i.test(String(coding)))
      return "The transfer-encoding of the server's reply was not asked for. Known is chunked alone.";
    if (length !== undefined && length.length > MAX_DIGITS)
      return "The content-length of the server's reply is no number of bytes.";
    return undefined;
  }

  #read(sink: Sink): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.reason);
      this.#reading = { sink, resolve, reject };
      this.#goOn();
    });
  }

  #goOn(): void {
    this.#passOn();
    if (this.#bufferedBytes <= HIGH_WATER_MARK && this.#end === undefined && !this.#isOver) this.#controller?.resume();
  }

  /** Passes to the sink what is buffered, and then the end. */
  #passOn(): void {
    if (this.#reading === undefined || this.#isWaiting || this.#isOver) return;
    try {
      const wait = this.#passBuffered(this.#reading.sink);
      if (wait !== undefined) this.#waitFor(wait);
      else if (this.#end?.error !== undefined) this.#break(this.#end.error);
      else if (this.#end !== undefined) this.#finish(this.#reading);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A fast server must not keep the event loop to itself: after some bytes, others have a turn. */
  #passBuffered(sink: Sink): Promise<void> | undefined {
    for (let bytes = this.#buffered.shift(); bytes !== undefined && !this.#isOver; bytes = this.#buffered.shift()) {
      this.#bufferedBytes -= bytes.length;
      this.#bytesSinceWait += bytes.length;
      const wait = sink(bytes) ?? (this.#bytesSinceWait < HIGH_WATER_MARK ? undefined : nextTurn());
      if (wait !== undefined) return wait;
    }
    return undefined;
  }

  #waitFor(wait: Promise<void>): void {
    this.#isWaiting = true;
    this.#bytesSinceWait = 0;
    const stopWaiting = (): void => {
      this.#isWaiting = false;
      this.#goOn();
    };
    wait.then(stopWaiting, (reason: unknown) => this.#fail(reason));
  }

  #finish({ resolve }: Reading): void {
    this.#isOver = true;
    this.#stopListening();
    if (this.#connection === undefined) resolve();
    else resolveAfterRelease(resolve);
  }

  #break(cause: Error): void {
    if (this.#isOver) return;
    const phase: TransportPhase = this.#status === 0 ? 'request' : 'reply';
    const staleSocket = phase === 'request' && !this.#hasBegun && isClosed(cause) && this.#isUsedAgain(cause);
    if (staleSocket) this.#connection?.closeIdleConnections();
    const { proxy } = this.#options;
    this.#fail(new TransportError({ phase, staleSocket, proxy, cause: explain(cause, phase) }));
  }

  /** With a dispatcher of the user, only the error can say whether the connection carried a response before. */
  #isUsedAgain(cause: ClosedError): boolean {
    return this.#connection?.isUsedAgain ?? (cause.socket?.bytesRead ?? 0) > 0;
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = { reason };
    this.#stopListening();
    this.#options.onStarted?.();
    this.#abortConnecting?.();
    if (this.#controller !== undefined) this.#close(this.#controller);
    this.#reading?.reject(reason);
    this.#options.reject(reason);
  }

  #close(controller: DispatchController): void {
    // A response that has ended gave its connection back: another request may have it.
    if (this.#end !== undefined) return;
    if (this.#request.cancel.isCancelled) this.#connection?.resetConnection();
    controller.abort(new Error('The request was aborted.'));
  }
}

/** In bytes. */
const HIGH_WATER_MARK = 32 * 1024;

/** Servers send `102 Processing` to keep a connection open: one a second for a quarter of an hour. */
const MAX_INTERIM = 1000;

/** Of a number that JavaScript holds exactly. */
const MAX_DIGITS = 15;

const SWITCHED = 'The server switched to another protocol, which was not asked for.';

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** undici gives a connection back in a later turn. A request that follows at once would open another one. */
function resolveAfterRelease(resolve: () => void): void {
  queueMicrotask(() => setImmediate(resolve));
}

interface ClosedError extends Error {
  readonly socket?: { readonly bytesRead?: number } | null;
}

function isClosed(cause: Error): cause is ClosedError {
  return 'code' in cause && CLOSED.has(String(cause.code));
}

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'UND_ERR_SOCKET']);

/** Replaces errors of undici whose message misleads. */
function explain(cause: Error, phase: TransportPhase): Error {
  const code = 'code' in cause ? cause.code : undefined;
  if (code === 'UND_ERR_INVALID_ARG' && cause.message.includes('(407)'))
    return Object.assign(new Error('The proxy answered 407.'), { code: 'ERR_PROXY_REFUSED' });
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && phase === 'request')
    return new Error("The head of the server's reply does not say in one way how long it is.");
  if (code === 'UND_ERR_SOCKET' && cause.message === 'bad upgrade') return new Error(SWITCHED);
  if (code === 'UND_ERR_SOCKET' && cause.message === 'bad response')
    return new Error('The server sent 100 Continue, which was not asked for.');
  if (cause.name === 'HTTPParserError' && /EOF/.test(cause.message))
    return Object.assign(new Error('The server closed the connection.'), { code: 'ECONNRESET' });
  return cause;
}
