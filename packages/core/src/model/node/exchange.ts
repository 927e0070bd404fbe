import { type HttpReply, type HttpRequest, TransportError } from '../transport.ts';
import { type Connection, closed, type User } from './connection.ts';
import type { Connections } from './connections.ts';
import { Reply } from './reply.ts';
import { HeadReader } from './reply-head.ts';

export interface ExchangeOptions {
  readonly connections: Connections;
  /** Of the request, up to and with the empty line. */
  readonly head: string;
  /** `host:port` of the proxy that it goes through. */
  readonly proxy: string | undefined;
  readonly answered: (reply: HttpReply) => void;
  readonly failed: (reason: unknown) => void;
}

/** One request on its way, until the head of its reply is there. */
export class Exchange implements User {
  readonly #request: HttpRequest;
  readonly #options: ExchangeOptions;
  readonly #headReader = new HeadReader();
  #connection: Connection | undefined;
  /** Gives up the connection while it is being made. */
  #giveUp: (() => void) | undefined;
  #isOver = false;

  constructor(request: HttpRequest, options: ExchangeOptions) {
    this.#request = request;
    this.#options = options;
    request.cancel.onCancel(() => this.#fail(request.cancel.reason));
    const idle = options.connections.take();
    if (idle === undefined) this.#connect();
    else this.#send(idle);
  }

  onData(bytes: Buffer): void {
    const { cancel } = this.#request;
    const connection = this.#connection;
    if (connection === undefined) return;
    try {
      const read = this.#headReader.read(bytes);
      if (read === undefined) return;
      this.#options.answered(new Reply(read.head, { rest: read.rest, connection, cancel }));
      this.#isOver = true;
    } catch (error) {
      this.#broken(error);
    }
  }

  onEnd(): void {
    this.#broken(closed());
  }

  onClose(error: Error): void {
    this.#broken(error);
  }

  #connect(): void {
    const { onConnecting, onConnected } = this.#request;
    onConnecting();
    this.#giveUp = this.#options.connections.open({
      made: (connection) => {
        onConnected();
        this.#send(connection);
      },
      failed: (cause) => this.#broken(cause),
    });
  }

  #send(connection: Connection): void {
    this.#connection = connection;
    this.#giveUp = undefined;
    connection.send(this, { head: this.#options.head, pieces: this.#request.body.pieces });
  }

  #broken(cause: unknown): void {
    if (this.#isOver) return;
    const { connections, proxy } = this.#options;
    const staleSocket = this.#connection?.isUsedAgain === true && !this.#headReader.hasBegun && isClosed(cause);
    if (staleSocket) connections.closeIdle();
    this.#fail(new TransportError({ phase: 'request', staleSocket, proxy, cause }));
  }

  #fail(reason: unknown): void {
    this.#isOver = true;
    this.#request.cancel.onCancel(undefined);
    this.#giveUp?.();
    this.#connection?.destroy();
    this.#options.failed(reason);
  }
}

function isClosed(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && CLOSED.has(String(cause.code));
}

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
