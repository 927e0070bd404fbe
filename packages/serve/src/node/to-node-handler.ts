import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setPeer } from '../access/peer.ts';
import { getResponseText } from '../protocol/json-response.ts';

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
  if (method === 'CONNECT' || method === 'TRACE' || method === 'TRACK') return undefined;
  // `checkHost` refuses the header itself; an address with a user cannot be requested.
  const names = [...(/^[\w.:[\]-]+$/.test(host) ? [host] : []), 'host.invalid'];
  const target = names.map((name) => `http://${name}${path}`).find((url) => URL.canParse(url));
  if (target === undefined) return undefined;
  const pieces = method === 'GET' || method === 'HEAD' ? undefined : readIncoming(incoming);
  const body = pieces === undefined ? undefined : createBody(pieces);
  const request = new Request(target, {
    method,
    headers: readHeaders(incoming),
    signal,
    ...(body !== undefined && { body: body.stream, duplex: 'half' }),
  });
  const peer = { address: socket.remoteAddress, host: headers.host ?? '' };
  setPeer(request, body === undefined ? peer : { ...peer, takeBody: body.take });
  return request;
}

/** A request may name a whole address in place of a path. */
function readPath(target: string): string {
  if (target.startsWith('/')) return target;
  if (!URL.canParse(target)) return '/';
  const { pathname, search } = new URL(target);
  return `${pathname}${search}`;
}

function readHeaders({ rawHeaders }: IncomingMessage): [name: string, value: string][] {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.push([String(rawHeaders[at]), String(rawHeaders[at + 1])]);
  return headers;
}

/** The pieces of a body; `undefined` if there is none. */
function readIncoming(incoming: IncomingMessage & { readonly body?: unknown }): AsyncIterable<Uint8Array> | undefined {
  // Express has read the stream.
  if (incoming.readableEnded && incoming.body !== undefined)
    return Readable.from([Buffer.from(JSON.stringify(incoming.body))]);
  const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers;
  return encoding === undefined && (length === undefined || length === '0') ? undefined : incoming;
}

interface Body {
  /** For functions of the application, such as `authorize`. Created by hand: `Readable.toWeb` adds its listeners to every request. */
  readonly stream: ReadableStream<Uint8Array>;
  readonly take: () => AsyncIterable<Uint8Array> | undefined;
}

function createBody(pieces: AsyncIterable<Uint8Array>): Body {
  let reading: AsyncIterator<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reading ??= pieces[Symbol.asyncIterator]();
        const { done, value } = await reading.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await reading?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, take: () => (reading === undefined ? pieces : undefined) };
}

async function sendResponse(response: Response, { incoming, outgoing }: Exchange): Promise<void> {
  const { status, headers, body } = response;
  const listed = [...headers].flat();
  if (body === null || incoming.method === 'HEAD') {
    await body?.cancel();
    outgoing.writeHead(status, listed).end();
  } else if (isStream(headers)) {
    outgoing.writeHead(status, listed);
    await sendStream(body, outgoing);
  } else {
    const content = getResponseText(response) ?? new Uint8Array(await response.arrayBuffer());
    // Without its length Node would send the body in chunks.
    if (!headers.has('content-length')) listed.push('content-length', String(Buffer.byteLength(content)));
    outgoing.writeHead(status, listed).end(content);
  }
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
