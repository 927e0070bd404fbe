import type { Cancel } from '../base/cancel.ts';
import type { BodyBytes } from './body-bytes.ts';

/** Sends one request to the address that it was made for. */
export type Transport = (request: HttpRequest) => Promise<HttpReply>;

/** Which one is used is decided by `#transport` in package.json, or by the option `fetch`. */
export type CreateTransport = (url: string) => Transport;

export interface HttpRequest {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST. */
  readonly body: BodyBytes;
  /** At any time, also while the reply's body is read: the socket is closed at once. */
  readonly cancel: Cancel;
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
