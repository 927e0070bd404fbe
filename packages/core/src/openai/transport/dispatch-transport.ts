import { channel } from 'node:diagnostics_channel';
import { isIP } from 'node:net';
import { ConfigError } from '../../base/errors.ts';
import type { BodyBytes } from '../body-bytes.ts';
import { Exchange } from './exchange.ts';
import type { ProxyServer } from './proxy.ts';
import type { Dispatcher, DispatchOptions, HttpReply, HttpRequest, Transport } from './transport.ts';

export interface Dispatching {
  readonly dispatcher: Dispatcher;
  /** That the dispatcher goes through, for errors. */
  readonly proxy: ProxyServer | undefined;
}

/** HTTP to one address, by a dispatcher of undici. Redirects are not followed. */
export function dispatchTransport(url: string, { dispatcher, proxy }: Dispatching): Transport {
  const { origin, pathname, search, protocol, hostname } = new URL(url);
  const path = pathname + search;
  const ownName = protocol === 'https:' && isIP(hostname) === 0 ? { servername: hostname } : {};
  /** Most requests of a model have the same headers. */
  const checked = new WeakMap<HttpRequest['headers'], Record<string, string>>();
  const headersOf = (given: HttpRequest['headers']): Record<string, string> => {
    let headers = checked.get(given);
    if (headers === undefined) {
      headers = checkedHeaders(given, proxy);
      checked.set(given, headers);
    }
    return headers;
  };
  return (request) => {
    const { cancel } = request;
    if (cancel.isCancelled) return Promise.reject(cancel.reason);
    return new Promise<HttpReply>((answered, failed) => {
      const headers = headersOf(request.headers);
      const options: DispatchOptions = {
        origin,
        path,
        method: 'POST',
        headers,
        body: joined(request.body),
        headersTimeout: 0,
        bodyTimeout: 0,
        ...('host' in headers && ownName),
      };
      const exchange = new Exchange(request, { proxy: proxy?.address, answered, failed });
      try {
        dispatchTraced(dispatcher, { options, exchange });
      } catch (error) {
        exchange.onResponseError(null, error instanceof Error ? error : new Error(String(error)));
      }
    });
  };
}

function joined({ pieces }: BodyBytes): Uint8Array {
  const [first, ...others] = pieces;
  return first !== undefined && others.length === 0 ? first : Buffer.concat(pieces);
}

/** @throws ConfigError for what no header can carry; it names the header, never its value. */
function checkedHeaders(given: HttpRequest['headers'], proxy: ProxyServer | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': encodings(given) };
  for (const name of Object.keys(given)) {
    const value = given[name] ?? '';
    // Each by itself: a line break in one would begin another.
    if (!NAME.test(name) || !VALUE.test(value)) {
      throw new ConfigError(`The header "${name}" holds a character that no header can carry. Give a line of text.`);
    }
    if (proxy !== undefined && name === 'proxy-authorization') {
      throw new ConfigError(
        'The header "proxy-authorization" belongs to the proxy. Put the credentials into the variable that names it: "http://user:password@proxy:3128".',
      );
    }
    // How a request is framed and how its connection is used is decided here: undici takes none of these.
    if (!FRAMING.has(name) && (name !== 'connection' || TOKENS.test(value))) headers[name] = value;
  }
  return headers;
}

const NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TOKENS = /^[\w-]+( *, *[\w-]+)*$/;
const FRAMING: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'expect',
]);

/** What stands between us and a server may hold a compressed stream back until it is complete. */
function encodings({ accept }: HttpRequest['headers']): string {
  return accept === 'text/event-stream' ? 'identity' : 'gzip, br';
}

interface Traced {
  readonly options: DispatchOptions;
  readonly exchange: Exchange;
}

/**
 * An instrumentation of undici adds its own `traceparent` when a request is created. A request has one: that of the
 * instrumentation, whose span is the nearer one.
 */
function dispatchTraced(dispatcher: Dispatcher, { options, exchange }: Traced): void {
  if (!created.hasSubscribers || !('traceparent' in options.headers)) {
    dispatcher.dispatch(options, exchange);
    return;
  }
  created.subscribe(dropOwnTrace); // Behind all others: the last one is called last.
  try {
    dispatcher.dispatch(options, exchange);
  } finally {
    created.unsubscribe(dropOwnTrace);
  }
}

const created = channel('undici:request:create');

/** Names and values in turn, as undici has them. */
function dropOwnTrace(message: unknown): void {
  const { headers } = (message as { readonly request: { readonly headers: unknown } }).request; // What this channel carries is documented.
  if (!Array.isArray(headers)) return;
  const isTrace = (value: unknown, at: number): boolean => at % 2 === 0 && /^traceparent$/i.test(String(value));
  const first = headers.findIndex(isTrace);
  if (first !== headers.findLastIndex(isTrace)) headers.splice(first, 2);
}
