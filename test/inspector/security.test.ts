import { once } from 'node:events';
import { createServer } from 'node:http';
import { memoryHost } from '@pawl/core';
import { inspect } from '@pawl/inspector';
import { bearer } from '@pawl/serve';
import { toNodeHandler } from '@pawl/serve/node';
import express from 'express';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sendRaw } from '../serve/send-raw.ts';
import { createRefundAgent } from '../serve/serve-agents.ts';
import { createSender, listenUntilEnd, openInspector, openSession, startInspector } from './start-inspector.ts';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

describe('the token', () => {
  test('has 256 bits, is in the fragment, and opens one session', async () => {
    const inspector = inspect({ host: memoryHost() });
    const url = await listenUntilEnd(inspector);
    const { token } = inspector;
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(inspector.createUrl(`${url}/inspect`)).toBe(`${url}/inspect/#${token}`);
    const cookie = await openSession(url, token);
    expect((await createSender(url, cookie)('/session')).status).toBe(200);
    const again = await createSender(url, '')('/session', { token });
    expect(again.status).toBe(401);
    expect(await again.json()).toMatchObject({ error: { code: 'inspector.token' } });
    expect(again.headers.get('set-cookie')).toBeNull();
    // The next page needs the next token, and the first session stays.
    expect(inspector.token).not.toBe(token);
    await openSession(url, inspector.token);
    expect((await createSender(url, cookie)('/session')).status).toBe(200);
  });

  test('opens one session if two pages send it at once', async () => {
    const inspector = inspect({ host: memoryHost() });
    const send = createSender(await listenUntilEnd(inspector), '');
    const { token } = inspector;
    const answers = await Promise.all([1, 2, 3].map(() => send('/session', { token })));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401, 401]);
  });

  test('becomes a cookie that scripts cannot read, named with the port', async () => {
    const inspector = inspect({ host: memoryHost() });
    const url = await listenUntilEnd(inspector);
    const { headers } = await createSender(url, '')('/session', { token: inspector.token });
    const { port } = new URL(url);
    expect(headers.get('set-cookie')).toMatch(
      new RegExp(`^pawl-inspector-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
    );
  });

  test('is refused if it is wrong or missing', async () => {
    const inspector = inspect({ host: memoryHost() });
    const send = createSender(await listenUntilEnd(inspector), '');
    expect((await send('/session', { token: `${inspector.token}A` })).status).toBe(401);
    expect((await send('/session', { token: '' })).status).toBe(401);
    expect((await send('/session', {})).status).toBe(400);
    expect((await send('/session', { token: 'x'.repeat(2_000) })).status).toBe(413);
  });
});

test.each(['/session', '/v1/runs', '/v1/runs/r1', '/v1/runs/r1/events', '/agents', '/wire/r1', '/budget/r1'])(
  'GET %s needs a session',
  async (path) => {
    const { url, cookie } = await startInspector({ host: memoryHost() });
    expect((await createSender(url, '')(path)).status).toBe(401);
    // A cookie of another port, and one of another value.
    expect((await createSender(url, cookie.replace(/\d+=/, '1='))(path)).status).toBe(401);
    expect((await createSender(url, `${cookie}A`)(path)).status).toBe(401);
  },
);

test('a session of one inspector is none of another on the same host', async () => {
  const [one, other] = [await startInspector({ host: memoryHost() }), await startInspector({ host: memoryHost() })];
  const renamed = one.cookie.replace(/\d+=/, `${new URL(other.url).port}=`);
  expect((await createSender(other.url, `${one.cookie}; ${renamed}`)('/session')).status).toBe(401);
  expect((await createSender(other.url, `${one.cookie}; ${other.cookie}`)('/session')).status).toBe(200);
});

describe('requests of other sites', () => {
  test.each(['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1@evil.example'])(
    'a name that was rebound to this machine is refused: %s',
    async (host) => {
      const { url, cookie } = await startInspector({ host: memoryHost() });
      for (const path of ['/', '/session', '/v1/runs']) {
        expect((await sendRaw(`${url}${path}`, { headers: { host, cookie } })).status).toBe(421);
      }
    },
  );

  test.each(['cross-site', 'same-site'])('are refused by Sec-Fetch-Site: %s', async (site) => {
    const { send } = await startInspector({ host: memoryHost() });
    for (const path of ['/', '/v1/runs', '/v1/runs/r1/events']) {
      expect((await send(path, undefined, { headers: { 'sec-fetch-site': site } })).status).toBe(403);
    }
    expect((await send('/v1/runs', undefined, { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
    expect((await send('/', undefined, { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200);
  });

  test('are refused by Origin', async () => {
    const { send } = await startInspector({ host: memoryHost() });
    const init = { headers: { origin: 'http://127.0.0.1:1' } };
    expect((await send('/v1/runs/r1/cancel', {}, init)).status).toBe(403);
  });
});

describe('writes', () => {
  test.each([
    ['POST', '/session'],
    ['POST', '/v1/runs'],
    ['POST', '/v1/runs/r1/answers'],
    ['POST', '/v1/runs/r1/messages'],
    ['POST', '/v1/runs/r1/cancel'],
    ['POST', '/v1/runs/r1/resume'],
    ['POST', '/v1/runs/r1/fork'],
    ['DELETE', '/v1/runs/r1'],
    ['POST', '/replay'],
  ])('%s %s needs the header that no form can send', async (method, path) => {
    const { url, cookie } = await startInspector({ host: memoryHost() });
    const form = { 'content-type': 'application/x-www-form-urlencoded', cookie };
    const refused = await sendRaw(`${url}${path}`, {
      method,
      headers: form,
      ...(method === 'POST' && { body: 'a=1' }),
    });
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'inspector.header' } });
  });

  test('need JSON', async () => {
    const { url, cookie } = await startInspector({ host: memoryHost() });
    const headers = { 'content-type': 'text/plain', 'pawl-inspector': '1', cookie };
    expect((await sendRaw(`${url}/session`, { method: 'POST', headers, body: '{}' })).status).toBe(415);
    expect((await sendRaw(`${url}/v1/runs`, { method: 'POST', headers, body: '{}' })).status).toBe(415);
  });

  test('are refused by an inspector that is read-only, which still opens sessions and shows runs', async () => {
    const host = memoryHost();
    const refunds: number[] = [];
    const agent = createRefundAgent({ refunds });
    const { pending } = await expectSuspended(agent.run('Refund order 7.', { host, runId: 'r1' }).outcome());
    const { send } = await startInspector({ host, agents: [agent], readOnly: true });
    expect(await (await send('/session')).json()).toMatchObject({ isReadOnly: true, hasReplay: false });
    const [call] = pending;
    const answer = { pending: call?.id, answer: { type: 'approve', fingerprint: call?.fingerprint } };
    for (const [path, body] of [
      ['/v1/runs/r1/answers', answer],
      ['/v1/runs/r1/cancel', {}],
      ['/v1/runs/r1/fork', { before: 'model:1' }],
      ['/v1/runs', { agent: 'refunds', input: 'Refund order 8.' }],
      ['/replay', { runId: 'r1', before: 'model:1', mode: 'recorded' }],
    ] as const) {
      const refused = await send(path, body);
      expect(refused.status).toBe(403);
      expect(await refused.json()).toMatchObject({ error: { code: 'inspector.read_only' } });
    }
    expect((await send('/v1/runs/r1', undefined, { method: 'DELETE' })).status).toBe(403);
    expect(refunds).toEqual([]);
    expect(await (await send('/v1/runs/r1')).json()).toMatchObject({ status: 'suspended' });
  });
});

async function expectSuspended<T extends { readonly status: string }>(
  outcome: Promise<T>,
): Promise<Extract<T, { readonly status: 'suspended' }>> {
  const ended = await outcome;
  expect(ended.status).toBe('suspended');
  return ended as Extract<T, { readonly status: 'suspended' }>; // Checked above.
}

test('every response forbids framing, other sources, guessing of types and storing', async () => {
  const { send } = await startInspector({ host: memoryHost() });
  for (const path of ['/', '/inspector.js', '/inspector.css', '/session', '/v1/runs', '/v1/runs/none', '/none']) {
    const { headers } = await send(path);
    expect(headers.get('content-security-policy')).toBe(POLICY);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  }
});

test('the page is HTML without inline script or style, and names its files relatively', async () => {
  const { send } = await startInspector({ host: memoryHost() });
  const page = await send('/');
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=/i);
  const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
  expect(addresses).toEqual(['./inspector.css', './inspector.js']);
  expect((await send('/inspector.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect((await send('/inspector.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
  expect((await send('/', undefined, { method: 'HEAD' })).status).toBe(200);
  expect((await send('/', {})).status).toBe(405);
});

describe('mounted', () => {
  test('behind a sign-in of the application there is no token, and the principal sees its runs only', async () => {
    const host = memoryHost();
    const authorize = bearer({ ada: { id: 'ada' }, op: { id: 'op', isOperator: true } });
    await createRefundAgent().run('Refund order 7.', { host, runId: 'a', owner: '[null,"ada"]' }).outcome();
    await createRefundAgent().run('Refund order 7.', { host, runId: 'b', owner: '[null,"bob"]' }).outcome();
    const { url } = await openInspector(inspect({ host, authorize, agents: [createRefundAgent()] }));
    const send = (path: string, key: string) =>
      createSender(url, '')(path, undefined, { headers: { authorization: `Bearer ${key}` } });
    expect((await createSender(url, '')('/')).status).toBe(401);
    expect((await send('/', 'ada')).status).toBe(200);
    expect(await (await send('/session', 'ada')).json()).toMatchObject({ principal: { id: 'ada' } });
    const ids = async (key: string) =>
      (await (await send('/v1/runs', key)).json()).data.map(({ id }: { id: string }) => id);
    expect(await ids('ada')).toEqual(['a']);
    expect(await ids('op')).toEqual(['b', 'a']);
    expect((await send('/budget/b', 'ada')).status).toBe(404);
    expect((await send('/budget/b', 'op')).status).toBe(200);
  });

  test('refuses everyone if authorize returns nothing', async () => {
    const authorize = (() => undefined) as never;
    const { send } = await openInspector(inspect({ host: memoryHost(), authorize }));
    expect((await send('/v1/runs')).status).toBe(500);
    expect((await send('/')).status).toBe(500);
  });

  test('answers a redirection of authorize', async () => {
    const authorize = () => new Response(null, { status: 303, headers: { location: '/sign-in' } });
    const { send } = await openInspector(inspect({ host: memoryHost(), authorize }));
    const response = await send('/v1/runs');
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe('/sign-in');
  });

  test('without authorize a peer that is not this machine gets 401 that names the option', async () => {
    const { url, cookie } = await startInspector({ host: memoryHost() });
    const forwarded = await sendRaw(`${url}/v1/runs`, { headers: { 'x-forwarded-for': '203.0.113.7', cookie } });
    expect(forwarded.status).toBe(401);
    expect(forwarded.text).toContain('Pass authorize to inspect().');
    const inspector = inspect({ host: memoryHost(), allowedHosts: ['app.example.com'] });
    const remote = await inspector.fetch(new Request('http://app.example.com/'));
    expect(remote.status).toBe(401);
    await expect(listenUntilEnd(inspector, { hostname: '0.0.0.0' })).rejects.toThrow('authorize');
  });

  test('in Express and Hono the page and its data are below the path', async () => {
    const inspector = inspect({ host: memoryHost() });
    const app = express();
    app.use('/inspect', toNodeHandler(inspector));
    // By hand: it is Express, and no model.
    const http = createServer(app).listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const url = `http://127.0.0.1:${(http.address() as { readonly port: number }).port}/inspect`;
    const cookie = await openSession(url, inspector.token);
    expect((await createSender(url, cookie)('/v1/runs')).status).toBe(200);
    expect(await (await createSender(url, '')('/')).text()).toContain('./inspector.js');
    const hono = new Hono();
    hono.mount('/inspect', inspector.fetch);
    const page = await hono.fetch(new Request('http://127.0.0.1/inspect/'));
    expect(await page.text()).toContain('./inspector.js');
  });

  test('with basePath answers below it, and adds the slash that the addresses of the page need', async () => {
    const { send } = await openInspector(
      inspect({ host: memoryHost(), basePath: '/inspect', authorize: () => ({ id: 'a' }) }),
    );
    const redirected = await send('/inspect');
    expect(redirected.status).toBe(308);
    expect(redirected.headers.get('location')).toBe('/inspect/');
    expect((await send('/inspect/v1/runs')).status).toBe(200);
    expect((await send('/v1/runs')).status).toBe(404);
    expect((await send('/inspector.js')).status).toBe(404);
  });
});

test('requests that are no address of the inspector get 404, and never throw', async () => {
  const { send, url, cookie } = await startInspector({ host: memoryHost() });
  for (const path of [
    '/none',
    '/agents/a/b',
    '/wire',
    '/wire/',
    '/budget/a/b',
    '/v1/chat/completions',
    '/agents/',
    '/%ff',
  ])
    expect((await send(path)).status).toBe(404);
  expect((await send('/wire/r1')).status).toBe(404);
  expect((await sendRaw(`${url}/agents`, { method: 'POST', headers: { cookie, 'pawl-inspector': '1' } })).status).toBe(
    405,
  );
});
