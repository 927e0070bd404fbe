import { isDebugging, writeDebug } from '../../base/debug-line.ts';
import { fetchTransport } from './fetch-transport.ts';
import { type ProxyServer, proxyTo } from './proxy.ts';
import type { CreateTransport, Dispatcher, Transport } from './transport.ts';

/**
 * HTTP/1.1 over undici, which is loaded with the first request: it takes longer to load than all of core.
 *
 * Some bundles cannot load it, because it is CommonJS that requires Node's modules: there `fetch` sends the requests.
 */
export const createTransport: CreateTransport = (url, dispatcher) => {
  const proxy = dispatcher === undefined ? proxyTo(url) : undefined;
  let send: Transport = async (request) => {
    send = await loadTransport(url, { dispatcher, proxy });
    return send(request);
  };
  return (request) => send(request);
};

interface Sending {
  readonly dispatcher: Dispatcher | undefined;
  readonly proxy: ProxyServer | undefined;
}

async function loadTransport(url: string, { dispatcher, proxy }: Sending): Promise<Transport> {
  const own = dispatcher ?? (await loadAgent(proxy));
  if (own === undefined) return (request) => fetchTransport(globalThis.fetch, url)(request);
  const { dispatchTransport } = await import('./dispatch-transport.ts');
  return dispatchTransport(url, { dispatcher: own, proxy });
}

async function loadAgent(proxy: ProxyServer | undefined): Promise<Dispatcher | undefined> {
  try {
    const { agentFor } = await import('./agents.ts');
    return agentFor(proxy);
  } catch (error) {
    if (isDebugging()) writeDebug(fallbackLine(error, proxy));
    return undefined;
  }
}

function fallbackLine(error: unknown, proxy: ProxyServer | undefined): string {
  const direct = proxy === undefined ? '' : `, without the proxy ${proxy.address}`;
  const why = error instanceof Error ? error.message : String(error);
  return `pawl: undici could not be loaded (${why}). Requests use fetch${direct}. Keep undici out of the bundle (external) to use it.\n`;
}
