import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * What the proxy does with a request:
 * - `pass`: passes it and its response.
 * - `refuse`: answers 503; the server does not get the request.
 * - `503`: passes it, waits for the whole response, and answers 503 in its place.
 * - `reset`: passes it, and ends the connection after the headers and `afterBytes` of the response; with 0 before the headers.
 * - `hang`: passes it, and never answers.
 */
export type Fault =
  | { readonly type: 'pass' | 'refuse' | '503' | 'hang' }
  | { readonly type: 'reset'; readonly afterBytes: number };

export interface FaultyProxy {
  readonly url: string;
  /** The headers of each request that arrived. */
  readonly requests: readonly IncomingMessage['headers'][];
}

/** Starts a proxy before a server that handles each request by the next fault, then passes all others. Ends with the test. */
export async function startFaultyProxy(target: string, faults: readonly Fault[]): Promise<FaultyProxy> {
  const requests: IncomingMessage['headers'][] = [];
  // By hand: it stands before the server under test, and `@pawl/testing` has no proxy.
  const proxy = createServer((incoming, outgoing) => {
    const fault = faults[requests.length] ?? { type: 'pass' };
    requests.push(incoming.headers);
    if (fault.type === 'refuse') return void outgoing.writeHead(503).end();
    const passed = request(`${target}${incoming.url ?? '/'}`, { method: incoming.method, headers: incoming.headers });
    passed.on('response', (response) => relay(response, { outgoing, fault }));
    passed.on('error', () => outgoing.destroy());
    // The client has given up: so has this connection.
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests };
}

function relay(response: IncomingMessage, { outgoing, fault }: { outgoing: ServerResponse; fault: Fault }): void {
  switch (fault.type) {
    case 'refuse':
    case 'hang':
      response.resume();
      return;
    case '503':
      response.resume().on('end', () => outgoing.writeHead(503).end());
      return;
    case 'pass':
      outgoing.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(outgoing);
      return;
    case 'reset':
      relayUntil(fault.afterBytes, { response, outgoing });
  }
}

function relayUntil(
  maxBytes: number,
  { response, outgoing }: { response: IncomingMessage; outgoing: ServerResponse },
): void {
  if (maxBytes === 0) return void outgoing.destroy();
  let left = maxBytes;
  outgoing.writeHead(response.statusCode ?? 500, response.headers);
  outgoing.flushHeaders();
  response.on('data', (bytes: Buffer) => {
    const part = bytes.subarray(0, left);
    left -= part.length;
    outgoing.write(part, () => {
      if (left === 0) outgoing.destroy();
    });
  });
  response.on('end', () => outgoing.end());
}
