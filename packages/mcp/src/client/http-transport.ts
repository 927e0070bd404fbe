import type { ToolContext } from '@pawl/core';
import type { Sdk, Transport } from '../sdk.ts';
import { NotSentError } from './child-transport.ts';
import { keepNewerTokens, mergeRefreshes } from './oauth.ts';
import type { McpHeaders, McpUrlOptions } from './options.ts';
import { currentCall } from './outgoing-call.ts';

interface HttpTransportOptions extends Pick<Partial<McpUrlOptions>, 'headers' | 'fetch' | 'auth'> {
  readonly url: URL;
  /** The context of requests that belong to no call. */
  readonly toolContext: ToolContext | undefined;
}

/** Creates the SDK's HTTP transport. It follows no redirect: one could lead a request with its headers to another server. */
export function createHttpTransport(
  { url, headers, fetch: base = globalThis.fetch, auth, toolContext }: HttpTransportOptions,
  { StreamableHTTPClientTransport }: Pick<Sdk, 'StreamableHTTPClientTransport'>,
): Transport {
  const send = auth === undefined ? base : mergeRefreshes(base, auth);
  return new StreamableHTTPClientTransport(url, {
    requestInit: { redirect: 'error' },
    fetch: async (target, init) => {
      // Requests of OAuth go to other servers, which must not get these headers.
      const added = isSameServer(target, url) ? await readHeaders(headers, toolContext) : {};
      return send(target, { ...init, headers: mergeHeaders(init?.headers, added), redirect: 'error' });
    },
    // For a stream of notifications that ends. A lost connection is opened again with the next call.
    reconnectionOptions: {
      initialReconnectionDelay: 500,
      maxReconnectionDelay: 5000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 3,
    },
    ...(auth !== undefined && { authProvider: keepNewerTokens(auth) }),
  });
}

function isSameServer(target: string | URL, url: URL): boolean {
  const { origin, pathname } = new URL(target);
  return origin === url.origin && pathname === url.pathname;
}

async function readHeaders(headers: McpUrlOptions['headers'], ofRun: ToolContext | undefined): Promise<McpHeaders> {
  if (typeof headers !== 'function') return headers ?? {};
  try {
    return await headers(currentCall.getStore()?.toolContext ?? ofRun);
  } catch (error) {
    throw new NotSentError({ cause: error });
  }
}

function mergeHeaders(sent: RequestInit['headers'], added: McpHeaders): Headers {
  const merged = new Headers(sent);
  for (const [name, value] of added instanceof Headers ? added : Object.entries(added)) merged.set(name, value);
  return merged;
}
