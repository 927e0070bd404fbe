import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';

/** A proxy between a host and its server that passes bytes on, pauses, ends connections, or refuses them. */
export class PostgresProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isStalled = false;

  private constructor(target: URL) {
    // By hand: this server passes bytes on, and no model responds here.
    this.#server = createServer((client) => {
      const server = new Socket().connect(Number(target.port), target.hostname);
      const pair = [client, server] as const;
      this.#pairs.add(pair);
      for (const socket of pair) {
        socket.on('error', () => undefined); // The close event follows.
        socket.on('close', () => {
          this.#pairs.delete(pair);
          for (const each of pair) each.destroy();
        });
      }
      client.pipe(server).pipe(client);
      if (this.#isStalled) for (const socket of pair) socket.pause();
    });
  }

  /** Starts a proxy. Resolves it with the URL of the database through it. */
  static async start(url: string): Promise<{ readonly proxy: PostgresProxy; readonly url: string }> {
    const through = new URL(url);
    const proxy = new PostgresProxy(new URL(url));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    through.port = String(proxy.#port);
    return { proxy, url: through.href };
  }

  get #port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy is not listening.');
    return address.port;
  }

  /** Passes no bytes on, and keeps the connections open. */
  pauseTraffic(): void {
    this.#isStalled = true;
    for (const socket of [...this.#pairs].flat()) socket.pause();
  }

  resumeTraffic(): void {
    this.#isStalled = false;
    for (const socket of [...this.#pairs].flat()) socket.resume();
  }

  /** Ends every connection. */
  cut(): void {
    for (const socket of [...this.#pairs].flat()) socket.resetAndDestroy();
  }

  /** Ends every connection and refuses new ones. Returns the function that accepts them again. */
  async refuse(): Promise<() => Promise<void>> {
    const port = this.#port;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
    return async () => {
      this.#server.listen(port, '127.0.0.1');
      await once(this.#server, 'listening');
    };
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
  }
}
