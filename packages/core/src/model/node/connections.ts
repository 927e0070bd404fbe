import { type Connecting, connect, type Endpoint } from './connect.ts';
import { Connection, type Owner } from './connection.ts';
import { type ProxyServer, tunnel } from './tunnel.ts';

/** Where connections lead, directly or through a tunnel. */
export interface Way {
  readonly endpoint: Endpoint;
  /** Of a tunnel. */
  readonly proxy: ProxyServer | undefined;
}

export interface Opening {
  readonly made: (connection: Connection) => void;
  readonly failed: (error: Error) => void;
}

/** The connections of one way that wait to be used again. */
export class Connections implements Owner {
  readonly #way: Way;
  readonly #idle: Connection[] = [];
  /** Of TLS. */
  #session: Buffer | undefined;

  constructor(way: Way) {
    this.#way = way;
  }

  /** The one that was used last: it is the least likely to have gone stale. */
  take(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) if (idle.wake()) return idle;
    return undefined;
  }

  /** What it gives gives it up. */
  open({ made, failed }: Opening): () => void {
    const { endpoint, proxy } = this.#way;
    const connecting: Connecting = {
      session: this.#session,
      failed: (error) => {
        this.#session = undefined; // It may be what the server did not like.
        failed(error);
      },
      made: (socket) => made(new Connection(socket, this)),
    };
    return proxy === undefined ? connect(endpoint, connecting) : tunnel(endpoint, { ...connecting, proxy });
  }

  keep(connection: Connection): void {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(connection);
    else connection.destroy();
  }

  forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** Where one connection went stale its neighbours did as well: the next request gets a fresh one. */
  closeIdle(): void {
    for (const idle of this.#idle.splice(0)) idle.destroy();
  }

  remember(session: Buffer): void {
    this.#session = session;
  }
}

const MOST_IDLE = 256;
