import { isDebugEnabled, writeDebug } from '../../base/write-debug.ts';
import { fetchTransport } from './fetch-transport.ts';
import { findProxy, type ProxyServer } from './proxy.ts';
import type { CreateTransport, Dispatcher, Transport } from './transport.ts';

/** HTTP/1.1 over undici. It is loaded with the first request, because it takes longer to load than all of core. */
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

/** undici is CommonJS that requires modules of Node: some bundles cannot load it, and `fetch` sends their requests. */
function reportFailure(error: unknown): undefined {
  const reason = error instanceof Error ? error.message : String(error);
  if (isDebugEnabled()) {
    writeDebug(
      `pawl: undici could not be loaded (${reason}). Requests use fetch. Proxy variables have no effect. To use undici, keep it out of the bundle (external).\n`,
    );
  }
}

/**
 * A dispatcher of the user may change the options that it gets, and headers are shared by the requests of a model: it gets copies.
 * A mock compares the body with texts.
 */
function protectOptions(dispatcher: Dispatcher): Dispatcher {
  return {
    dispatch({ headers, body, ...options }, handler) {
      const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
      return dispatcher.dispatch({ ...options, headers: { ...headers }, body: text }, handler);
    },
  };
}
