import { once } from 'node:events';
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';
import { ConfigError, memoryHost } from '@pawl/core';
import { serve } from '@pawl/serve';
import { listen, toNodeHandler } from '@pawl/serve/node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sendRaw, writeSocket } from './send-raw.ts';
import { ADA, createEchoAgent, startServer } from './serve-agents.ts';

const asked = { model: 'echo', messages: [{ role: 'user', content: 'Hi.' }] };
const json = { 'content-type': 'application/json' };

describe('1. without authorize', () => {
  test('listen refuses an address that others can reach', async () => {
    const server = serve({ agents: [] });
    for (const hostname of ['0.0.0.0', '::', '192.168.0.1', 'example.com']) {
      const error = await listen(server, { hostname, port: 0 }).catch((thrown: unknown) => thrown);
      expect(ConfigError.isInstance(error)).toBe(true);
      expect(String(error)).toContain('authorize');
    }
  });

  test('an open mount answers this machine only, and no request that a proxy passes on', async () => {
    // By hand: the handler is mounted in a server of Node, as users do.
    const http = createServer(toNodeHandler(serve({ agents: [createEchoAgent()], resumeEveryMs: 0 })));
    await once(http.listen(0, '0.0.0.0'), 'listening');
    onTestFinished(() => void http.close());
    const { port } = http.address() as { port: number };
    expect((await sendRaw(`http://127.0.0.1:${port}/v1/models`)).status).toBe(200);
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']) {
      const passed = await sendRaw(`http://127.0.0.1:${port}/v1/models`, { headers: { [name]: '127.0.0.1' } });
      expect(passed.status).toBe(401);
      expect(passed.text).toContain('authorize');
    }
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal);
    if (outside !== undefined) expect((await sendRaw(`http://${outside.address}:${port}/v1/models`)).status).toBe(401);
  });

  test('fetch answers loopback names only', async () => {
    const { fetch } = serve({ agents: [], resumeEveryMs: 0 });
    const ask = async (url: string, headers = {}): Promise<number> =>
      (await fetch(new Request(url, { headers }))).status;
    expect(await ask('http://localhost:8080/v1/models')).toBe(200);
    expect(await ask('http://127.0.0.1/v1/models')).toBe(200);
    expect(await ask('http://[::1]:80/v1/models')).toBe(200);
    expect(await ask('http://10.0.0.1/v1/models')).toBe(401);
    expect(await ask('http://example.com/v1/models')).toBe(421);
    expect(await ask('http://localhost/v1/models', { host: 'example.com' })).toBe(421);
  });

  test('an authorize that returns nothing lets nobody in', async () => {
    const { send } = await startServer({ agents: [], authorize: (() => undefined) as never });
    expect((await send('/v1/models')).status).toBe(401);
  });
});

describe('2. names of hosts', () => {
  test.each([
    'evil.example',
    'evil.example:80',
    'user@localhost',
    'localhost@evil.example',
    'localhost.evil.example',
    'localhost,evil',
  ])('refuses the host %j without authorize', async (host) => {
    const { url } = await startServer({ agents: [] });
    const answer = await sendRaw(`${url}/v1/models`, { headers: { host } });
    expect(answer.status === 421 || answer.status === 400).toBe(true);
  });

  test('refuses a request without a host', async () => {
    const { url } = await startServer({ agents: [] });
    expect(await writeSocket(url, 'GET /v1/models HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 421 /,
    );
    expect(await writeSocket(url, 'GET /v1/models HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 421 /);
  });

  test.each(['localhost', 'localhost.', 'app.localhost:8080', '127.0.0.1:1', '[::1]:8080', '10.0.0.7'])(
    'answers for %j',
    async (host) => {
      const { url } = await startServer({ agents: [] });
      expect((await sendRaw(`${url}/v1/models`, { headers: { host } })).status).toBe(200);
    },
  );

  test('allowedHosts is the list with authorize, too; X-Forwarded-Host is never read', async () => {
    const { url } = await startServer({ agents: [], authorize: () => ADA, allowedHosts: ['api.example.com'] });
    expect((await sendRaw(`${url}/v1/models`, { headers: { host: 'api.example.com' } })).status).toBe(200);
    expect(
      (await sendRaw(`${url}/v1/models`, { headers: { host: 'evil.example', 'x-forwarded-host': 'api.example.com' } }))
        .status,
    ).toBe(421);
    const open = await startServer({ agents: [], authorize: () => ADA });
    expect((await sendRaw(`${open.url}/v1/models`, { headers: { host: 'any.example' } })).status).toBe(200);
  });
});

describe('3. pages of other sites', () => {
  test.each([
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of localhost', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }],
    ['a foreign origin alone', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
  ])('refuses %s', async (_, headers) => {
    const host = memoryHost();
    const { url } = await startServer({ agents: [createEchoAgent()], host });
    const refused = await sendRaw(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify(asked),
    });
    expect(refused.status).toBe(403);
    expect(refused.headers['access-control-allow-origin']).toBeUndefined();
    expect(await host.listRuns()).toEqual([]);
  });

  test('answers its own pages, and those of cors.origins', async () => {
    const { url } = await startServer({ agents: [], cors: { origins: ['https://app.example.com'] } });
    const { host } = new URL(url);
    expect(
      (await sendRaw(`${url}/v1/models`, { headers: { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' } }))
        .status,
    ).toBe(200);
    const allowed = { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' };
    const answer = await sendRaw(`${url}/v1/models`, { headers: allowed });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe('https://app.example.com');
    expect(answer.headers['vary']).toBe('origin');
    const preflight = await sendRaw(`${url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        ...allowed,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os,x-evil',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toBe('authorization, content-type, x-stainless-os');
    const foreign = await sendRaw(`${url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(foreign.status).toBe(403);
  });

  test.each(['*', 'https://app.example.com/', 'app.example.com', 'https://*.example.com/x'])(
    'serve refuses the origin %j',
    (origin) => {
      expect(() => serve({ agents: [], cors: { origins: [origin] } })).toThrow('cors.origins');
    },
  );

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    '',
  ])('refuses a body of the type %j', async (type) => {
    const { url } = await startServer({ agents: [createEchoAgent()] });
    const headers = type === '' ? {} : { 'content-type': type };
    expect(
      (await sendRaw(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(asked) })).status,
    ).toBe(415);
  });
});

test('functions of the application read the body of a clone, and their responses keep all cookies', async () => {
  const { send } = await startServer({
    agents: [createEchoAgent()],
    authorize: async (request) => ({ id: JSON.parse(await request.clone().text()).input }),
    limit: ({ id }) => {
      if (id !== 'stop') return undefined;
      const headers = new Headers([
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ]);
      return new Response('Not now.', { status: 429, headers });
    },
  });
  const run = await (await send('/v1/runs', { agent: 'echo', input: 'go' })).json();
  expect(run.outcome).toMatchObject({ text: 'You wrote: go' });
  const refused = await send('/v1/runs', { agent: 'echo', input: 'stop' });
  expect(refused.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await refused.text()).toBe('Not now.');
});
