import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import type { McpUrlOptions } from '@pawl/mcp';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { callTool, connect } from './kit.ts';

type Provider = NonNullable<McpUrlOptions['auth']>;
type Tokens = NonNullable<Awaited<ReturnType<Provider['tokens']>>>;

/** An MCP server that accepts one access token, and rotates refresh tokens. */
async function startProtectedServer() {
  let number = 1;
  let valid = 'access-1';
  const refreshes: string[] = [];
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'protected', version: '1' });
    server.registerTool('echo', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => ({
      content: [{ type: 'text', text }],
    }));
    return server;
  });
  const handle = toNodeHandler(handler);
  const readBody = async (request: IncomingMessage): Promise<string> => (await request.toArray()).join('');
  // By hand: an MCP server, not one of models.
  const http = createServer(async (request, response) => {
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const path = String(request.url);
    if (path.startsWith('/.well-known/oauth-protected-resource')) {
      send(200, { resource: `${origin}/mcp`, authorization_servers: [origin] });
    } else if (path.startsWith('/.well-known/oauth-authorization-server')) {
      send(200, {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
      });
    } else if (path === '/token') {
      const used = String(new URLSearchParams(await readBody(request)).get('refresh_token'));
      refreshes.push(used);
      if (used !== `refresh-${number}`) return send(400, { error: 'invalid_grant' });
      number += 1;
      valid = `access-${number}`;
      send(200, { access_token: valid, refresh_token: `refresh-${number}`, token_type: 'Bearer', expires_in: 60 });
    } else if (path === '/mcp' && request.headers.authorization === `Bearer ${valid}`) {
      await handle(request as Parameters<typeof handle>[0], response); // Its types are looser than ours.
    } else {
      const metadata = `${origin}/.well-known/oauth-protected-resource`;
      response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }).end();
    }
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  const address = http.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return {
    url: `${origin}/mcp`,
    origin,
    refreshes,
    expire: () => {
      valid = 'none';
    },
    /** Another process has refreshed the token. */
    rotate: (): Tokens => {
      number += 1;
      valid = `access-${number}`;
      return { access_token: valid, refresh_token: `refresh-${number}`, token_type: 'Bearer' };
    },
  };
}

/** A provider that keeps its tokens in memory. */
function createProvider(issuer: string) {
  let tokens: Tokens | undefined = { access_token: 'access-1', refresh_token: 'refresh-1', token_type: 'Bearer' };
  const deleted: string[] = [];
  const provider: Provider = {
    redirectUrl: 'http://127.0.0.1/callback',
    clientMetadata: { redirect_uris: ['http://127.0.0.1/callback'] },
    clientInformation: () => ({ client_id: 'pawl', issuer }),
    tokens: () => (tokens === undefined ? undefined : { ...tokens, issuer }),
    saveTokens: (next) => {
      tokens = next;
    },
    redirectToAuthorization: () => {},
    saveCodeVerifier: () => {},
    codeVerifier: () => 'verifier',
    invalidateCredentials: (scope) => {
      deleted.push(scope);
      tokens = undefined;
    },
  };
  return {
    provider,
    deleted,
    read: () => tokens,
    write: (next: Tokens) => {
      tokens = next;
    },
  };
}

test('calls that find their token expired at the same time refresh it once', async () => {
  const server = await startProtectedServer();
  const { provider, deleted, read } = createProvider(server.origin);
  const client = await connect({ name: 'own', url: server.url, auth: provider });
  server.expire();
  const calls = await Promise.all(Array.from({ length: 8 }, () => callTool(client, 'own__echo', { text: 'x' })));
  expect(calls.map(({ content }) => content)).toEqual(Array.from({ length: 8 }, () => 'x'));
  expect(server.refreshes).toEqual(['refresh-1']);
  expect(read()?.refresh_token).toBe('refresh-2');
  expect(deleted).toEqual([]);
});

test('two clients of one provider refresh its token once', async () => {
  const server = await startProtectedServer();
  const { provider } = createProvider(server.origin);
  const clients = await Promise.all(['one', 'two'].map((name) => connect({ name, url: server.url, auth: provider })));
  server.expire();
  await Promise.all(clients.map((client) => callTool(client, `${client.name}__echo`, { text: 'x' })));
  expect(server.refreshes).toEqual(['refresh-1']);
});

test('tokens that another process has refreshed meanwhile are not deleted', async () => {
  const server = await startProtectedServer();
  const { provider, deleted, read, write } = createProvider(server.origin);
  // The other process rotates the token after this one has read it.
  const rotating: Provider = {
    ...provider,
    tokens: async () => {
      const tokens = await provider.tokens();
      if (server.refreshes.length === 0 && isExpired) write(server.rotate());
      return tokens;
    },
  };
  let isExpired = false;
  const client = await connect({ name: 'own', url: server.url, auth: rotating });
  server.expire();
  isExpired = true;
  const { content } = await callTool(client, 'own__echo', { text: 'x' });
  expect(content).toBe('x');
  expect(deleted).toEqual([]);
  expect(read()?.access_token).toMatch(/^access-/);
});

test('an MCP server that wants an authorization is an error that says so', async () => {
  const server = await startProtectedServer();
  server.expire();
  const { provider } = createProvider(server.origin);
  const redirects: string[] = [];
  const auth: Provider = {
    ...provider,
    tokens: () => undefined,
    redirectToAuthorization: (url) => void redirects.push(url.pathname),
  };
  const connecting = connect({ name: 'own', url: server.url, auth });
  await expect(connecting).rejects.toMatchObject({ code: 'mcp.unauthorized' });
  expect(redirects).toEqual(['/authorize']);
});
