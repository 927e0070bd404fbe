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

/** A connection of our agents. Dispatchers of users do not provide it. */
export interface Connection {
  /** Whether the connection carried an earlier request, so that the server may have closed it. */
  readonly isUsedAgain: boolean;
  /** Closes the connection so that the server notices at once. */
  resetConnection(): void;
  /** Called when the response is complete. */
  releaseConnection(): void;
  /** Closes the other connections to the same server that carry no request. */
  closeIdleConnections(): void;
}

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

interface BodyRead {
  readonly sink: Sink;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One request and its response. It is the handler for the dispatcher and the response of the transport. */
export class Exchange implements DispatchHandler, HttpResponse {
  readonly #request: HttpRequest;
  readonly #options: ExchangeOptions;
  /** Ends the listening to the cancellation of the request. */
  readonly #stopListening: () => void;
  #connection: Connection | undefined;
  #abortConnecting: (() => void) | undefined;
  #controller: DispatchController | undefined;
  /** Whether the server has begun to respond: it has seen the request. */
  #hasBegun = false;
  #interimCount = 0;
  #status = 0;
  #headers: ResponseHeaders = {};
  /** Received bytes that the sink did not get yet. */
  #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  #bodyRead: BodyRead | undefined;
  /** Whether a promise of the sink is awaited. */
  #isWaiting = false;
  #bytesSinceWait = 0;
  /** How the response ended. Takes effect after the sink got all bytes. */
  #end: { readonly error?: Error } | undefined;
  /** Whether the body is read, or the exchange failed. */
  #isOver = false;
  #isScheduled = false;
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

  getHeader(name: string): string | undefined {
    const value = Object.hasOwn(this.#headers, name) ? this.#headers[name] : undefined;
    return Array.isArray(value) ? value.join(', ') : value;
  }

  listHeaders(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.keys(this.#headers).map((name) => [name, this.getHeader(name) ?? '']));
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
    this.#schedulePassOn();
    if (this.#bufferedBytes > HIGH_WATER_MARK) controller.pause();
  }

  onResponseEnd(): void {
    this.#end ??= {};
    this.#connection?.releaseConnection();
    this.#passOn();
  }

  /** Bytes that arrived before the error are still read: they may be a complete response. */
  onResponseError(_: DispatchController | null, error: Error): void {
    this.#abortConnecting = undefined;
    this.#end ??= { error };
    if (this.#status === 0) this.#break(error);
    else this.#passOn();
  }

  /** Checks what undici accepts: it would read a body with an unknown transfer-encoding until the connection ends. */
  #findProblem(status: number, headers: ResponseHeaders): string | undefined {
    const coding = headers['transfer-encoding'];
    const length = headers['content-length'];
    if (status === 101) return SWITCHED;
    if (status < 200 && ++this.#interimCount > MAX_INTERIM)
      return `The server sent more than ${MAX_INTERIM} responses with a status below 200, and none above.`;
    if (coding !== undefined && !/^(chunked|identity)$/i.test(String(coding)))
      return "The transfer-encoding of the server's response was not requested. Only chunked is supported.";
    if (length !== undefined && length.length > MAX_DIGITS)
      return "The content-length of the server's response is not a number of bytes.";
    return undefined;
  }

  #read(sink: Sink): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.reason);
      this.#bodyRead = { sink, resolve, reject };
      this.#continue();
    });
  }

  #continue(): void {
    this.#passOn();
    if (this.#bufferedBytes <= HIGH_WATER_MARK && this.#end === undefined && !this.#isOver) this.#controller?.resume();
  }

  /** Undici calls for each chunk of a body, and a read from the socket can have hundreds: they are passed on together. */
  #schedulePassOn(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#passOn();
    });
  }

  /** Passes the buffered bytes to the sink, then the end. */
  #passOn(): void {
    if (this.#bodyRead === undefined || this.#isWaiting || this.#isOver) return;
    try {
      const wait = this.#passBuffered(this.#bodyRead.sink);
      if (wait !== undefined) this.#waitFor(wait);
      else if (this.#end?.error !== undefined) this.#break(this.#end.error);
      else if (this.#end !== undefined) this.#finish(this.#bodyRead);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Yields to the event loop after some bytes, so that a fast server does not block it. */
  #passBuffered(sink: Sink): Promise<void> | undefined {
    const [first, ...others] = this.#buffered;
    if (first === undefined) return undefined;
    const bytes = others.length === 0 ? first : Buffer.concat(this.#buffered);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    this.#bytesSinceWait += bytes.length;
    return sink(bytes) ?? (this.#bytesSinceWait < HIGH_WATER_MARK ? undefined : waitForNextTurn());
  }

  #waitFor(wait: Promise<void>): void {
    this.#isWaiting = true;
    this.#bytesSinceWait = 0;
    const stopWaiting = (): void => {
      this.#isWaiting = false;
      this.#continue();
    };
    wait.then(stopWaiting, (reason: unknown) => this.#fail(reason));
  }

  #finish({ resolve }: BodyRead): void {
    this.#isOver = true;
    this.#stopListening();
    if (this.#connection === undefined) resolve();
    else resolveAfterRelease(resolve);
  }

  #break(cause: Error): void {
    if (this.#isOver) return;
    const phase: TransportPhase = this.#status === 0 ? 'request' : 'response';
    const staleSocket = phase === 'request' && !this.#hasBegun && isClosed(cause) && this.#isUsedAgain(cause);
    if (staleSocket) this.#connection?.closeIdleConnections();
    const { proxy } = this.#options;
    this.#fail(new TransportError({ phase, staleSocket, proxy, cause: explain(cause, phase) }));
  }

  /** With a dispatcher of the user, only the error shows whether the connection carried an earlier response. */
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
    this.#bodyRead?.reject(reason);
    this.#options.reject(reason);
  }

  #close(controller: DispatchController): void {
    // After the end of a response, another request may use the connection.
    if (this.#end !== undefined) return;
    if (this.#request.cancel.isCancelled) this.#connection?.resetConnection();
    controller.abort(new Error('The request was aborted.'));
  }
}

/** In bytes. */
const HIGH_WATER_MARK = 32 * 1024;

/** Servers send `102 Processing` to keep a connection open: one per second for 15 minutes is allowed. */
const MAX_INTERIM = 1000;

/** JavaScript represents longer numbers inexactly. */
const MAX_DIGITS = 15;

const SWITCHED = 'The server switched to another protocol, which was not requested.';

function waitForNextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** undici releases a connection in a later turn of the event loop. A request before that would open another one. */
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
    return Object.assign(new Error('The proxy responded with 407.'), { code: 'ERR_PROXY_REFUSED' });
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && phase === 'request')
    return new Error("The headers of the server's response contradict each other about its length.");
  if (code === 'UND_ERR_SOCKET' && cause.message === 'bad upgrade') return new Error(SWITCHED);
  if (code === 'UND_ERR_SOCKET' && cause.message === 'bad response')
    return new Error('The server sent 100 Continue, which was not requested.');
  if (cause.name === 'HTTPParserError' && /EOF/.test(cause.message))
    return Object.assign(new Error('The server closed the connection.'), { code: 'ECONNRESET' });
  return cause;
}
