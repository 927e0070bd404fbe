import { type HttpReply, type HttpRequest, TransportError } from '../transport.ts';
import { type Connection, closed, type User } from './connection.ts';
import type { Connections } from './connections.ts';
import { Reply } from './reply.ts';
import { HeadReader } from './reply-head.ts';

/** The same for all requests to one address. */
export interface Destination {
  readonly connections: Connections;
  /** `host:port` of the proxy that they go through. */
  readonly proxy: string | undefined;
  /** The head of a request, but for its length. @throws ConfigError for what no header can carry. */
  headOf(headers: HttpRequest['headers']): string;
}

export interface Answering {
  readonly destination: Destination;
  readonly answered: (reply: HttpReply) => void;
  readonly failed: (reason: unknown) => void;
}

/** One request on its way, until the head of its reply is there. */
export class Exchange implements User {
  readonly #request: HttpRequest;
  readonly #destination: Destination;
  readonly #answered: Answering['answered'];
  readonly #failed: Answering['failed'];
  readonly #head: string;
  readonly #headReader = new HeadReader();
  #connection: Connection | undefined;
  /** Gives up the connection while it is being made. */
  #giveUp: (() => void) | undefined;
  #isOver = false;

  constructor(request: HttpRequest, { destination, answered, failed }: Answering) {
    this.#request = request;
    this.#destination = destination;
    this.#head = destination.headOf(request.headers);
    this.#answered = answered;
    this.#failed = failed;
    request.cancel.onCancel(() => this.#fail(request.cancel.reason));
    const idle = destination.connections.take();
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
      this.#answered(new Reply(read.head, { rest: read.rest, connection, cancel }));
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
    this.#giveUp = this.#destination.connections.open({
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
    const { pieces, byteLength } = this.#request.body;
    connection.send(this, { head: `${this.#head}content-length: ${byteLength}\r\n\r\n`, pieces });
  }

  #broken(cause: unknown): void {
    if (this.#isOver) return;
    const { connections, proxy } = this.#destination;
    const staleSocket = this.#connection?.isUsedAgain === true && !this.#headReader.hasBegun && isClosed(cause);
    if (staleSocket) connections.closeIdle();
    this.#fail(new TransportError({ phase: 'request', staleSocket, proxy, cause }));
  }

  #fail(reason: unknown): void {
    this.#isOver = true;
    this.#request.cancel.onCancel(undefined);
    this.#giveUp?.();
    if (this.#request.cancel.isOver) this.#connection?.reset();
    else this.#connection?.destroy();
    this.#failed(reason);
  }
}

function isClosed(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && CLOSED.has(String(cause.code));
}

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);
