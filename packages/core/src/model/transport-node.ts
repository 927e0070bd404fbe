import http, { type Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type HttpReply, type HttpRequest, type Transport, TransportError } from './transport.ts';

/** Over `node:http`, which costs a third of the global `fetch` for each request. */
export const transport: Transport = (request) =>
  new Promise((resolve, reject) => {
    const { url, headers, body, signal } = request;
    if (signal.aborted) return reject(signal.reason);
    const [module, agent] = url.startsWith('https:') ? [https, secureAgent] : [http, plainAgent];
    const sent = module.request(url, { method: 'POST', agent, headers: { 'accept-encoding': 'identity', ...headers } });
    // Without the reason: a socket that has no listener any more would bring down the process with it.
    const onAbort = (): void => void sent.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    // Stays for the life of the request: a socket can fail once more after it was destroyed.
    sent.on('error', (cause) => reject(failure(cause, { request, agent, sent })));
    sent.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      // Without effect after a response or an error; a server that switches protocols gives neither.
      reject(failure(new Error('The connection was closed without a reply.'), { request, agent, sent }));
    });
    sent.once('response', (reply) => resolve(replyOf(reply, request)));
    // In one piece, so that Node itself sets the length.
    sent.end(body);
  });

// An agent turns off the delay of small packets, and its idle sockets do not keep the process alive.
const plainAgent = new http.Agent({ keepAlive: true });
const secureAgent = new https.Agent({ keepAlive: true });

interface Sending {
  readonly request: HttpRequest;
  readonly agent: Agent;
  readonly sent: ClientRequest;
}

function failure(cause: Error, { request, agent, sent }: Sending): unknown {
  if (request.signal.aborted) return request.signal.reason;
  const staleSocket = sent.reusedSocket && 'code' in cause && CLOSED.has(String(cause.code));
  if (staleSocket) closeIdle(agent, new URL(request.url));
  return new TransportError({ phase: 'request', staleSocket, cause });
}

const CLOSED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Where one connection went stale its neighbours did as well: the next request gets a fresh one. */
function closeIdle(agent: Agent, { protocol, hostname, port }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  const start = `${host}:${port || (protocol === 'https:' ? 443 : 80)}:`;
  for (const [name, sockets] of Object.entries(agent.freeSockets)) {
    if (name.startsWith(start)) for (const socket of [...(sockets ?? [])]) socket.destroy();
  }
}

function replyOf(reply: IncomingMessage, request: HttpRequest): HttpReply {
  return {
    status: reply.statusCode ?? 0,
    header(name) {
      const value = reply.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: bodyOf(reply, request),
  };
}

/** Leaving it early destroys the socket, which `for await` does to a stream by itself. */
async function* bodyOf(reply: IncomingMessage, { signal }: HttpRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* reply;
  } catch (cause) {
    throw signal.aborted ? signal.reason : new TransportError({ phase: 'reply', staleSocket: false, cause });
  }
}
