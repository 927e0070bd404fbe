import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { callTool, connect, startLegacyHttpServer, startModernServer } from './kit.ts';

test('an MCP server of the revision 2026-07-28 is recognised by itself', async () => {
  const server = await startModernServer();
  const client = await connect({ name: 'shop', url: server.url });
  expect(client.era).toBe('modern');
  expect(client.instructions).toBe('Order politely.');
  expect((await callTool(client, 'shop__echo', { text: 'hello' })).content).toBe('hello');
});

test('an MCP server of the revision 2025-11-25 is recognised by itself, and its session is ended', async () => {
  const server = await startLegacyHttpServer();
  const client = await connect({ name: 'old', url: server.url });
  expect(client.era).toBe('legacy');
  expect((await callTool(client, 'old__echo')).content).toBe('echo 1');
  await client.close();
  expect(server.requests.filter(({ method }) => method === 'DELETE')).toHaveLength(1);
});

test('a call with a forgotten session is sent once on a new session, because the server refused it', async () => {
  const server = await startLegacyHttpServer();
  const client = await connect({ name: 'old', url: server.url });
  server.forgetSessions();
  const { content, failed } = await callTool(client, 'old__echo');
  expect(failed).toBeUndefined();
  expect(content).toBe('echo 1');
  expect(server.calls).toEqual(['echo']);
});

test.each(['cut', 'reset'])('a non-idempotent call whose response is %s is not sent again', async (name) => {
  const server = await startLegacyHttpServer();
  const client = await connect({ name: 'old', url: server.url });
  const { failed } = await callTool(client, `old__${name}`);
  expect(failed?.reason).toBe('unknown_outcome');
  expect(server.calls).toEqual([name]);
});

test.each(['cut', 'reset'])('an idempotent call whose response is %s is sent once more', async (name) => {
  const server = await startLegacyHttpServer();
  const client = await connect({ name: 'old', url: server.url, annotations: () => ({ effect: 'idempotent' }) });
  expect((await callTool(client, `old__${name}`)).content).toBe(`${name} 2`);
  expect(server.calls).toEqual([name, name]);
});

test.each([400, 403, 429])(
  'a call that the MCP server refuses with %i fails for the model, and had no effect',
  async (status) => {
    const server = await startLegacyHttpServer();
    const client = await connect({ name: 'old', url: server.url });
    server.failWith(status);
    const { failed, outcome } = await callTool(client, 'old__echo');
    expect(failed?.reason).toBe('threw');
    expect(failed?.error.message).toContain('The MCP server "old" refused the call');
    expect(outcome.status).toBe('completed');
  },
);

test.each([500, 502, 504])('a non-idempotent call that ends with %i has an unknown outcome', async (status) => {
  const server = await startLegacyHttpServer();
  const client = await connect({ name: 'old', url: server.url });
  server.failWith(status);
  expect((await callTool(client, 'old__echo')).failed?.reason).toBe('unknown_outcome');
});

test('an MCP server that is gone fails the call within idleTimeoutMs, and was not called', async () => {
  const server = await startModernServer();
  const client = await connect({ name: 'shop', url: server.url, idleTimeoutMs: 1500 });
  await server.close();
  const { failed, content, outcome } = await callTool(client, 'shop__echo', { text: 'x' });
  expect(failed?.reason).toBe('threw');
  expect(content).toContain('cannot be');
  expect(outcome.status).toBe('completed');
});

test('an MCP server that comes back is used again', async () => {
  const server = await startModernServer();
  const client = await connect({ name: 'shop', url: server.url });
  await server.close();
  const calling = callTool(client, 'shop__echo', { text: 'back' });
  await startModernServer({ port: Number(new URL(server.url).port) });
  expect((await calling).content).toBe('back');
});

test('headers of a function belong to the user of the call', async () => {
  const server = await startModernServer();
  const client = await connect({
    name: 'shop',
    url: server.url,
    headers: (toolContext) => ({ authorization: `Bearer ${toolContext?.context ?? 'none'}` }),
  });
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('shop__echo', { text: 'x' }),
  );
  const agent = new Agent<string>({ model, tools: client.tools });
  await Promise.all(['ann', 'ben'].map((user) => agent.run('Go.', { context: user })));
  const calls = server.requests.filter(({ headers }) => headers['mcp-method'] === 'tools/call');
  expect(calls.map(({ headers }) => headers.authorization).sort()).toEqual(['Bearer ann', 'Bearer ben']);
  const others = server.requests.filter((request) => !calls.includes(request));
  expect(new Set(others.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer none']));
});

test('a headers function that throws fails the call before it is sent', async () => {
  const server = await startModernServer();
  const client = await connect({
    name: 'shop',
    url: server.url,
    headers: (toolContext) => {
      if (toolContext !== undefined) throw new Error('no token');
      return {};
    },
  });
  const { failed, content } = await callTool(client, 'shop__echo', { text: 'x' });
  expect(failed?.reason).toBe('threw');
  expect(content).toContain('no token');
});

test('a redirect of an MCP server is not followed, so its headers reach no other server', async () => {
  const seen: unknown[] = [];
  // By hand: an MCP server, not one of models.
  const other = createServer((request, response) => {
    seen.push(request.headers);
    response.end();
  });
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const address = other.address();
  const target = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
  const first = createServer((_, response) => void response.writeHead(307, { location: target }).end());
  await once(first.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const each of [first, other]) {
      each.closeAllConnections();
      each.close();
    }
  });
  const at = first.address();
  const url = `http://127.0.0.1:${typeof at === 'object' ? at?.port : 0}/mcp`;
  const connecting = connect({ name: 'moved', url, headers: { authorization: 'Bearer secret' } });
  await expect(connecting).rejects.toMatchObject({ code: 'mcp.unreachable' });
  expect(seen).toEqual([]);
});

test('isolation: run opens a connection per run, and closes it when the run ends', async () => {
  const server = await startLegacyHttpServer();
  const client = await connect({ name: 'old', url: server.url, isolation: 'run' });
  await callTool(client, 'old__echo');
  await callTool(client, 'old__echo');
  const sessions = new Set(server.requests.map(({ headers }) => headers['mcp-session-id']).filter(Boolean));
  // One to list the tools, and one for each run.
  expect(sessions.size).toBe(3);
  const ended = server.requests.filter(({ method }) => method === 'DELETE');
  expect(ended.map(({ headers }) => headers['mcp-session-id'])).toHaveLength(2);
});

test('with isolation: run, every request of a connection has the headers of its user', async () => {
  const server = await startLegacyHttpServer();
  const client = await connect({
    name: 'old',
    url: server.url,
    isolation: 'run',
    headers: (toolContext) => ({ authorization: `Bearer ${toolContext?.context ?? 'none'}` }),
  });
  const before = server.requests.length;
  const model = scriptedModel([respond.call('old__echo'), respond.text('Done.')]);
  await new Agent<string>({ model, tools: client.tools }).run('Go.', { context: 'ann' });
  await expect.poll(() => server.requests.some(({ method }) => method === 'DELETE')).toBe(true);
  const ofRun = server.requests.slice(before);
  expect(new Set(ofRun.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer ann']));
  expect(ofRun.length).toBeGreaterThan(3);
});

test('the trace context of a call is passed on to the MCP server', async () => {
  const bodies: string[] = [];
  const server = await startModernServer();
  const client = await connect({
    name: 'shop',
    url: server.url,
    fetch: (url, init) => {
      bodies.push(String(init?.body));
      return fetch(url, init);
    },
  });
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await callTool(client, 'shop__echo', { text: 'x' }, { traceparent });
  expect(bodies.filter((body) => body.includes('tools/call')).join()).toContain(traceparent);
});
