import { ConfigError } from '../base/errors.ts';
import { shorten } from '../base/text.ts';
import { isSecretSegment } from './secret-segment.ts';

/** The URL of a server and its parts. */
export interface Server {
  readonly url: string;
  /** `host:port`. */
  readonly address: string;
  readonly hostname: string;
  readonly port: number;
  /** In lower case, without a trailing slash. */
  readonly path: string;
  readonly hasApiVersion: boolean;
}

export type Query = Readonly<Record<string, string>>;

export const DEFAULT_BASE_URL = 'https://api.openai.com/v1';

/** The path of an API behind the base URL. */
export type ApiPath = '/chat/completions' | '/responses';

const API_PATHS: readonly ApiPath[] = ['/chat/completions', '/responses'];

/** @throws ConfigError if the base URL is invalid. The error contains no secrets. */
export function resolveServer(baseURL: string, query: Query = {}, apiPath: ApiPath = '/chat/completions'): Server {
  const base = parseBaseUrl(baseURL);
  const path = base.pathname.replace(/\/+$/, '');
  const added = API_PATHS.find((each) => path.endsWith(each));
  if (added !== undefined) {
    throw new ConfigError(
      `baseURL "${redactBaseUrl(baseURL)}" ends in ${added}. Remove that: it is added to each request.`,
    );
  }
  for (const [name, value] of Object.entries(query)) base.searchParams.set(name, value);
  const { protocol, hostname, host, origin, search } = base;
  const port = base.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(base.port);
  return {
    url: `${origin}${path}${apiPath}${search}`,
    address: base.port === '' ? `${host}:${port}` : host,
    hostname,
    port,
    path: path.toLowerCase(),
    hasApiVersion: base.searchParams.has('api-version'),
  };
}

function parseBaseUrl(baseURL: string): URL {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(
      `baseURL "${redactBaseUrl(baseURL)}" is not an http or https URL. Pass one such as "${DEFAULT_BASE_URL}" (option baseURL, or the variable OPENAI_BASE_URL).`,
    );
  }
  if (url.username === '' && url.password === '') return url;
  throw new ConfigError(
    `baseURL for ${url.host} has a user name or a password. Send it with the option headers instead.`,
  );
}

/** Removes what may be a password or a key. */
function redactBaseUrl(baseURL: string): string {
  // Users pass the key as base URL by mistake.
  if (/^[\w-]{16,}$/.test(baseURL)) return `${baseURL.slice(0, 3)}…`;
  const segments = baseURL
    .replace(/[^/]*@/, '…@')
    .replace(/[?#].*$/s, '?…')
    .split('/');
  return shorten(segments.map((segment) => (isSecretSegment(segment) ? '…' : segment)).join('/'));
}
