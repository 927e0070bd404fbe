import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setPeer } from '../access/peer.ts';

/** What a handler needs of a server. */
export interface FetchHandler {
  readonly fetch: (request: Request) => Promise<Response>;
}

/** A listener of `node:http`, and a handler of Express and of Fastify's raw objects. */
export type NodeHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => void;

/**
 * Makes a listener for `node:http` of a server.
 *
 * - A client that reads slowly pauses the response; one that goes away ends it.
 * - Without `authorize` only clients of this machine are answered, also behind `app.use('/ai', toNodeHandler(server))`.
 * - A body that Express has parsed before is used as it is.
 *
 * @example
 * app.use('/ai', toNodeHandler(server));
 */
export function toNodeHandler(server: FetchHandler): NodeHandler {
  return (incoming, outgoing) => void answer(server, { incoming, outgoing }); // Never rejects.
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

async function answer(server: FetchHandler, { incoming, outgoing }: Exchange): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort(new Error('The client has gone.'));
  });
  try {
    const request = createRequest(incoming, gone.signal);
    if (request === undefined) {
      outgoing.writeHead(400, { connection: 'close' }).end();
      return;
    }
    await sendResponse(await server.fetch(request), { incoming, outgoing });
  } catch {
    // The socket is gone, or the response was: nothing can be sent.
    outgoing.destroy();
  }
}

/** Creates the request; `undefined` if its address or its method is none. */
function createRequest(incoming: IncomingMessage, signal: AbortSignal): Request | undefined {
  const { method = 'GET', headers, socket } = incoming;
  const path = readPath(incoming.url ?? '/');
  const { host = 'localhost' } = headers;
  const url = `http://${host}${path}`;
  // `checkHost` refuses the header itself; an address with a user cannot be requested.
  const target = /^[\w.:[\]-]+$/.test(host) && URL.canParse(url) ? url : `http://host.invalid${path}`;
  if (!URL.canParse(target) || method === 'CONNECT' || method === 'TRACE' || method === 'TRACK') return undefined;
  const request = new Request(target, {
    method,
    headers: readHeaders(incoming),
    signal,
    ...(method !== 'GET' && method !== 'HEAD' && { body: createBody(incoming), duplex: 'half' }),
  });
  setPeer(request, { address: socket.remoteAddress, host: headers.host ?? '' });
  return request;
}

/** A request may name a whole address in place of a path. */
function readPath(target: string): string {
  if (target.startsWith('/')) return target;
  if (!URL.canParse(target)) return '/';
  const { pathname, search } = new URL(target);
  return `${pathname}${search}`;
}

function readHeaders({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(String(rawHeaders[at]), String(rawHeaders[at + 1]));
  return headers;
}

function createBody(
  incoming: IncomingMessage & { readonly body?: unknown },
): ReadableStream<Uint8Array> | string | null {
  // Express has read the stream.
  if (incoming.readableEnded && incoming.body !== undefined) return JSON.stringify(incoming.body);
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  if (encoding === undefined && (length === undefined || length === '0')) return null;
  return Readable.toWeb(incoming) as ReadableStream<Uint8Array>; // Its chunks are bytes.
}

async function sendResponse(response: Response, { incoming, outgoing }: Exchange): Promise<void> {
  const { status, headers, body } = response;
  outgoing.writeHead(status, Object.fromEntries(headers));
  if (body === null || incoming.method === 'HEAD') {
    await body?.cancel();
    outgoing.end();
  } else if (isStream(headers)) await sendStream(body, outgoing);
  // Headers and body leave in one packet.
  else outgoing.end(new Uint8Array(await response.arrayBuffer()));
}

function isStream(headers: Headers): boolean {
  return /^(text\/event-stream|application\/x-ndjson)/.test(headers.get('content-type') ?? '');
}

async function sendStream(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  // The first event may be seconds away.
  outgoing.flushHeaders();
  const reader = body.getReader();
  outgoing.once('close', () => void reader.cancel().catch(() => undefined)); // A response that has failed cannot be cancelled.
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(next.value)) await waitForDrain(outgoing);
  }
  outgoing.end();
}

function waitForDrain(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      outgoing.off('drain', finish);
      outgoing.off('close', finish);
      resolve();
    };
    outgoing.on('drain', finish);
    outgoing.on('close', finish);
  });
}
