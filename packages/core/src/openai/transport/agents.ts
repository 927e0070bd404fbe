import { Socket } from 'node:net';
import { Agent, buildConnector, Client, errors, Pool, ProxyAgent, type Dispatcher as Undici } from 'undici';
import { type Connection, Exchange } from './exchange.ts';
import type { ProxyServer } from './proxy.ts';
import type { Dispatcher } from './transport.ts';

/** Returns the agent for direct requests, or for requests through this proxy. All models of a process share it. */
export function getAgent(proxy: ProxyServer | undefined): Dispatcher {
  const key = proxy === undefined ? '' : `${proxy.url} ${proxy.authorization}`;
  let agent = agents.get(key);
  if (agent === undefined) {
    agent = proxy === undefined ? createDirectAgent() : createProxyAgent(proxy);
    agents.set(key, agent);
  }
  return agent;
}

const agents = new Map<string, Dispatcher>();

const OPTIONS = {
  // undici 8 offers HTTP/2 by default.
  allowH2: false,
  // The timeouts of undici are off: the caller has its own deadlines.
  connectTimeout: 0,
  headersTimeout: 0,
  bodyTimeout: 0,
  /** How long an idle connection is kept, if the server does not say for how long it keeps it. */
  keepAliveTimeout: 600_000,
  /** A request takes time to arrive: a connection is not used in the last second before the server closes it. */
  keepAliveTimeoutThreshold: 1000,
} as const;

/** One connector for all pools, as a proxy agent has: a pool ends with its last connection, and would take its TLS sessions with it. */
function createDirectAgent(): Agent {
  const connect = buildConnector({ allowH2: false, timeout: 0 });
  return new Agent({ ...OPTIONS, connect, factory: createPool });
}

function createProxyAgent({ url, authorization }: ProxyServer): ProxyAgent {
  return new ProxyAgent({
    ...OPTIONS,
    uri: url,
    ...(authorization !== undefined && { token: authorization }),
    proxyTls: { allowH2: false },
    factory: createPool,
    clientFactory: createTunnelPool,
  });
}

function createPool(origin: string | URL, options: object): Pool {
  const connected = new Set<ObservedClient>();
  return new Pool(origin, {
    ...options,
    ...OPTIONS,
    factory: (url, given: ClientOptions) => new ObservedClient(url, given, connected),
  });
}

type ConnectCallback = (error: Error | null, socket: Socket | null | undefined) => void;

/** The types of undici leave out that a connector returns the socket. */
type Connect = (endpoint: object, callback: ConnectCallback) => unknown;

/** A pool passes its connector to its clients. */
interface ClientOptions extends Omit<Client.Options, 'connect'> {
  readonly connect: Connect;
}

/** A connection that reports to its exchange while it connects: undici calls a handler only afterwards. */
class ObservedClient extends Client implements Connection {
  /** The clients of the same pool that have a socket. */
  readonly #connected: Set<ObservedClient>;
  #exchange: Exchange | undefined;
  #socket: Socket | undefined;
  #isUsedAgain = false;

  constructor(origin: string | URL, options: ClientOptions, connected: Set<ObservedClient>) {
    const { connect } = options;
    super(origin, {
      ...options,
      connect: (endpoint: object, callback: buildConnector.Callback) =>
        this.#connect(connect, { endpoint, callback: callback as ConnectCallback }), // The type of undici has two pairs of arguments, not their union.
    });
    this.#connected = connected;
  }

  override dispatch(options: Undici.DispatchOptions, handler: Undici.DispatchHandler): boolean {
    this.#exchange = handler instanceof Exchange ? handler : undefined;
    this.#exchange?.setConnection(this);
    return super.dispatch(options, handler);
  }

  get isUsedAgain(): boolean {
    return this.#isUsedAgain;
  }

  /**
   * Some servers continue to generate after a normal close, so the connection is reset. TLS has no reset: the following abort closes its
   * connections.
   */
  resetConnection(): void {
    const socket = this.#socket;
    if (socket === undefined || 'encrypted' in socket) return;
    const destroy = socket.destroy.bind(socket);
    // `resetAndDestroy` destroys without an error. undici treats that as the end of a body without a length, which fails an assertion for
    // an aborted request and ends the process.
    socket.destroy = () => destroy(new errors.InformationalError('aborted'));
    socket.resetAndDestroy();
  }

  /**
   * Closes the connection if the request is not sent completely: a server that responds early could read the rest of it as the next request.
   */
  releaseConnection(): void {
    this.#exchange = undefined; // An idle connection must not keep a request in memory.
    this.#isUsedAgain = true;
    if ((this.#socket?.writableLength ?? 0) > 0) this.#socket?.destroy();
  }

  /** If one connection was stale, the idle ones probably are too, and the retry needs a new one. */
  closeIdleConnections(): void {
    for (const client of this.#connected) if (client.#exchange?.isOver !== false) client.#socket?.destroy();
  }

  #connect(
    connect: Connect,
    { endpoint, callback }: { readonly endpoint: object; readonly callback: ConnectCallback },
  ): unknown {
    const exchange = this.#exchange;
    this.#isUsedAgain = false;
    const tunnel = new AbortController();
    const connecting = connect({ ...endpoint, signal: tunnel.signal }, (error, socket) => {
      if (socket) this.#keep(socket);
      exchange?.endConnecting(error);
      callback(error, socket);
    });
    exchange?.startConnecting(() => {
      tunnel.abort();
      if (connecting instanceof Socket) connecting.destroy(new Error('The request was aborted.'));
    });
    return connecting;
  }

  #keep(socket: Socket): void {
    this.#socket = socket;
    this.#connected.add(this);
    socket.once('close', () => {
      this.#connected.delete(this);
      if (this.#socket === socket) this.#socket = undefined;
      if (this.#exchange?.isOver) this.#exchange = undefined;
    });
  }
}

/** Creates the connections to a proxy. An abort closes a tunnel also during its TLS handshake. */
function createTunnelPool(origin: URL, options: object): Pool {
  const pool = new Pool(origin, { ...options, ...OPTIONS });
  const connect = pool.connect.bind(pool) as (tunnel: Undici.ConnectOptions) => Promise<Undici.ConnectData>; // The overload that the proxy agent calls.
  return Object.assign(pool, {
    connect: async (tunnel: Undici.ConnectOptions): Promise<Undici.ConnectData> => {
      const response = await connect(tunnel).catch(rethrowTunnelError);
      const { socket, statusCode } = response;
      if (statusCode !== 200) {
        socket.on('error', () => undefined).destroy();
        // Does not quote the proxy: some proxies repeat the credentials.
        throw createTunnelError(`The proxy responded with ${statusCode}.`);
      }
      if (tunnel.signal instanceof AbortSignal) tunnel.signal.addEventListener('abort', () => void socket.destroy());
      return response;
    },
  });
}

/** Errors of the operating system stay as they are. */
function rethrowTunnelError(error: Error & { readonly code?: string }): never {
  if (error.name !== 'HTTPParserError' && !error.code?.startsWith('UND_ERR_')) throw error;
  throw createTunnelError(error.message, error);
}

function createTunnelError(message: string, cause?: Error): Error {
  return Object.assign(new Error(message, { cause }), { code: 'ERR_PROXY_TUNNEL' });
}
