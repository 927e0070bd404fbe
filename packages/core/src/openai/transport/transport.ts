import type { Cancellation } from '../../base/cancellation.ts';
import type { BodyBytes } from '../body-bytes.ts';

/** Sends one request to the address that it was made for. */
export type Transport = (request: HttpRequest) => Promise<HttpReply>;

/**
 * Which one is used is decided by `#transport` in package.json, or by the option `fetch`.
 *
 * @throws ConfigError for a dispatcher where the platform uses `fetch`, and for a proxy variable that names no proxy.
 */
export type CreateTransport = (url: string, dispatcher?: Dispatcher) => Transport;

/** What is used of undici's dispatchers: any `Agent`, `Pool`, `ProxyAgent` or `MockAgent` of undici 7 or later fits. */
export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean;
}

export interface DispatchOptions {
  readonly origin: string;
  readonly path: string;
  readonly method: 'POST';
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  /** 0: this package has its own deadlines. */
  readonly headersTimeout: 0;
  readonly bodyTimeout: 0;
  /** The name that a TLS server is asked for, if the `host` header has another one. */
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

export interface HttpRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST. */
  readonly body: BodyBytes;
  /** At any time, also while the reply's body is read: the socket is closed at once. */
  readonly cancel: Cancellation;
  /** Told before and after a connection is made, by transports that can see it; not at all where there is one. */
  readonly onConnecting: () => void;
  readonly onConnected: () => void;
}

export interface HttpReply {
  readonly status: number;
  header(name: string): string | undefined;
  /**
   * Hands over the body, decoded, as it comes; once. A reader that gives a promise is behind: the server is slowed down
   * until it resolves. One that throws, or rejects, closes the connection, and that is what `read` rejects with.
   */
  read(sink: Sink): Promise<void>;
}

export type Sink = (bytes: Uint8Array) => Promise<void> | undefined;

/** How far a request got. */
export type TransportPhase = 'request' | 'reply';

export interface TransportErrorOptions {
  readonly phase: TransportPhase;
  /** The server had closed the kept-alive connection before it was used: it never saw the request. */
  readonly staleSocket: boolean;
  /** `host:port` of the proxy that it went through. */
  readonly proxy?: string | undefined;
  readonly cause: unknown;
}

/** What a transport rejects with, except where its signal is aborted. Never leaves this room. */
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
