import { ConfigError } from '../base/errors.ts';
import { shorten } from '../base/text.ts';
import { isSecretSegment } from './secret-segment.ts';

/** Where requests go. */
export interface Server {
  readonly url: string;
  /** `host:port`. */
  readonly address: string;
  readonly hostname: string;
  /** Lower case, without a slash at its end. */
  readonly path: string;
  readonly hasApiVersion: boolean;
}

export type Query = Readonly<Record<string, string>>;

export const DEFAULT_BASE_URL = 'https://api.openai.com/v1';

/** @throws ConfigError for a base URL that cannot be one. */
export function serverAt(baseURL: string, query: Query = {}): Server {
  const base = parsed(baseURL);
  const path = base.pathname.replace(/\/+$/, '');
  if (path.endsWith('/chat/completions')) {
    throw new ConfigError(`baseURL "${shown(baseURL)}" ends in /chat/completions. Leave that off: it is added.`);
  }
  for (const [name, value] of Object.entries(query)) base.searchParams.set(name, value);
  const { protocol, hostname, host, port, origin, search } = base;
  return {
    url: `${origin}${path}/chat/completions${search}`,
    address: port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host,
    hostname,
    path: path.toLowerCase(),
    hasApiVersion: base.searchParams.has('api-version'),
  };
}

function parsed(baseURL: string): URL {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(
      `baseURL "${shown(baseURL)}" is not an http or https address. Give one such as "${DEFAULT_BASE_URL}" (option baseURL, or the variable OPENAI_BASE_URL).`,
    );
  }
  if (url.username === '' && url.password === '') return url;
  throw new ConfigError(
    `baseURL for ${url.host} holds a user name or a password. Send it by the option headers instead.`,
  );
}

/** Without what may be a password or a key in it. */
function shown(baseURL: string): string {
  // An address and a key are easily mixed up.
  if (/^[\w-]{16,}$/.test(baseURL)) return `${baseURL.slice(0, 3)}…`;
  const segments = baseURL
    .replace(/[^/]*@/, '…@')
    .replace(/[?#].*$/s, '?…')
    .split('/');
  return shorten(segments.map((segment) => (isSecretSegment(segment) ? '…' : segment)).join('/'));
}
