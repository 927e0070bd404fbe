import { memoryHost } from '@pawl/core';
import type { RequestReport } from '@pawl/serve';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sendRaw, writeSocket } from './send-raw.ts';
import { authorize, createEchoAgent, createRefundAgent, startServer, withKey } from './serve-agents.ts';

const asked = { model: 'echo', messages: [{ role: 'user', content: 'Hi.' }] };
const json = { 'content-type': 'application/json' };

describe('4. amounts', () => {
  test('a body of 100 MB is refused while it is read', async () => {
    const { url } = await startServer({ agents: [createEchoAgent()] });
    const before = process.memoryUsage().rss;
    let sent = 0;
    const part = new Uint8Array(1 << 20).fill(0x20);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += part.length;
        if (sent > 100 << 20) controller.close();
        else controller.enqueue(part);
      },
    });
    const init = { method: 'POST', headers: json, body, duplex: 'half' } as RequestInit;
    const status = await fetch(`${url}/v1/chat/completions`, init).then(
      (response) => response.status,
      () => 'closed',
    );
    expect([413, 'closed']).toContain(status);
    expect(sent).toBeLessThan(60 << 20);
    expect(process.memoryUsage().rss - before).toBeLessThan(90 << 20);
    const announced = await writeSocket(
      url,
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n`,
    );
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a client that sends a little too much reads why, also without a length', async () => {
    const { url } = await startServer({ agents: [createEchoAgent()], maxBodyBytes: 1_000 });
    const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const chunk = ' '.repeat(0x800);
    const answer = await writeSocket(url, `${head}Transfer-Encoding: chunked\r\n\r\n800\r\n${chunk}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('body.too_large');
  });

  test('a body that is no JSON, too deep, or no UTF-8 gets 400', async () => {
    const { url } = await startServer({ agents: [createEchoAgent()] });
    for (const body of ['{', '', 'null', '[]', `${'['.repeat(100_000)}`, new Uint8Array([0x22, 0xff, 0x22])]) {
      expect((await sendRaw(`${url}/v1/chat/completions`, { method: 'POST', headers: json, body })).status).toBe(400);
    }
  });

  test('too many messages get 400', async () => {
    const { send } = await startServer({ agents: [createEchoAgent()] });
    const messages = Array.from({ length: 1_001 }, () => ({ role: 'user', content: 'x' }));
    expect((await send('/v1/chat/completions', { model: 'echo', messages })).status).toBe(400);
  });

  test('too many runs get 429 with a time to wait, for a principal and for all', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    onTestFinished(() => resolve());
    const model = scriptedModel(() => respond.delayed(respond.text('Done.'), { until: promise }));
    const { send } = await startServer({
      agents: [createEchoAgent({ model })],
      host: memoryHost(),
      authorize,
      maxRunning: { total: 3, perPrincipal: 2 },
    });
    const start = (key: string): Promise<Response> =>
      send('/v1/runs', { agent: 'echo', input: 'x', background: true }, withKey(key));
    const statuses = [];
    for (const key of ['key-of-ada', 'key-of-ada', 'key-of-ada', 'key-of-bob', 'key-of-lead'])
      statuses.push((await start(key)).status);
    expect(statuses).toEqual([201, 201, 429, 201, 429]);
    const refused = await start('key-of-ada');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('retry-after-ms')).toBe('1000');
    resolve();
    await expect.poll(async () => (await start('key-of-ada')).status).toBe(201);
  });

  test('an answer counts although too many runs are at work, and its run continues when there is room', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    onTestFinished(() => resolve());
    const model = scriptedModel(() => respond.delayed(respond.text('Done.'), { until: promise }));
    const refunds: number[] = [];
    const agents = [createEchoAgent({ model }), createRefundAgent({ refunds })];
    const { send } = await startServer({ agents, maxRunning: { perPrincipal: 1 }, resumeEveryMs: 10 });
    const { id, pending } = await (await send('/v1/runs', { agent: 'refunds', input: 'x' })).json();
    await send('/v1/runs', { agent: 'echo', input: 'x', background: true });
    const answer = { pending: pending[0].id, answer: { type: 'approve', fingerprint: pending[0].fingerprint } };
    expect((await send(`/v1/runs/${id}/answers`, answer)).status).toBe(200);
    expect(refunds).toEqual([]);
    resolve();
    await expect.poll(() => refunds).toEqual([7]);
  });

  test('too many streams get 429, and a closed one makes room', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    onTestFinished(() => resolve());
    const model = scriptedModel(() => respond.delayed(respond.text('Done.'), { until: promise }));
    const { send, url } = await startServer({ agents: [createEchoAgent({ model })], maxStreams: { perPrincipal: 1 } });
    const { id } = await (await send('/v1/runs', { agent: 'echo', input: 'x', background: true })).json();
    const first = await fetch(`${url}/v1/runs/${id}/events`);
    expect((await fetch(`${url}/v1/runs/${id}/events`)).status).toBe(429);
    await first.body?.cancel();
    await expect.poll(async () => (await fetch(`${url}/v1/runs/${id}/events`)).status).toBe(200);
  });

  test('limit refuses a request before it is handled', async () => {
    const limit = (): Response => new Response('Pay first.', { status: 402 });
    const { send } = await startServer({ agents: [createEchoAgent()], limit });
    expect((await send('/v1/chat/completions', asked)).status).toBe(402);
  });
});

describe('5. what is sent', () => {
  test('every response has an id, is not stored and not sniffed, and onRequest gets no content', async () => {
    const reports: RequestReport[] = [];
    const { send } = await startServer({ agents: [createEchoAgent()], onRequest: (report) => reports.push(report) });
    const secret = { model: 'echo', messages: [{ role: 'user', content: 'My password is plum.' }] };
    for (const response of [
      await send('/v1/chat/completions', secret),
      await send('/v1/runs/plum'),
      await send('/nothing'),
    ]) {
      expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
      expect(response.headers.get('cache-control')).toContain('no-store');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      await response.text();
    }
    expect(reports.map(({ route, status }) => [route, status])).toEqual([
      ['/v1/chat/completions', 200],
      ['/v1/runs/{id}', 404],
      ['unknown', 404],
    ]);
    expect(JSON.stringify(reports)).not.toContain('plum');
  });

  test('an error that is not ours is not described, and reaches onRequest', async () => {
    const reports: RequestReport[] = [];
    const authorize = (): never => {
      throw new Error('The password of the database is plum.');
    };
    const { send } = await startServer({ agents: [], authorize, onRequest: (report) => reports.push(report) });
    const failed = await send('/v1/models');
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('plum');
    expect(String(reports[0]?.error)).toContain('plum');
  });
});

describe('sockets', () => {
  test('a client that sends its headers slowly is ended', async () => {
    const { url } = await startServer({ agents: [] }, { headersTimeoutMs: 200 });
    const answer = await writeSocket(url, 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('a client that sends its body slowly is ended', async () => {
    const { url } = await startServer(
      { agents: [createEchoAgent()] },
      { headersTimeoutMs: 200, requestTimeoutMs: 300 },
    );
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
    expect(await writeSocket(url, head)).toMatch(/^HTTP\/1\.1 4\d\d |^$/);
  });

  test('pipelined requests are answered in order', async () => {
    const { url } = await startServer({ agents: [createEchoAgent()] });
    const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
    const answer = await writeSocket(
      url,
      `${get('/v1/models/echo')}${get('/v1/models/none')}${get('/healthz', 'Connection: close\r\n')}`,
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
  });

  test('a client that ends its half of the socket gets its answer', async () => {
    const { url } = await startServer({ agents: [createEchoAgent()] });
    const answer = await writeSocket(
      url,
      'GET /v1/models/echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      { isHalfClosed: true },
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('odd methods and addresses get an error and start nothing', async () => {
    const host = memoryHost();
    const { url } = await startServer({ agents: [createEchoAgent()], host });
    const statuses = [];
    for (const [method, path] of [
      ['HEAD', '/v1/chat/completions'],
      ['PUT', '/v1/chat/completions'],
      ['TRACE', '/v1/models'],
      ['GET', '/v1/runs/%ff'],
      ['GET', '//evil.example/v1/models'],
      ['GET', '/v1/models/../runs/x'],
      ['POST', '/v1/models'],
    ] as const) {
      statuses.push((await sendRaw(`${url}${path}`, { method })).status);
    }
    expect(statuses).toEqual([405, 405, 400, 404, 404, 404, 405]);
    expect((await sendRaw(`${url}/healthz`, { method: 'HEAD' })).text).toBe('');
    expect(
      await writeSocket(url, 'GET http://127.0.0.1/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 200 /);
    expect(await host.listRuns()).toEqual([]);
  });
});
