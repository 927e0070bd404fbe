import type { CreateTransport, Transport } from '../transport.ts';
import { proxyTo } from './proxy.ts';

/**
 * HTTP/1.1 over `node:net` and `node:tls`: a request costs a third of what it does over `node:http`, and a sixth of the global
 * `fetch`. It is loaded with the first of them: Node's own modules take longer to load than all of core.
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
