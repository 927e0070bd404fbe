import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import tls, { type ConnectionOptions } from 'node:tls';

/** Where a proxy is. */
export interface ProxyServer {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** `host:port`, for errors. */
  readonly address: string;
  /** What lets us in, as a header has it. */
  readonly authorization: string | undefined;
}

/** What a request tells the agent beside Node's own options. */
export interface TunnelOptions {
  /** Given what gives up the connection while it is being made: Node itself cannot end a request that has no socket yet. */
  readonly onTunnel?: (giveUp: () => void) => void;
}

type Options = https.RequestOptions & TunnelOptions;
/** Where there is an error, Node looks at nothing else. */
type Made = (error: Error | null, socket: Duplex) => void;

/** Connections to https servers through a proxy (CONNECT, RFC 9110, section 9.3.6), kept alive as any others. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: ProxyServer;

  constructor(proxy: ProxyServer) {
    super({ keepAlive: true });
    this.#proxy = proxy;
  }

  override createConnection(options: Options, made?: Made): undefined {
    const { isSecure, hostname, port, authorization } = this.#proxy;
    const target = `${String(options.host).includes(':') ? `[${options.host}]` : options.host}:${options.port}`;
    const headers = { host: target, ...(authorization !== undefined && { 'proxy-authorization': authorization }) };
    const asked = (isSecure ? https : http).request({
      method: 'CONNECT',
      hostname,
      port,
      path: target,
      headers,
      agent: false,
    });
    let socket: Socket | undefined;
    options.onTunnel?.(() => {
      asked.destroy();
      socket?.destroy();
    });
    asked.once('error', (error) => made?.(error, NONE));
    // A proxy that refuses answers like any server.
    asked.once('response', ({ statusCode }) => {
      asked.destroy();
      made?.(refused(statusCode), NONE);
    });
    asked.once('connect', ({ statusCode = 0 }, raw: Socket) => {
      if (statusCode < 200 || statusCode >= 300) {
        raw.destroy();
        return made?.(refused(statusCode), NONE);
      }
      socket = secured(raw, { options, made });
    });
    asked.end();
    return undefined;
  }
}

const NONE = new Duplex();

/** Without the proxy's words: some of them repeat the credentials. */
function refused(status: number | undefined): Error {
  return Object.assign(new Error(`The proxy answered ${status}.`), { code: 'ERR_PROXY_TUNNEL' });
}

interface Securing {
  readonly options: Options;
  readonly made: Made | undefined;
}

function secured(raw: Socket, { options, made }: Securing): Socket {
  const { host, servername = host } = options;
  const isName = typeof servername === 'string' && !/^[\d.]+$|:/.test(servername);
  const socket = tls.connect({
    ...(options as ConnectionOptions), // As Node's own agent hands them on.
    socket: raw,
    ...(isName && { servername }),
  });
  socket.once('error', (error) => made?.(error, NONE));
  socket.once('secureConnect', () => made?.(null, socket));
  return socket;
}
