import http, { type Agent } from 'node:http';
import https from 'node:https';
import { type ProxyServer, TunnelAgent } from './tunnel.ts';

export interface Way {
  readonly isSecure: boolean;
  readonly proxy: ProxyServer | undefined;
}

/** The connections that all requests on this way share. */
export function agentFor({ isSecure, proxy }: Way): Agent {
  if (!isSecure) return plainAgent;
  return proxy === undefined ? secureAgent : tunnels(proxy);
}

// An agent turns off the delay of small packets, and its idle sockets do not keep the process alive.
const plainAgent = new http.Agent({ keepAlive: true });
const secureAgent = new https.Agent({ keepAlive: true });

/** One for each proxy, so that all models share its connections. */
const tunnelAgents = new Map<string, Agent>();

function tunnels(proxy: ProxyServer): Agent {
  const key = JSON.stringify(proxy);
  const known = tunnelAgents.get(key);
  if (known !== undefined) return known;
  const agent = new TunnelAgent(proxy);
  tunnelAgents.set(key, agent);
  return agent;
}
