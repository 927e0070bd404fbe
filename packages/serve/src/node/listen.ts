import { once } from 'node:events';
import { createServer, type Server as HttpServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigError, checkOptions, type Host, type OptionTable } from '@pawl/core';
import { isLoopbackAddress } from '../access/peer.ts';
import { type FetchHandler, toNodeHandler } from './to-node-handler.ts';

/** What `listen` needs of a server. */
export interface Listenable extends FetchHandler {
  readonly hasAuthorize: boolean;
  readonly host: Pick<Host, 'close'>;
  readonly start: () => void;
  readonly close: () => void;
}

export interface ListenOptions {
  /** 0 chooses a free port. @defaultValue 8080 */
  readonly port?: number;
  /** Any other address than one of this machine needs `authorize`. @defaultValue '127.0.0.1' */
  readonly hostname?: string;
  /** How long requests may take to end when the server closes; after a signal, running steps of the host as long again. @defaultValue 10_000 */
  readonly graceMs?: number;
  /** How long a client may take to send the headers of a request. @defaultValue 10_000 */
  readonly headersTimeoutMs?: number;
  /** How long a client may take to send a request with its body. @defaultValue 60_000 */
  readonly requestTimeoutMs?: number;
  /**
   * Whether SIGTERM and SIGINT close the server, and then the host, so that another process can resume the runs at once.
   *
   * @defaultValue true
   */
  readonly signals?: boolean;
}

export interface Listener {
  readonly port: number;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Accepts no more requests, lets those that are open end within `graceMs`, then ends them. A stream of a run ends with its cursor. */
  readonly close: () => Promise<void>;
}

const LISTEN: OptionTable<ListenOptions> = {
  keys: {
    port: 'number',
    hostname: 'text',
    graceMs: 'number',
    headersTimeoutMs: 'number',
    requestTimeoutMs: 'number',
    signals: 'boolean',
  },
  hints: { host: 'The option is "hostname".', address: 'The option is "hostname".' },
};

/**
 * Serves over `node:http`.
 *
 * @throws ConfigError for an address that others can reach, without `authorize`; the error of Node if the port is taken
 *
 * @example
 * const { url } = await listen(serve({ agents: [support] }), { port: 8080 });
 */
export async function listen(server: Listenable, options: ListenOptions = {}): Promise<Listener> {
  const checked = checkOptions(options, LISTEN, 'listen()');
  const { port = 8080, hostname = '127.0.0.1', graceMs = 10_000, signals = true } = checked;
  if (!server.hasAuthorize && hostname !== 'localhost' && !isLoopbackAddress(hostname)) {
    throw new ConfigError(
      `listen(): others can reach ${JSON.stringify(hostname)}, and the server has no option "authorize". Pass authorize: bearer({ … }) to serve(), or listen on 127.0.0.1.`,
    );
  }
  const http = createServer({
    headersTimeout: checked.headersTimeoutMs ?? 10_000,
    requestTimeout: checked.requestTimeoutMs ?? 60_000,
    // Node looks for late clients this often.
    connectionsCheckingInterval: 1_000,
  });
  const open = new OpenResponses();
  const handle = toNodeHandler(server);
  http.on('request', (incoming, outgoing) => {
    open.add(outgoing);
    handle(incoming, outgoing);
  });
  await once(http.listen(port, hostname), 'listening');
  server.start();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= drain(http, { server, open, graceMs }).finally(stopSignals);
    return closed;
  };
  const stopSignals = signals
    ? closeOnSignals(() => close().then(() => server.host.close({ graceMs })))
    : () => undefined;
  const { port: bound } = http.address() as AddressInfo; // It listens on a port.
  const shown = hostname.includes(':') ? `[${hostname}]` : hostname;
  return { port: bound, url: `http://${shown}:${bound}`, close };
}

/** The responses that have not ended. */
class OpenResponses {
  readonly #responses = new Set<ServerResponse>();
  #whenNone: (() => void) | undefined;

  add(response: ServerResponse): void {
    this.#responses.add(response);
    response.once('close', () => {
      this.#responses.delete(response);
      if (this.#responses.size === 0) this.#whenNone?.();
    });
  }

  /** Resolves when none is left, or after the time. */
  async waitForNone(timeoutMs: number): Promise<void> {
    if (this.#responses.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenNone = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }
}

interface DrainOptions {
  readonly server: Listenable;
  readonly open: OpenResponses;
  readonly graceMs: number;
}

/** How long a stream may take to send its last event. */
const LAST_EVENT_MS = 1_000;

async function drain(http: HttpServer, { server, open, graceMs }: DrainOptions): Promise<void> {
  const closed = once(http, 'close');
  http.close();
  http.closeIdleConnections();
  await open.waitForNone(graceMs);
  server.close();
  await open.waitForNone(LAST_EVENT_MS);
  http.closeAllConnections();
  await closed;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Closes on a signal, and then lets the signal end the process. Returns the function that stops this. */
function closeOnSignals(close: () => Promise<void>): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    void close().finally(() => {
      // Without another listener the signal now ends the process, with the exit code that its parent expects.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
