import type { Cancellation } from '../../base/cancellation.ts';
import type { BodyBytes } from '../body-bytes.ts';

/** Sends one request to the URL that the transport was created for. */
export type Transport = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * `#transport` in package.json selects the implementation: undici on Node, `fetch` elsewhere.
 *
 * @throws ConfigError for a dispatcher on a platform that uses `fetch`, and for a proxy variable that is not the address of a proxy.
 */
export type CreateTransport = (url: string, dispatcher?: Dispatcher) => Transport;

/** The method of undici's dispatchers that requests use: any `Agent`, `Pool`, `ProxyAgent` or `MockAgent` of undici 7 or later fits. */
export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean;
}

export interface DispatchOptions {
  readonly origin: string;
  readonly path: string;
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | string;
  /** 0 turns the timeout of undici off: the caller has its own deadlines. */
  readonly headersTimeout: 0;
  readonly bodyTimeout: 0;
  /** The name in the certificate of the server, if the `host` header has another one. */
  readonly servername?: string;
}

/** Called by a dispatcher for one request. */
export interface DispatchHandler {
  onRequestStart(controller: DispatchController, context: unknown): void;
  onResponseStarted(): void;
  onResponseStart(
    controller: DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void;
  onResponseData(controller: DispatchController, bytes: Uint8Array): void;
  onResponseEnd(controller: DispatchController, trailers: unknown): void;
  onResponseError(controller: DispatchController | null, error: Error): void;
}

export interface DispatchController {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** A POST request. */
export interface HttpRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The trace context of this request alone, unless `headers` has one. The other headers are prepared once for many requests. */
  readonly traceHeaders?: Readonly<Record<string, string>> | undefined;
  readonly body: BodyBytes;
  /** Closes the connection at any time, also while the response body is read. */
  readonly cancel: Cancellation;
  /** Called before and after a connection is made, by transports that can observe it. Not called for a reused connection. */
  readonly onConnecting: () => void;
  readonly onConnected: () => void;
  /** Called right before the request is sent, with its headers in full. */
  readonly onSend?: ((headers: Readonly<Record<string, string>>) => void) | undefined;
}

/** A `traceparent` of the user replaces the whole trace context: the vendors' data belongs to its span. */
export function addTraceHeaders(
  headers: HttpRequest['headers'],
  traceHeaders: HttpRequest['traceHeaders'],
): Record<string, string> {
  return traceHeaders === undefined || 'traceparent' in headers ? { ...headers } : { ...traceHeaders, ...headers };
}

export interface HttpResponse {
  readonly status: number;
  getHeader(name: string): string | undefined;
  /** Names in lower case. Values of a repeated name are joined. */
  listHeaders(): Readonly<Record<string, string>>;
  /**
   * Passes the decoded body to the sink as it arrives.
   *
   * Contract:
   * - Called at most once.
   * - If the sink returns a promise, the transport reads nothing until it resolves.
   * - If the sink throws or its promise rejects, the transport closes the connection and rejects with that error.
   */
  read(sink: Sink): Promise<void>;
}

export type Sink = (bytes: Uint8Array) => Promise<void> | undefined;

/** How far a request got. */
export type TransportPhase = 'request' | 'response';

export interface TransportErrorOptions {
  readonly phase: TransportPhase;
  /** Whether the server had closed the kept-alive connection before the request: it never saw it. */
  readonly staleSocket: boolean;
  /** `host:port` of the proxy between here and the server. */
  readonly proxy?: string | undefined;
  readonly cause: unknown;
}

/** The error of a transport, unless the request was cancelled. `createNetworkError` translates it for users. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly phase: TransportPhase;
  readonly staleSocket: boolean;
  readonly proxy: string | undefined;

  constructor({ phase, staleSocket, proxy, cause }: TransportErrorOptions) {
    super(`The ${phase} was cut off.`, { cause });
    this.phase = phase;
    this.staleSocket = staleSocket;
    this.proxy = proxy;
  }
}
