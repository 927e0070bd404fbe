import { ConfigError } from '../../base/errors.ts';
import type { HttpReply, HttpRequest, Transport } from '../transport.ts';
import { Connections, type Way } from './connections.ts';
import { type Destination, Exchange } from './exchange.ts';
import type { ProxyServer } from './tunnel.ts';

/** HTTP/1.1 (RFC 9112) to one address, directly or through a proxy. */
export function httpTransport(url: string, proxy: ProxyServer | undefined): Transport {
  const { way, start, ownHeaders } = routeOf(url, proxy);
  /** Most requests of a model have the same headers. */
  const heads = new WeakMap<HttpRequest['headers'], string>();
  const destination: Destination = {
    connections: connectionsOf(way),
    proxy: proxy?.address,
    headOf(headers) {
      let head = heads.get(headers);
      if (head === undefined) {
        head = start + fields({ ...ownHeaders, ...headers });
        heads.set(headers, head);
      }
      return head;
    },
  };
  return (request) => {
    const { cancel } = request;
    if (cancel.isOver) return Promise.reject(cancel.reason);
    return new Promise<HttpReply>((answered, failed) => {
      new Exchange(request, { destination, answered, failed });
    });
  };
}

interface Route {
  readonly way: Way;
  /** The first line of a request. */
  readonly start: string;
  /** Beside those of the request, which win. */
  readonly ownHeaders: HttpRequest['headers'];
}

/** What is the same for every request, looked up once. Plain requests go to a proxy with the whole address. */
function routeOf(url: string, proxy: ProxyServer | undefined): Route {
  const { protocol, hostname, host: authority, port: given, pathname, search } = new URL(url);
  const isSecure = protocol === 'https:';
  const endpoint = { isSecure, host: hostname.replace(/^\[|\]$/g, ''), port: Number(given) || (isSecure ? 443 : 80) };
  const start = `POST ${pathname}${search} HTTP/1.1\r\n`;
  const ownHeaders = { host: authority, connection: 'keep-alive' };
  if (proxy === undefined || isSecure) return { way: { endpoint, proxy }, start, ownHeaders };
  const { authorization } = proxy;
  return {
    way: { endpoint: proxy, proxy: undefined },
    start: `POST ${url} HTTP/1.1\r\n`,
    ownHeaders: authorization === undefined ? ownHeaders : { ...ownHeaders, 'proxy-authorization': authorization },
  };
}

/** @throws ConfigError for what no header can carry; it names the header, never its value. */
function fields(headers: HttpRequest['headers']): string {
  const all: HttpRequest['headers'] = { 'accept-encoding': encodings(headers), ...headers };
  let text = '';
  for (const name of Object.keys(all)) {
    const value = all[name] ?? '';
    // Each by itself: a line break in one would begin another.
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new ConfigError(`The header "${name}" holds a character that no header can carry. Give a line of text.`);
    }
    // How long a request is, is ours to say.
    if (name !== 'content-length' && name !== 'transfer-encoding') text += `${name}: ${value}\r\n`;
  }
  return text;
}

const NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What stands between us and a server may hold a compressed stream back until it is complete. */
function encodings({ accept }: HttpRequest['headers']): string {
  return accept === 'text/event-stream' ? 'identity' : 'gzip, br';
}

/** The same for all models that speak with one server; gone with the last of them and its last connection. */
function connectionsOf(way: Way): Connections {
  const key = JSON.stringify(way);
  const known = byWay.get(key)?.deref();
  if (known !== undefined) return known;
  const connections = new Connections(way);
  byWay.set(key, new WeakRef(connections));
  gone.register(connections, key);
  return connections;
}

const byWay = new Map<string, WeakRef<Connections>>();

const gone = new FinalizationRegistry<string>((key) => {
  if (byWay.get(key)?.deref() === undefined) byWay.delete(key);
});
