import { channel } from 'node:diagnostics_channel';
import { isIPv4 } from 'node:net';
import { ConfigError } from '../../base/errors.ts';
import type { BodyBytes } from '../body-bytes.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import type { ProxyServer } from './proxy.ts';
import { addTraceHeaders, type Dispatcher, type HttpRequest, type Transport } from './transport.ts';

export interface DispatchTransportOptions {
  readonly dispatcher: Dispatcher;
  /** The proxy that the dispatcher connects to, for errors. */
  readonly proxy: ProxyServer | undefined;
}

/** Sends requests with a dispatcher of undici. Does not follow redirects: they could send the key to another server. */
export function dispatchTransport(url: string, { dispatcher, proxy }: DispatchTransportOptions): Transport {
  const { origin, pathname, search, protocol, hostname } = new URL(url);
  const constant = { origin, path: pathname + search, method: 'POST', headersTimeout: 0, bodyTimeout: 0 } as const;
  const hasServername = protocol === 'https:' && !isIPv4(hostname) && !hostname.startsWith('[');
  /** Most requests of a model have the same headers object. */
  const prepared = new WeakMap<HttpRequest['headers'], Record<string, string>>();
  const send = (request: HttpRequest, { resolve, reject }: Settle): void => {
    const shared = prepared.get(request.headers) ?? prepareHeaders(request.headers, proxy);
    prepared.set(request.headers, shared);
    for (const name in request.traceHeaders) checkHeader(name, request.traceHeaders[name] ?? '');
    const headers = request.traceHeaders === undefined ? shared : addTraceHeaders(shared, request.traceHeaders);
    const onStarted = keepOneTraceContext(headers);
    const exchange = new Exchange(request, { proxy: proxy?.address, onStarted, resolve, reject });
    // Without this, undici asks a TLS server for the name in the `host` header.
    const servername = 'host' in headers && hasServername ? { servername: hostname } : undefined;
    request.onSend?.(headers);
    try {
      dispatcher.dispatch({ ...constant, headers, body: concatenate(request.body), ...servername }, exchange);
    } catch (error) {
      exchange.onResponseError(null, error instanceof Error ? error : new Error(String(error)));
    }
  };
  return (request) =>
    new Promise((resolve, reject) => {
      if (request.cancel.isCancelled) reject(request.cancel.reason);
      else send(request, { resolve, reject });
    });
}

type Settle = Pick<ExchangeOptions, 'resolve' | 'reject'>;

function concatenate({ pieces }: BodyBytes): Uint8Array {
  const [first, ...others] = pieces;
  return first !== undefined && others.length === 0 ? first : Buffer.concat(pieces);
}

/** @throws ConfigError for a header that cannot be sent. It quotes the name, never the value. */
function prepareHeaders(original: HttpRequest['headers'], proxy: ProxyServer | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': chooseEncodings(original) };
  for (const [name, value] of Object.entries(original)) {
    checkHeader(name, value);
    if (proxy !== undefined && name === 'proxy-authorization') {
      throw new ConfigError(
        'The header "proxy-authorization" belongs to the proxy. Put the credentials into the proxy variable: "http://user:password@proxy:3128".',
      );
    }
    if (!FRAMING.has(name) && (name !== 'connection' || TOKENS.test(value))) headers[name] = value;
  }
  return headers;
}

/** A line break in a name or value would start another header. */
function checkHeader(name: string, value: string): void {
  if (NAME.test(name) && VALUE.test(value)) return;
  throw new ConfigError(
    `The header "${name}" has a character that is not allowed in headers. Pass a single line of text.`,
  );
}

const NAME = /^[!#$%&'*+.^`|~\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const TOKENS = /^[\w-]+( *, *[\w-]+)*$/;

/** undici decides how a request is framed and how its connection is used, and throws for these headers. */
const FRAMING: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'expect',
]);

/** A proxy that compresses a stream may hold it back until it is complete. */
function chooseEncodings({ accept }: HttpRequest['headers']): string {
  return accept === 'text/event-stream' ? 'identity' : 'gzip, br';
}

/**
 * Instrumentation of undici adds a trace context when a request is created, and servers refuse a request with two. Removes ours then,
 * because the span of the instrumentation is nearer. Returns a function that stops this.
 */
function keepOneTraceContext(headers: HttpRequest['headers']): (() => void) | undefined {
  if (!requestCreated.hasSubscribers || !('traceparent' in headers)) return undefined;
  const removeDuplicate = (message: unknown): void => removeFirstTraceContext(message, 'tracestate' in headers);
  requestCreated.subscribe(removeDuplicate); // Called after earlier subscribers.
  return () => void requestCreated.unsubscribe(removeDuplicate);
}

const requestCreated = channel('undici:request:create');

/** The headers of an undici request are a list of alternating names and values. What is added comes after ours. */
function removeFirstTraceContext(message: unknown, hasTracestate: boolean): void {
  const { headers } = (message as { readonly request: { readonly headers: unknown } }).request; // The message of this channel is documented.
  if (!Array.isArray(headers)) return;
  const isNamed = (name: string) => (value: unknown, at: number) =>
    at % 2 === 0 && String(value).toLowerCase() === name;
  const first = headers.findIndex(isNamed('traceparent'));
  if (first === headers.findLastIndex(isNamed('traceparent'))) return;
  headers.splice(first, 2);
  // The vendors' data belongs to the span that it came with.
  const state = headers.findIndex(isNamed('tracestate'));
  if (hasTracestate && state >= 0) headers.splice(state, 2);
}
