import { isDebugEnabled, writeDebug } from '../../base/write-debug.ts';
import { fetchTransport } from './fetch-transport.ts';
import { findProxy, type ProxyServer } from './proxy.ts';
import type { CreateTransport, Dispatcher, Transport } from './transport.ts';

/** Sends requests by HTTP/1.1 with undici. The first request loads it, because it takes longer to load than all of core. */
export const createTransport: CreateTransport = (url, dispatcher) => {
  const proxy = dispatcher === undefined ? findProxy(url) : undefined;
  let send: Transport = async (request) => {
    send = await loadTransport(url, { dispatcher, proxy });
    return send(request);
  };
  return (request) => send(request);
};

interface Route {
  readonly dispatcher: Dispatcher | undefined;
  readonly proxy: ProxyServer | undefined;
}

async function loadTransport(url: string, { dispatcher, proxy }: Route): Promise<Transport> {
  const used = dispatcher === undefined ? await loadAgent(proxy) : protectOptions(dispatcher);
  if (used === undefined) return (request) => fetchTransport(globalThis.fetch, url)(request);
  const { dispatchTransport } = await import('./dispatch-transport.ts');
  return dispatchTransport(url, { dispatcher: used, proxy });
}

async function loadAgent(proxy: ProxyServer | undefined): Promise<Dispatcher | undefined> {
  loading ??= import('./agents.ts').catch(reportFailure);
  return (await loading)?.getAgent(proxy);
}

let loading: Promise<typeof import('./agents.ts') | undefined> | undefined;

/** Some bundles cannot load undici, which is CommonJS and requires modules of Node. `fetch` sends their requests. */
function reportFailure(error: unknown): undefined {
  const reason = error instanceof Error ? error.message : String(error);
  if (isDebugEnabled()) {
    writeDebug(
      `pawl: undici could not be loaded (${reason}). Requests use fetch. Proxy variables have no effect. To use undici, keep it out of the bundle (external).\n`,
    );
  }
}

/**
 * A dispatcher of the user may change its options, and the requests of a model share headers: it gets copies. The body is a string,
 * because mocks compare it with strings.
 */
function protectOptions(dispatcher: Dispatcher): Dispatcher {
  return {
    dispatch({ headers, body, ...options }, handler) {
      const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
      return dispatcher.dispatch({ ...options, headers: { ...headers }, body: text }, handler);
    },
  };
}
