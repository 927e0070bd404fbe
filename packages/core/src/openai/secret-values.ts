import { isRecord } from '../base/json.ts';
import { readEnvironment } from '../base/read-environment.ts';
import { parseProxyUrl } from './proxy-url.ts';
import { isSecretSegment } from './secret-segment.ts';

/** The parts of a request that may contain secrets. */
export interface SecretSources {
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
  /** May contain credentials that a gateway uses for other servers. */
  readonly extraBody: unknown;
}

/** Collects the secrets of a request and of the proxies in the environment. */
export function collectSecrets({ headers, url, extraBody }: SecretSources): ReadonlySet<string> {
  const { searchParams, pathname } = new URL(url);
  const values = [
    ...Object.entries(headers).flatMap(([name, value]) => (isSecretName(name) ? splitCredentials(value) : [])),
    ...[...searchParams].flatMap(([name, value]) => (isSecretName(name) ? [value] : [])),
    ...pathname.split('/').filter(isSecretSegment),
    ...collectSecretFields(extraBody),
    ...PROXY_VARIABLES.flatMap((name) => listProxyCredentials(readEnvironment(name))),
  ];
  return new Set(values.filter((value) => value.length >= MIN_SECRET_LENGTH));
}

/** Whether a header, query parameter or field of this name may be a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

const SECRET_NAME = /auth|key|token|secret|cookie|password|passwd|credential|signature|^sig$|^code$/i;

/** Shorter values are not secrets: redacting them would make texts unreadable. */
const MIN_SECRET_LENGTH = 4;

/** Returns the value and its secret parts: after the scheme, in cookies, after the user name. */
function splitCredentials(value: string): readonly string[] {
  const [, scheme = '', rest = value] = /^(\S+)\s+(.*)$/.exec(value) ?? [];
  const cookies = value.split(/;\s*/).map((cookie) => cookie.replace(/^[^=]*=/, '').replace(/^"(.*)"$/, '$1'));
  return [value, rest, ...cookies, ...(/^basic$/i.test(scheme) ? decodePassword(rest) : [])];
}

function decodePassword(base64: string): readonly string[] {
  try {
    const [, password = ''] = /^[^:]*:(.*)$/s.exec(atob(base64)) ?? [];
    return [password];
  } catch {
    // Not Base64, so there is no password.
    return [];
  }
}

function collectSecretFields(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(collectSecretFields);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    typeof field === 'string' && isSecretName(name) ? [field] : collectSecretFields(field),
  );
}

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];

function listProxyCredentials(value = ''): readonly string[] {
  const proxy = parseProxyUrl(value);
  if (proxy?.basic === undefined) return [];
  const { url, username, password, basic } = proxy;
  // A username without a password is a token.
  return password === '' ? [username, basic] : [password, url.password, basic];
}
