import type { CreateTransport, Transport } from '../transport.ts';
import { proxyTo } from './proxy.ts';

/**
 * Over `node:http`, which costs a third of the global `fetch` for each request. It is loaded with the first of them: Node's
 * own modules for HTTP take longer to load than all of core.
 */
export const createTransport: CreateTransport = (url) => {
  const proxy = proxyTo(url);
  let send: Transport = async (request) => {
    const { httpTransport } = await import('./http-transport.ts');
    send = httpTransport(url, proxy);
    return send(request);
  };
  return (request) => send(request);
};
