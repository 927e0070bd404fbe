import http, { type Agent, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { BodyBytes } from '../body-bytes.ts';
import { type HttpReply, type HttpRequest, type Transport, TransportError } from '../transport.ts';
import { agentFor } from './agents.ts';
import { decodeBody } from './decode-body.ts';
import { readStream } from './read-stream.ts';
import type { ProxyServer, TunnelOptions } from './tunnel.ts';

/** To one address, directly or through a proxy. */
export function httpTransport(url: string, proxy: ProxyServer | undefined): Transport {
  const destination = destinationOf(url, proxy);
  return (request) => {
    const { cancel } = request;
    if (cancel.isOver) return Promise.reject(cancel.reason);
    return new Promise((resolve, reject) => new Exchange(request, { destination, resolve, reject }));
  };
}

interface Exchanging {
  readonly destination: Destination;
  readonly resolve: (reply: HttpReply) => void;
  readonly reject: (reason: unknown) => void;
}

/** One request on its way, and its reply. */
class Exchange {
  readonly #request: HttpRequest;
  readonly #exchanging: Exchanging;
  readonly #sent: ClientRequest;
  #giveUpTunnel: (() => void) | undefined;
  #isAnswered = false;

  constructor(request: HttpRequest, exchanging: Exchanging) {
    this.#request = request;
    this.#exchanging = exchanging;
    const { destination } = exchanging;
    const { headers, body, cancel } = request;
    const sent = destination.send({
      ...destination.options,
      headers: headerList(headers, { destination, body }),
      onTunnel: (giveUp) => {
        this.#giveUpTunnel = giveUp;
      },
    } as RequestOptions & TunnelOptions); // Which the agent of tunnels takes.
    this.#sent = sent;
    cancel.onCancel(() => this.#onCancel());
    if (!sent.reusedSocket) tellConnecting(sent, { request, destination });
    // Stays for the life of the request: a socket can fail once more after it was destroyed.
    sent.on('error', (cause) => exchanging.reject(failure(cause, { request, destination, sent })));
    sent.on('close', () => this.#onClose());
    sent.on('response', (reply) => this.#onResponse(reply));
    // In one write where the socket is there already.
    sent.cork();
    for (const piece of body.pieces) sent.write(piece);
    sent.end();
    sent.uncork();
  }

  // Without the reason: a socket that has no listener any more would bring down the process with it.
  #onCancel(): void {
    this.#sent.destroy();
    this.#giveUpTunnel?.();
    // A request that has no socket yet says nothing of its end.
    this.#exchanging.reject(this.#request.cancel.reason);
  }

  #onClose(): void {
    this.#request.cancel.onCancel(undefined);
    if (this.#isAnswered) return;
    // Without effect after an error; a server that switches protocols gives neither response nor error.
    const { destination, reject } = this.#exchanging;
    const cause = new Error('The connection was closed without a reply.');
    reject(failure(cause, { request: this.#request, destination, sent: this.#sent }));
  }

  #onResponse(reply: IncomingMessage): void {
    this.#isAnswered = true;
    try {
      this.#exchanging.resolve(replyOf(reply, this.#request));
    } catch (error) {
      this.#sent.destroy();
      this.#exchanging.reject(error);
    }
  }
}

interface Heading {
  readonly destination: Destination;
  readonly body: BodyBytes;
}

/** As a list, which Node writes as it is. The caller's own win over ours. */
function headerList(
  headers: HttpRequest['headers'],
  { destination: { ownHeaders, authority }, body }: Heading,
): string[] {
  const list: string[] = [];
  if (!('host' in headers) && !('host' in ownHeaders)) list.push('host', authority);
  if (!('accept-encoding' in headers)) list.push('accept-encoding', encodings(headers));
  for (const name of Object.keys(headers)) {
    if (name !== 'content-length' && !(name in ownHeaders)) list.push(name, headers[name] ?? '');
  }
  for (const name of Object.keys(ownHeaders)) list.push(name, ownHeaders[name] ?? '');
  list.push('content-length', String(body.byteLength));
  return list;
}

interface Destination {
  readonly agent: Agent;
  readonly proxy: ProxyServer | undefined;
  readonly isSecure: boolean;
  readonly send: typeof http.request;
  /** As the header `host` has it. */
  readonly authority: string;
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
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = Number(given) || (isSecure ? 443 : 80);
  const agent = agentFor({ isSecure, proxy });
  const { request: send } = isSecure ? https : http;
  const common = { protocol, method: 'POST', agent } as const;
  if (proxy === undefined || isSecure) {
    const options = { ...common, hostname: host, port, path: pathname + search };
    return { agent, proxy, isSecure, send, authority, host, port, options, ownHeaders: {} };
  }
  const authorization = proxy.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization };
  return {
    agent,
    proxy,
    isSecure,
    send,
    authority,
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
    if (!socket.connecting) return request.onConnected();
    socket.once(destination.isSecure ? 'secureConnect' : 'connect', request.onConnected);
  });
}

interface Sending extends Connecting {
  readonly sent: ClientRequest;
}

function failure(cause: Error, { request, destination, sent }: Sending): unknown {
  if (request.cancel.isOver) return request.cancel.reason;
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

function replyOf(reply: IncomingMessage, { cancel }: HttpRequest): HttpReply {
  const decoded = decodeBody(reply);
  return {
    status: reply.statusCode ?? 0,
    header(name) {
      const value = reply.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    read: (sink) => readStream(decoded, { sink, cancel }),
  };
}
