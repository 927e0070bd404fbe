import http, { type Agent, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { type HttpReply, type HttpRequest, type Transport, TransportError } from '../transport.ts';
import { agentFor } from './agents.ts';
import { decodeBody } from './decode-body.ts';
import type { ProxyServer, TunnelOptions } from './tunnel.ts';

/** To one address, directly or through a proxy. */
export function httpTransport(url: string, proxy: ProxyServer | undefined): Transport {
  const destination = destinationOf(url, proxy);
  const { options, isSecure, ownHeaders } = destination;
  const { request: send } = isSecure ? https : http;
  return (request) =>
    new Promise((resolve, reject) => {
      const { headers, body, signal } = request;
      if (signal.aborted) return reject(signal.reason);
      let isAnswered = false;
      let giveUpTunnel = (): void => undefined;
      const sent = send({
        ...options,
        headers: { 'accept-encoding': encodings(headers), ...headers, ...ownHeaders },
        onTunnel: (giveUp) => {
          giveUpTunnel = giveUp;
        },
      } as RequestOptions & TunnelOptions); // Which the agent of tunnels takes.
      // Without the reason: a socket that has no listener any more would bring down the process with it.
      const onAbort = (): void => {
        sent.destroy();
        giveUpTunnel();
        // A request that has no socket yet says nothing of its end.
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      tellConnecting(sent, { request, destination });
      // Stays for the life of the request: a socket can fail once more after it was destroyed.
      sent.on('error', (cause) => reject(failure(cause, { request, destination, sent })));
      sent.once('close', () => {
        signal.removeEventListener('abort', onAbort);
        if (isAnswered) return;
        // Without effect after an error; a server that switches protocols gives neither response nor error.
        reject(failure(new Error('The connection was closed without a reply.'), { request, destination, sent }));
      });
      sent.once('response', (reply) => {
        isAnswered = true;
        try {
          resolve(replyOf(reply, request));
        } catch (error) {
          sent.destroy();
          reject(error);
        }
      });
      // In one piece, so that Node itself sets the length.
      sent.end(body);
    });
}

interface Destination {
  readonly agent: Agent;
  readonly proxy: ProxyServer | undefined;
  readonly isSecure: boolean;
  /** Without the brackets of IPv6, which stand in a URL only. */
  readonly host: string;
  readonly port: number;
  readonly options: RequestOptions;
  /** Beside those of the request. */
  readonly ownHeaders: Readonly<Record<string, string>>;
}

/** What is the same for every request, looked up once. Plain requests go to a proxy with the whole address. */
function destinationOf(url: string, proxy: ProxyServer | undefined): Destination {
  const { protocol, hostname, host: authority, port: given, pathname, search } = new URL(url);
  const isSecure = protocol === 'https:';
  const agent = agentFor({ isSecure, proxy });
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = Number(given) || (isSecure ? 443 : 80);
  const common = { protocol, method: 'POST', agent } as const;
  if (proxy === undefined || isSecure) {
    const options = { ...common, hostname: host, port, path: pathname + search };
    return { agent, proxy, isSecure, host, port, options, ownHeaders: {} };
  }
  const authorization = proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization };
  return {
    agent,
    proxy,
    isSecure,
    host: proxy.hostname,
    port: proxy.port,
    options: { ...common, hostname: proxy.hostname, port: proxy.port, path: url },
    ownHeaders: { host: authority, ...authorization },
  };
}

/** What stands between us and a server may hold a compressed stream back until it is complete. */
function encodings({ accept }: HttpRequest['headers']): string {
  return accept === 'text/event-stream' ? 'identity' : 'gzip, br';
}

interface Connecting {
  readonly request: HttpRequest;
  readonly destination: Destination;
}

function tellConnecting(sent: ClientRequest, { request, destination }: Connecting): void {
  request.onConnecting();
  sent.once('socket', (socket: Socket) => {
    if (sent.reusedSocket || !socket.connecting) return request.onConnected();
    socket.once(destination.isSecure ? 'secureConnect' : 'connect', request.onConnected);
  });
}

interface Sending extends Connecting {
  readonly sent: ClientRequest;
}

function failure(cause: Error, { request, destination, sent }: Sending): unknown {
  if (request.signal.aborted) return request.signal.reason;
  const staleSocket = sent.reusedSocket && 'code' in cause && CLOSED.has(String(cause.code));
  if (staleSocket) closeIdle(destination);
  return new TransportError({ phase: 'request', staleSocket, proxy: destination.proxy?.address, cause });
}

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Where one connection went stale its neighbours did as well: the next request gets a fresh one. */
function closeIdle({ agent, host, port }: Destination): void {
  const start = `${host}:${port}:`;
  for (const [name, sockets] of Object.entries(agent.freeSockets)) {
    if (name.startsWith(start)) for (const socket of [...(sockets ?? [])]) socket.destroy();
  }
}

function replyOf(reply: IncomingMessage, { signal }: HttpRequest): HttpReply {
  return {
    status: reply.statusCode ?? 0,
    header(name) {
      const value = reply.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: decodeBody(reply, signal),
  };
}
