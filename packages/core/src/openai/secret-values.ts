import { isRecord } from '../base/json.ts';
import { readEnvironment } from '../base/read-environment.ts';
import { parseProxyUrl } from './proxy-url.ts';
import { isSecretSegment } from './secret-segment.ts';

/** Where the secrets of a request are. */
export interface SecretSources {
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
  /** What a gateway is to be let in with elsewhere may stand in the body. */
  readonly extraBody: unknown;
}

/** Everything in a request, and on its way, that lets somebody in. */
export function secretValues({ headers, url, extraBody }: SecretSources): ReadonlySet<string> {
  const { searchParams, pathname } = new URL(url);
  const values = [
    ...Object.entries(headers).flatMap(([name, value]) => (SECRET.test(name) ? credentials(value) : [])),
    ...[...searchParams].flatMap(([name, value]) => (SECRET.test(name) ? [value] : [])),
    ...pathname.split('/').filter(isSecretSegment),
    ...secretFields(extraBody),
    ...PROXIES.flatMap((name) => proxyCredentials(readEnvironment(name))),
  ];
  return new Set(values.filter((value) => value.length >= SHORTEST));
}

/** Names of headers, query parameters and fields. */
const SECRET = /auth|key|token|secret|cookie|password|passwd|credential|signature|^sig$|^code$/i;

/** A shorter one is no secret, and taking it out would spoil the text. */
const SHORTEST = 4;

/** The whole value, and what of it is secret by itself: behind a scheme, in a cookie, behind a user's name. */
function credentials(value: string): readonly string[] {
  const [, scheme = '', rest = value] = /^(\S+)\s+(.*)$/.exec(value) ?? [];
  const cookies = value.split(/;\s*/).map((cookie) => cookie.replace(/^[^=]*=/, '').replace(/^"(.*)"$/, '$1'));
  return [value, rest, ...cookies, ...(/^basic$/i.test(scheme) ? passwords(rest) : [])];
}

function passwords(base64: string): readonly string[] {
  try {
    const [, password = ''] = /^[^:]*:(.*)$/s.exec(atob(base64)) ?? [];
    return [password];
  } catch {
    // Then it is not what it is said to be.
    return [];
  }
}

function secretFields(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(secretFields);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    typeof field === 'string' && SECRET.test(name) ? [field] : secretFields(field),
  );
}

const PROXIES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];

function proxyCredentials(value = ''): readonly string[] {
  const proxy = parseProxyUrl(value);
  if (proxy?.basic === undefined) return [];
  const { url, username, password, basic } = proxy;
  // A username without a password is a token.
  return password === '' ? [username, basic] : [password, url.password, basic];
}
