import { ConfigError } from '../base/errors.ts';
import { isPlainObject } from '../base/json.ts';
import { describeType } from '../base/options.ts';
import type { Profile } from './profile.ts';

export type Headers = Readonly<Record<string, string>>;

/** Where the headers of a model come from; asked for each attempt. */
export interface HeaderSource {
  /** `''` for none. */
  readonly apiKey: string | (() => string | Promise<string>);
  readonly keyHeader: Profile['keyHeader'];
  readonly headers: Headers | (() => Headers | Promise<Headers>) | undefined;
  readonly organization: string | undefined;
  readonly project: string | undefined;
}

export interface Asked {
  readonly isStreamed: boolean;
  readonly traceparent: string | undefined;
}

/** Names in lower case. The user's own win. What nobody has to be asked for is there at once. */
export function requestHeaders(source: HeaderSource, asked: Asked): Headers | Promise<Headers> {
  const { apiKey, headers } = source;
  if (typeof apiKey !== 'string' || typeof headers === 'function') return askedFor(source, asked);
  if (asked.traceparent) return joined(source, { ...asked, apiKey, headers });
  const made = asked.isStreamed ? streamed : whole;
  let known = made.get(source);
  if (known === undefined) {
    known = joined(source, { ...asked, apiKey, headers });
    made.set(source, known);
  }
  return known;
}

/** The headers of requests that differ in nothing: the transport knows them again. */
const streamed = new WeakMap<HeaderSource, Headers>();
const whole = new WeakMap<HeaderSource, Headers>();

async function askedFor(source: HeaderSource, asked: Asked): Promise<Headers> {
  const apiKey = typeof source.apiKey === 'function' ? checkedKey(await source.apiKey()) : source.apiKey;
  const headers = typeof source.headers === 'function' ? checkedHeaders(await source.headers()) : source.headers;
  return joined(source, { ...asked, apiKey, headers });
}

function joined(
  source: HeaderSource,
  {
    isStreamed,
    traceparent,
    apiKey,
    headers = {},
  }: Asked & { readonly apiKey: string; readonly headers: Headers | undefined },
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
  if (traceparent) joined['traceparent'] = traceparent;
  for (const name of Object.keys(headers)) joined[name.toLowerCase()] = headers[name] ?? '';
  return joined;
}

/** The headers that may change a response: all but those that name a request, or say how it is carried. */
export async function lastingHeaders(source: HeaderSource): Promise<Headers> {
  const headers = await requestHeaders(source, { isStreamed: false, traceparent: undefined });
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_REQUEST.has(name)));
}

const OF_ONE_REQUEST: ReadonlySet<string> = new Set([
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

/** The error names the header, never its value. */
export function checkedHeaders(headers: Headers = {}): Headers {
  if (typeof headers !== 'object' || headers === null || !isPlainObject(headers)) {
    throw new ConfigError(
      `The headers are ${describeType(headers)}. Give an object of texts: { name: 'value' }, or Object.fromEntries(headers).`,
    );
  }
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(name)) {
      throw new ConfigError(
        `"${name.replace(/[^\w-].*$/s, '…')}" is no name of a header. Give names and values apart.`,
      );
    }
    if (typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    const what =
      typeof value === 'string'
        ? 'holds a character that no header can carry'
        : `is ${value === null ? 'null' : typeof value}`;
    throw new ConfigError(`The header "${name}" ${what}. Give a line of text.`);
  }
  return headers;
}

/** A key read from a file often ends in a line break, which no header can carry. */
export function checkedKey(key: unknown): string {
  if (key === undefined) return '';
  if (typeof key !== 'string')
    throw new ConfigError(`apiKey gave ${key === null ? 'null' : `a ${typeof key}`}. Give a string.`);
  const trimmed = key.trim();
  if (/^[\x21-\x7e]*$/.test(trimmed)) return trimmed;
  throw new ConfigError(
    'apiKey holds a space or a character that no header can carry. Check that it is the key alone.',
  );
}
