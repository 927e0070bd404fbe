import { ConfigError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import { describeType } from '../base/options.ts';
import type { ModelContext } from '../model/chat-model.ts';
import type { Profile } from './profile.ts';

export type Headers = Readonly<Record<string, string>>;

/** The sources of the headers of a model. Functions are called for each attempt. */
export interface HeaderSource {
  /** `''` if there is no key. */
  readonly apiKey: string | (() => string | Promise<string>);
  readonly keyHeader: Profile['keyHeader'];
  readonly headers: Headers | (() => Headers | Promise<Headers>) | undefined;
  readonly organization: string | undefined;
  readonly project: string | undefined;
}

export interface RequestTraits {
  readonly isStreamed: boolean;
}

/** Builds the headers, with names in lower case. Headers of the user replace others. Returns a promise only if a source is a function. */
export function buildRequestHeaders(source: HeaderSource, traits: RequestTraits): Headers | Promise<Headers> {
  const { apiKey, headers } = source;
  if (typeof apiKey !== 'string' || typeof headers === 'function') return resolveHeaders(source, traits);
  const cache = traits.isStreamed ? streamedHeaders : unstreamedHeaders;
  let known = cache.get(source);
  if (known === undefined) {
    known = joinHeaders(source, { ...traits, apiKey, headers });
    cache.set(source, known);
  }
  return known;
}

/** The same object for equal headers: the transport prepares each object once. */
const streamedHeaders = new WeakMap<HeaderSource, Headers>();
const unstreamedHeaders = new WeakMap<HeaderSource, Headers>();

async function resolveHeaders(source: HeaderSource, traits: RequestTraits): Promise<Headers> {
  const apiKey = typeof source.apiKey === 'function' ? checkKey(await source.apiKey()) : source.apiKey;
  const headers = typeof source.headers === 'function' ? checkHeaders(await source.headers()) : source.headers;
  return joinHeaders(source, { ...traits, apiKey, headers });
}

function joinHeaders(
  source: HeaderSource,
  {
    isStreamed,
    apiKey,
    headers = {},
  }: RequestTraits & { readonly apiKey: string; readonly headers: Headers | undefined },
): Headers {
  const joined: Record<string, string> = {
    'content-type': 'application/json',
    accept: isStreamed ? 'text/event-stream' : 'application/json',
    'user-agent': 'pawl',
  };
  if (apiKey !== '' && source.keyHeader === 'api-key') joined['api-key'] = apiKey;
  else if (apiKey !== '') joined['authorization'] = `Bearer ${apiKey}`;
  if (source.organization) joined['openai-organization'] = source.organization;
  if (source.project) joined['openai-project'] = source.project;
  for (const name of Object.keys(headers)) joined[name.toLowerCase()] = headers[name] ?? '';
  return joined;
}

/** Builds the headers of the W3C trace context. They differ from request to request, so that they are not among the others. */
export function buildTraceHeaders({
  traceparent,
  tracestate,
}: Pick<ModelContext, 'traceparent' | 'tracestate'>): Headers | undefined {
  if (!traceparent) return undefined;
  return tracestate ? { traceparent, tracestate } : { traceparent };
}

/** Builds the headers without the key and those of the user. */
export function buildKnownHeaders(source: HeaderSource, traits: RequestTraits): Headers {
  return joinHeaders(source, { ...traits, apiKey: '', headers: undefined });
}

/** Builds the headers that may change a response: all except those that identify one request or describe its transfer. */
export async function buildIdentityHeaders(source: HeaderSource): Promise<Headers> {
  const headers = await buildRequestHeaders(source, { isStreamed: false });
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !PER_REQUEST_HEADERS.has(name)));
}

const PER_REQUEST_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'baggage',
  'content-type',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-client-request-id',
  'x-correlation-id',
  'x-request-id',
]);

/** @throws ConfigError for an invalid header. The error quotes the name, never the value. */
export function checkHeaders(headers: Headers = {}): Headers {
  if (typeof headers !== 'object' || headers === null || !isPlainObject(headers)) {
    throw new ConfigError(
      `The headers are ${describeType(headers)}. Pass an object of strings: { name: 'value' }, or Object.fromEntries(headers).`,
    );
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name)) {
      throw new ConfigError(
        `"${name.replace(/[^\w-].*$/s, '…')}" is not a valid header name. Pass names and values separately.`,
      );
    }
    if (typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    const what =
      typeof value === 'string'
        ? 'has a character that is not allowed in headers'
        : `is ${value === null ? 'null' : typeof value}`;
    throw new ConfigError(`The header "${name}" ${what}. Pass a single line of text.`);
  }
  return headers;
}

/**
 * Trims a key: one from a file often ends in a line break, which headers do not allow.
 *
 * @throws ConfigError for an invalid key. The error does not quote it.
 */
export function checkKey(key: unknown): string {
  if (key === undefined) return '';
  if (typeof key !== 'string')
    throw new ConfigError(`apiKey is ${key === null ? 'null' : `a ${typeof key}`}. Pass a string.`);
  const trimmed = key.trim();
  if (/^[\x21-\x7e]*$/.test(trimmed)) return trimmed;
  throw new ConfigError('apiKey has a space or a character that is not allowed in headers. Pass the key alone.');
}
