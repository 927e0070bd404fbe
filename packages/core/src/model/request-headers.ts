import { ConfigError } from '../base/errors.ts';
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

/** Names in lower case. The user's own win. */
export async function requestHeaders(source: HeaderSource, { isStreamed, traceparent }: Asked): Promise<Headers> {
  const key = typeof source.apiKey === 'function' ? checkedKey(await source.apiKey()) : source.apiKey;
  const own = typeof source.headers === 'function' ? checkedHeaders(await source.headers()) : source.headers;
  return {
    'content-type': 'application/json',
    accept: isStreamed ? 'text/event-stream' : 'application/json',
    'user-agent': 'pawl',
    ...(key && (source.keyHeader === 'api-key' ? { 'api-key': key } : { authorization: `Bearer ${key}` })),
    ...(source.organization && { 'openai-organization': source.organization }),
    ...(source.project && { 'openai-project': source.project }),
    ...(traceparent && { traceparent }),
    ...Object.fromEntries(Object.entries(own ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

/** The error names the header, never its value. */
export function checkedHeaders(headers: Headers = {}): Headers {
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
