import { ConfigError } from '../../base/errors.ts';
import { readEnvironment } from '../../base/read-environment.ts';
import { parseProxyUrl } from '../proxy-url.ts';

export interface ProxyServer {
  /** Without credentials. */
  readonly url: string;
  /** `host:port`, for errors. */
  readonly address: string;
  /** The value of the header `proxy-authorization`. */
  readonly authorization: string | undefined;
}

/**
 * Finds the proxy for requests to this URL in `HTTPS_PROXY` or `HTTP_PROXY`. `NO_PROXY` works as in undici's `EnvHttpProxyAgent`. Requests
 * to this machine use no proxy.
 *
 * @throws ConfigError if the variable that applies is not the address of a proxy. The error does not quote it: it may hold a password.
 */
export function findProxy(url: string): ProxyServer | undefined {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:';
  const name = isSecure ? 'https_proxy' : 'http_proxy';
  const value = readVariable(name);
  if (value === undefined || isLoopback(hostname) || isExempt(hostname, port || (isSecure ? '443' : '80')))
    return undefined;
  const { url: proxy, basic } = parseProxyUrl(value) ?? {};
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol) || proxy.hostname === '') {
    throw new ConfigError(
      `The variable ${name} is not the URL of an http or https proxy. Set it to one such as "http://proxy:3128".`,
    );
  }
  const address = `${proxy.hostname}:${proxy.port || (proxy.protocol === 'https:' ? 443 : 80)}`;
  return {
    url: `${proxy.protocol}//${address}`,
    address,
    authorization: basic === undefined ? undefined : `Basic ${basic}`,
  };
}

/** Reads the name in lower case first, as most programs do. */
function readVariable(name: string): string | undefined {
  return readEnvironment(name) ?? readEnvironment(name.toUpperCase());
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/**
 * Whether an entry of `NO_PROXY` applies. Separators are commas or white space. An entry may end in `:port`.
 *
 * - `*` matches every hostname.
 * - `example.com` and `.example.com` match that hostname and its subdomains.
 * - `*.example.com` matches its subdomains only.
 * - An IPv6 address has brackets if a port follows.
 */
function isExempt(hostname: string, port: string): boolean {
  const normalized = normalizeHostname(hostname);
  const entries = readVariable('no_proxy')
    ?.toLowerCase()
    .split(/[\s,]+/);
  return (entries ?? []).some((entry) => {
    const [, pattern = entry, onlyPort = port] = /^(\[.+\]|[^:]+)(?::(\d+))?$/.exec(entry) ?? [];
    if (pattern === '' || Number(onlyPort) !== Number(port)) return false;
    if (pattern === '*') return true;
    const name = normalizeHostname(pattern.replace(/^\*?\./, ''));
    return normalized.endsWith(`.${name}`) || (normalized === name && !pattern.startsWith('*'));
  });
}

/** Removes the brackets of an IPv6 address, and the dot at the end of a name. */
function normalizeHostname(hostname: string): string {
  return hostname.replace(/^\[(.+)\]$/, '$1').replace(/\.$/, '');
}
