import type { Socket } from 'node:net';

/** What uses a connection. */
export interface User {
  onData(bytes: Buffer): void;
  /** The other side will say nothing more. */
  onEnd(): void;
  /** Told in any case. */
  onClose(error: Error): void;
}

/** Where connections are kept. */
export interface Owner {
  /** To be used again. */
  keep(connection: Connection): void;
  /** It is closed. */
  forget(connection: Connection): void;
  /** What makes the next TLS connection to the same server cheaper. */
  remember(session: Buffer): void;
}

/** One connection, for one user at a time. */
export class Connection {
  readonly #socket: Socket;
  readonly #owner: Owner;
  #user: User | undefined;
  #isUsedAgain = false;
  #error: Error | undefined;
  /** When the server may close it, as far as it says. */
  #diesAtMs = Number.POSITIVE_INFINITY;

  constructor(socket: Socket, owner: Owner) {
    this.#socket = socket;
    this.#owner = owner;
    // Whatever comes while nobody has asked ends it.
    socket.on('data', (bytes) => (this.#user === undefined ? this.destroy() : this.#user.onData(bytes)));
    socket.on('end', () => (this.#user === undefined ? this.destroy() : this.#user.onEnd()));
    socket.on('session', (session: Buffer) => owner.remember(session));
    // Stays for the life of the socket: it can fail once more after it was destroyed.
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => {
      owner.forget(this);
      this.#user?.onClose(this.#error ?? closed());
    });
  }

  /** Whether it was used before, so that the server may have closed it meanwhile. */
  get isUsedAgain(): boolean {
    return this.#isUsedAgain;
  }

  /** Sends a whole request. */
  send(user: User, { head, pieces }: { readonly head: string; readonly pieces: readonly Uint8Array[] }): void {
    this.#user = user;
    const length = pieces.reduce((sum, piece) => sum + piece.length, head.length);
    if (length <= MOST_COPIED) {
      this.#socket.write(joined(head, { pieces, length }));
      return;
    }
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  /** Whoever goes on with what was sent. */
  handTo(user: User): void {
    this.#user = user;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** After a reply, for the next request. `idleMs` is how long the server keeps it, where that is known. */
  release(idleMs: number | undefined): void {
    this.#user = undefined;
    const leftMs = idleMs === undefined ? Number.POSITIVE_INFINITY : idleMs - MARGIN_MS;
    // A server that answers before it has read the request may go on reading it as the next one.
    if (leftMs <= 0 || this.#socket.destroyed || this.#socket.writableLength > 0) {
      this.destroy();
      return;
    }
    this.#isUsedAgain = true;
    this.#diesAtMs = performance.now() + leftMs;
    this.#socket.resume().unref();
    this.#owner.keep(this);
  }

  /** False where it can't be used again. */
  wake(): boolean {
    if (!this.#socket.writable || this.#socket.readableEnded || performance.now() > this.#diesAtMs) {
      this.destroy();
      return false;
    }
    this.#socket.ref();
    return true;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * Ends it under a request that is given up. A server that writes nothing while it works may take a closed stream for a client that still
   * reads, and would work on: a reset leaves no doubt. TLS has none of its own, and is closed.
   */
  reset(): void {
    if ('encrypted' in this.#socket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }
}

/** Up to here one copy costs less than the write of several pieces. */
const MOST_COPIED = 16 * 1024;

/** A request takes its time to get there. */
const MARGIN_MS = 1000;

interface Joining {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

function joined(head: string, { pieces, length }: Joining): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let at = bytes.write(head, 'latin1');
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** What a server did that said nothing, where it should have. */
export function closed(): Error {
  return Object.assign(new Error('The server closed the connection.'), { code: 'ECONNRESET' });
}
