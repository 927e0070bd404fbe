import http, { type Agent } from 'node:http';
import https from 'node:https';
import { ConfigError } from '../../base/errors.ts';
import { environmentVariable } from '../environment.ts';

/** The way to a server. */
export interface Route {
  readonly agent: Agent;
  /** `host:port`, where there is one in between. */
  readonly proxy: string | undefined;
}

/**
 * The connections that requests to this address share; through a proxy where `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`
 * say so. The machine itself is always reached directly.
 *
 * @throws ConfigError where a proxy applies and this Node cannot use one.
 */
export function routeTo(url: string): Route {
  const { protocol, hostname } = new URL(url);
  const isSecure = protocol === 'https:';
  const name = isSecure ? 'https_proxy' : 'http_proxy';
  const proxy = isLoopback(hostname) ? undefined : variable(name);
  if (proxy === undefined) return { agent: isSecure ? secureAgent : plainAgent, proxy: undefined };
  const host = hostOf(proxy, name);
  if (!canProxy()) {
    throw new ConfigError(
      `The variable ${name} names a proxy, which Node ${process.versions.node} cannot use. Take Node 22.21, 24.5 or later, or pass a fetch that can.`,
    );
  }
  return { agent: proxyAgent(proxy, { isSecure, name }), proxy: host };
}

// An agent turns off the delay of small packets, and its idle sockets do not keep the process alive.
const plainAgent = new http.Agent({ keepAlive: true });
const secureAgent = new https.Agent({ keepAlive: true });

/** One for each set of variables, so that all models share its connections. */
const proxyAgents = new Map<string, Agent>();

interface Proxying {
  readonly isSecure: boolean;
  readonly name: string;
}

function proxyAgent(proxy: string, { isSecure, name }: Proxying): Agent {
  const noProxy = variable('no_proxy');
  const key = JSON.stringify([name, proxy, noProxy]);
  const known = proxyAgents.get(key);
  if (known !== undefined) return known;
  const proxyEnv = { [name.toUpperCase()]: proxy, ...(noProxy !== undefined && { NO_PROXY: noProxy }) };
  const agent = new (isSecure ? https : http).Agent({ keepAlive: true, proxyEnv });
  proxyAgents.set(key, agent);
  return agent;
}

/** Lower case first, as most programs do. */
function variable(name: string): string | undefined {
  return environmentVariable(name) ?? environmentVariable(name.toUpperCase());
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function hostOf(proxy: string, name: string): string {
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url.host;
  throw new ConfigError(`The variable ${name} is not the address of a proxy. Give one such as "http://proxy:3128".`);
}

/** Node learnt it in 22.21 and 24.5. An older one overlooks the option, and would connect directly. */
function canProxy(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}
