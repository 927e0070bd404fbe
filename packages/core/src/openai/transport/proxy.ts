import { environmentVariable } from '../../base/environment.ts';
import { ConfigError } from '../../base/errors.ts';

/** Where a proxy is. */
export interface ProxyServer {
  /** Without credentials. */
  readonly uri: string;
  /** `host:port`, for errors. */
  readonly address: string;
  /** What lets us in, as a header has it. */
  readonly authorization: string | undefined;
}

/**
 * The proxy on the way to this address, where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name one. The machine itself is
 * always reached directly.
 *
 * @throws ConfigError where the variable that applies is no address of a proxy.
 */
export function proxyTo(url: string): ProxyServer | undefined {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === 'https:';
  const name = isSecure ? 'https_proxy' : 'http_proxy';
  const given = variable(name);
  const isDirect = given === undefined || isLoopback(hostname) || isExempt(hostname, port || (isSecure ? '443' : '80'));
  return isDirect ? undefined : proxyAt(given, name);
}

/** Lower case first, as most programs do. */
function variable(name: string): string | undefined {
  return environmentVariable(name) ?? environmentVariable(name.toUpperCase());
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** `NO_PROXY`: names, which stand for what is below them as well, each with a port or without; `*` for all. */
function isExempt(hostname: string, port: string): boolean {
  const entries =
    variable('no_proxy')
      ?.toLowerCase()
      .split(/[\s,]+/) ?? [];
  return entries.some((entry) => {
    if (entry === '*') return true;
    // Colons of IPv6 without brackets begin no port.
    const [, host = entry, only] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
    const name = host.replace(/^\*?\./, '');
    if (name === '' || (only !== undefined && only !== port)) return false;
    return hostname === name || hostname === `[${name}]` || hostname.endsWith(`.${name}`);
  });
}

function proxyAt(given: string, name: string): ProxyServer {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new ConfigError(
      `The variable ${name} is not the address of an http or https proxy. Give one such as "http://proxy:3128".`,
    );
  }
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return {
    uri: `${url.protocol}//${url.hostname}:${port}`,
    address: `${url.hostname}:${port}`,
    authorization: url.username === '' ? undefined : `Basic ${base64(`${plain(url.username)}:${plain(url.password)}`)}`,
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** As it was before it was put into an address; as it is where it never was. */
function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
