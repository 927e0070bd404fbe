import { Socket } from 'node:net';
import { Agent, type buildConnector, Client, errors, Pool, ProxyAgent, type Dispatcher as Undici } from 'undici';
import { Exchange } from './exchange.ts';
import type { ProxyServer } from './proxy.ts';
import type { Dispatcher } from './transport.ts';

/** The agent for direct requests, or for requests through this proxy. All models of a process share it. */
export function agentFor(proxy: ProxyServer | undefined): Dispatcher {
  const key = proxy === undefined ? '' : `${proxy.uri} ${proxy.authorization}`;
  let agent = agents.get(key);
  if (agent === undefined) {
    agent = proxy === undefined ? new Agent({ ...OPTIONS, factory: createPool }) : createProxyAgent(proxy);
    agents.set(key, agent);
  }
  return agent;
}

const agents = new Map<string, Dispatcher>();

/** Deadlines are the caller's: undici's own are off. */
const OPTIONS = {
  allowH2: false,
  connectTimeout: 0,
  headersTimeout: 0,
  bodyTimeout: 0,
  /** Between two requests, if the server does not say how long it keeps a connection. */
  keepAliveTimeout: 600_000,
  /** A request takes its time to arrive: a connection is not used in the last second that the server gives it. */
  keepAliveTimeoutThreshold: 1000,
} as const;

function createProxyAgent({ uri, authorization }: ProxyServer): ProxyAgent {
  return new ProxyAgent({
    ...OPTIONS,
    uri,
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
    factory: (at, given: ClientOptions) => new ObservedClient(at, given, connected),
  });
}

type Done = (error: Error | null, socket: Socket | null | undefined) => void;

/** Undici's types leave out that a connector gives the socket while it connects. */
type Connect = (endpoint: object, done: Done) => unknown;

/** As a pool passes them: it has made its connector already. */
interface ClientOptions extends Omit<Client.Options, 'connect'> {
  readonly connect: Connect;
}

/** One connection, which tells the exchange that uses it how far it is. Undici tells a handler nothing before it has a connection. */
class ObservedClient extends Client {
  readonly #connected: Set<ObservedClient>;
  #exchange: Exchange | undefined;
  #socket: Socket | undefined;

  constructor(origin: string | URL, options: ClientOptions, connected: Set<ObservedClient>) {
    const { connect } = options;
    super(origin, {
      ...options,
      connect: (endpoint: object, done: buildConnector.Callback) =>
        this.#connect(connect, { endpoint, done: done as Done }), // Undici's type allows the two pairs only, not their union.
    });
    this.#connected = connected;
  }

  override dispatch(options: Undici.DispatchOptions, handler: Undici.DispatchHandler): boolean {
    this.#exchange = handler instanceof Exchange ? handler : undefined;
    this.#exchange?.assign({
      isUsedAgain: true,
      reset: () => this.#reset(),
      release: () => this.#release(),
      closeIdle: () => this.#closeIdle(),
    });
    return super.dispatch(options, handler);
  }

  #connect(connect: Connect, { endpoint, done }: { readonly endpoint: object; readonly done: Done }): unknown {
    const exchange = this.#exchange;
    const tunnel = new AbortController();
    const connecting = connect({ ...endpoint, signal: tunnel.signal }, (error, socket) => {
      if (socket) this.#keep(socket);
      exchange?.endConnecting(error);
      done(error, socket);
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

  /**
   * A server that writes nothing while it works can take a closed stream for a client that still reads, and continue: a reset
   * leaves no doubt. TLS has none of its own, and is closed.
   */
  #reset(): void {
    const socket = this.#socket;
    if (socket === undefined || 'encrypted' in socket) return;
    const destroy = socket.destroy.bind(socket);
    // A socket that closes without an error ends a body that has no length, which fails an assertion of undici after an abort.
    socket.destroy = () => destroy(new errors.InformationalError('aborted'));
    socket.resetAndDestroy();
  }

  /**
   * A connection that waits holds no request. A server that answers before it has read a request can read the rest of it as the
   * next one: such a connection is closed.
   */
  #release(): void {
    this.#exchange = undefined;
    if ((this.#socket?.writableLength ?? 0) > 0) this.#socket?.destroy();
  }

  /** If one connection was stale its neighbours probably are: the request is sent again on a new one. */
  #closeIdle(): void {
    for (const client of this.#connected) if (client.#exchange?.isOver !== false) client.#socket?.destroy();
  }
}

/** Connects to a proxy. An aborted request closes its tunnel also while TLS begins in it. */
function createTunnelPool(origin: URL, options: object): Pool {
  const pool = new Pool(origin, { ...options, ...OPTIONS });
  const open = pool.connect.bind(pool) as (asked: Undici.ConnectOptions) => Promise<Undici.ConnectData>; // Of its overloads the one that the proxy agent calls.
  return Object.assign(pool, {
    connect: async (asked: Undici.ConnectOptions): Promise<Undici.ConnectData> => {
      const answer = await open(asked).catch(tunnelFailed);
      const { socket, statusCode } = answer;
      if (statusCode !== 200) {
        socket.on('error', () => undefined).destroy();
        // Without the words of the proxy: some repeat the credentials.
        throw tunnelError(`The proxy answered ${statusCode}.`);
      }
      if (asked.signal instanceof AbortSignal) asked.signal.addEventListener('abort', () => void socket.destroy());
      return answer;
    },
  });
}

/** The system's errors are told as they are. */
function tunnelFailed(error: Error & { readonly code?: string }): never {
  if (error.name !== 'HTTPParserError' && !error.code?.startsWith('UND_ERR_')) throw error;
  throw tunnelError(error.message, error);
}

function tunnelError(message: string, cause?: Error): Error {
  return Object.assign(new Error(message, { cause }), { code: 'ERR_PROXY_TUNNEL' });
}
