import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { Agent, jsonSchema, memoryHost, tool } from '@pawl/core';
import { inspect, inspectDump, inspectUrl } from '@pawl/inspector';
import { bearer } from '@pawl/serve';
import { respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFile, openSqlite } from '../durable/hosts.ts';
import { createEchoAgent, createRefundAgent, createWeatherAgent, startServer } from '../serve/serve-agents.ts';
import { askInspector, asOperator, createAsk } from './ask-inspector.ts';
import { openInspector } from './start-inspector.ts';

describe('inspectUrl', () => {
  test('shows and answers the runs of a server with the token, which the page never sees', async () => {
    const refunds: number[] = [];
    const authorize = bearer({ secret: { id: 'op', isOperator: true } });
    const server = await startServer({
      agents: [createRefundAgent({ refunds })],
      host: memoryHost(),
      authorize,
      details: true,
    });
    const { send } = await openInspector(inspectUrl(server.url, { token: 'secret' }));
    expect(await (await send('/session')).json()).toMatchObject({
      source: 'server',
      title: new URL(server.url).host,
      hasWire: false,
      hasAgents: false,
      hasReplay: false,
    });
    const created = await (await send('/v1/runs', { agent: 'refunds', input: 'Refund order 7.' })).json();
    expect(created.status).toBe('suspended');
    const [listed] = (await (await send('/v1/runs?status=suspended')).json()).data;
    expect(listed).toMatchObject({ id: created.id, details: { attempts: 1 } });
    const [call] = created.pending;
    const answer = { pending: call.id, answer: { type: 'approve', fingerprint: call.fingerprint } };
    expect((await send(`/v1/runs/${created.id}/answers`, answer)).status).toBe(200);
    const events = await send(`/v1/runs/${created.id}/events`);
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    const text = await events.text();
    expect(text).toContain('Order 7 is refunded.');
    expect(refunds).toEqual([7]);
    const [id] = [...text.matchAll(/^id: (.*)$/gm)].slice(-2).map(([, each]) => String(each));
    const rest = await send(`/v1/runs/${created.id}/events`, undefined, { headers: { 'last-event-id': String(id) } });
    expect((await rest.text()).length).toBeLessThan(text.length / 2);
    const { limits } = await (await send(`/budget/${created.id}`)).json();
    expect(limits.find(({ name }: { readonly name: string }) => name === 'turns')).toMatchObject({
      spent: 2,
      max: null,
    });
  });

  test('sends neither the cookie nor the address of the page, and tells a refused token from an ended session', async () => {
    const received: Record<string, unknown>[] = [];
    // By hand: a runs API that behaves badly.
    const http = createServer((request, response) => {
      received.push(request.headers);
      const isRedirected = request.url === '/ai/v1/runs/redirected';
      response.writeHead(isRedirected ? 302 : 401, { location: 'http://127.0.0.1:1/', 'www-authenticate': 'Bearer' });
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => void http.close());
    const { port } = http.address() as { readonly port: number }; // It listens on a port.
    const { send } = await openInspector(inspectUrl(`http://127.0.0.1:${port}/ai/`, { token: 'secret' }));
    const refused = await send('/v1/runs');
    expect(refused.status).toBe(502);
    expect(await refused.json()).toMatchObject({ error: { code: 'inspector.refused' } });
    expect(received[0]).toMatchObject({ authorization: 'Bearer secret' });
    for (const name of ['cookie', 'pawl-inspector', 'origin', 'referer']) expect(received[0]).not.toHaveProperty(name);
    const redirected = await send('/v1/runs/redirected');
    expect(redirected.status).toBe(502);
    expect(await redirected.json()).toMatchObject({ error: { code: 'inspector.unreachable' } });
    expect(received).toHaveLength(2);
  });

  test('ends the request to the server when the page goes away', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    // By hand: a runs API that behaves badly.
    const http = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': open\n\n');
      request.on('close', resolve);
    }).listen(0, '127.0.0.1');
    await once(http, 'listening');
    onTestFinished(() => {
      http.closeAllConnections();
      http.close();
    });
    const { port } = http.address() as { readonly port: number }; // It listens on a port.
    const { send } = await openInspector(inspectUrl(`http://127.0.0.1:${port}`));
    const gone = new AbortController();
    await send('/v1/runs/r/events', undefined, { signal: gone.signal });
    gone.abort();
    await promise;
  });

  test('refuses an address that is none, and a token over HTTP to another machine', () => {
    expect(() => inspectUrl('runs.db')).toThrow('Pass the address of a server');
    expect(() => inspectUrl('ftp://127.0.0.1')).toThrow('Pass the address of a server');
    expect(() => inspectUrl('https://ada:key@agents.example.com')).toThrow('and the key as token');
    expect(() => inspectUrl('http://agents.example.com', { token: 'x' })).toThrow('without encryption');
    expect(() => inspectUrl('http://127.0.0.1.example.com', { token: 'x' })).toThrow('without encryption');
    expect(() => inspectUrl('http://agents.example.com')).not.toThrow();
    for (const address of ['https://agents.example.com', 'http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1'])
      expect(() => inspectUrl(address, { token: 'x' })).not.toThrow();
    expect(() => inspectUrl('http://localhost', { apiKey: 'x' } as never)).toThrow('The option is "token".');
  });

  test('says that the server cannot be reached', async () => {
    const ask = createAsk(inspectUrl('http://127.0.0.1:1', { authorize: asOperator }));
    await expect(ask('/v1/runs')).rejects.toThrow('cannot be reached');
    expect(await ask('/agents')).toEqual({ data: [] });
    await expect(ask('/wire/r')).rejects.toThrow('404');
  });
});

describe('inspectDump', () => {
  test('shows the runs of several exports without a host, and changes nothing', async () => {
    const host = memoryHost();
    await createWeatherAgent().run('Weather?', { host, runId: 'one', metadata: { ticket: 7 } });
    await createRefundAgent().run('Refund order 7.', { host, runId: 'two' }).outcome();
    const send = askInspector(host);
    let text = '';
    for (const id of ['one', 'two']) {
      const run = await send(`/v1/runs/${id}`);
      text += `${JSON.stringify({ v: 1, type: 'run', runId: id, agent: run.agent, metadata: { ticket: 7 }, startedAt: 5, outcome: run.outcome })}\n`;
      for (const line of await send(`/v1/runs/${id}/events?journal=only`)) {
        if (line.event !== undefined && line.event.type !== 'run.finished')
          text += `${JSON.stringify({ v: 1, ...line.event })}\n`;
      }
    }
    const inspector = await inspectDump(text, { authorize: asOperator, title: 'runs.jsonl' });
    const ask = createAsk(inspector);
    expect(await ask('/session')).toMatchObject({
      source: 'dump',
      isReadOnly: true,
      title: 'runs.jsonl',
      hasReplay: false,
    });
    const { data } = await ask('/v1/runs');
    expect(data.map(({ id, agent, status }: Record<string, unknown>) => [id, agent, status])).toEqual([
      ['two', 'refunds', 'suspended'],
      ['one', 'weather', 'completed'],
    ]);
    expect(data[1].details).toMatchObject({ metadata: { ticket: 7 }, totals: { turnCount: 2, toolCallCount: 1 } });
    const events = await ask('/v1/runs/one/events?journal=only');
    expect(events.some(({ event }: { event?: { type: string } }) => event?.type === 'tool.finished')).toBe(true);
    await expect(ask('/v1/runs/two/cancel', {})).rejects.toThrow('read-only');
  });

  test.each([
    ['', 'The dump has no run'],
    ['{"type":"run","runId":"r"}\nnot JSON', 'Line 2 of the dump is not a JSON object'],
    ['[1]', 'Line 1 of the dump is not a JSON object'],
    ['{"a":1}', 'Line 1 of the dump is neither a run nor an event'],
  ])('refuses a damaged file: %j', async (text, message) => {
    await expect(inspectDump(text)).rejects.toThrow(message);
  });

  test('refuses an event of another version, and names it', async () => {
    const event = {
      type: 'tool.teleported',
      runId: 'r',
      path: '',
      seq: 1,
      at: 1,
      position: 1,
      step: 'tool:1.0:x',
      turn: 1,
    };
    await expect(inspectDump(JSON.stringify(event))).rejects.toThrow('tool.teleported');
  });
});

describe('a runs file', () => {
  test('that a worker uses shows the run at work, which the inspector does not claim', async () => {
    const file = createFile();
    const { promise, resolve } = Promise.withResolvers<string>();
    const wait = tool({ name: 'wait', effect: 'read', input: jsonSchema({ type: 'object' }), execute: () => promise });
    const model = scriptedModel([respond.call('wait'), respond.text('Done.')]);
    const agent = new Agent({ name: 'worker', model, tools: [wait] });
    const host = openSqlite(file);
    const outcome = agent.run('Go.', { host, runId: 'run' }).outcome();
    await expect.poll(async () => (await host.getRun('run')).events.length).toBe(2);
    const ask = askInspector(openSqlite(file, { readOnly: true }), { agents: [agent] });
    expect((await ask('/v1/runs')).data[0]).toMatchObject({ status: 'running', details: { totals: { turnCount: 1 } } });
    expect(await ask('/budget/run')).toMatchObject({ isHere: false });
    const following = ask('/v1/runs/run/events?journal=only');
    await setImmediate();
    resolve('yes');
    expect((await outcome).status).toBe('completed');
    const events = await following;
    expect(events.map(({ event }: { event?: { type: string } }) => event?.type)).toContain('run.finished');
    expect((await host.listRuns())[0]?.attempts).toBe(1);
  });

  test('that is only read stays as it is, byte for byte', async () => {
    const file = createFile();
    const host = openSqlite(file);
    await createRefundAgent().run('Refund order 7.', { host, runId: 'run' }).outcome();
    await host.close();
    const before = readFileSync(file);
    const readOnly = openSqlite(file, { readOnly: true });
    const ask = askInspector(readOnly);
    const { pending } = await ask('/v1/runs/run');
    await ask('/v1/runs');
    await ask('/budget/run');
    const answer = { pending: pending[0].id, answer: { type: 'approve', fingerprint: pending[0].fingerprint } };
    await expect(ask('/v1/runs/run/answers', answer)).rejects.toThrow(/read/i);
    await readOnly.close();
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('whose runs have another schemaVersion lists them, and the error names it', async () => {
    const file = createFile();
    const host = openSqlite(file);
    await createEchoAgent().run('Hi.', { host, runId: 'run' });
    await host.close();
    const database = new DatabaseSync(file);
    database.exec(`UPDATE records SET record = json_set(record, '$.schemaVersion', 99)`);
    database.close();
    const ask = askInspector(openSqlite(file, { readOnly: true }));
    expect((await ask('/v1/runs')).data[0]).toMatchObject({
      id: 'run',
      status: 'completed',
      details: { forkedFrom: null },
    });
    for (const path of ['/v1/runs/run', '/v1/runs/run/events', '/budget/run']) {
      await expect(ask(path)).rejects.toThrow(/schemaVersion|99/);
    }
  });

  test('without the agent takes an answer, and a worker continues the run', async () => {
    const host = memoryHost();
    const refunds: number[] = [];
    const agent = createRefundAgent({ refunds });
    await agent.run('Refund order 7.', { host, runId: 'run' }).outcome();
    const ask = askInspector(host);
    const { pending } = await ask('/v1/runs/run');
    const answer = { pending: pending[0].id, answer: { type: 'approve', fingerprint: pending[0].fingerprint } };
    expect((await ask('/v1/runs/run/answers', answer)).status).toBe('suspended');
    const [resumed] = await host.resumeAll([agent]);
    expect((await resumed?.outcome())?.status).toBe('completed');
    expect(refunds).toEqual([7]);
    const { events } = await host.getRun('run');
    const answered = events.find(({ event }) => event.type === 'approval.answered')?.event;
    expect(answered).toMatchObject({ by: '[null,"operator"]' });
  });
});

test('inspect refuses what it cannot show', () => {
  expect(() => inspect({} as never)).toThrow('host is missing');
  expect(() => inspect({ host: memoryHost(), wireLog: { sent() {}, received() {} } as never })).toThrow(
    'cannot be read',
  );
  expect(() => inspect({ host: memoryHost(), basePath: 'inspect' })).toThrow('basePath');
  expect(() => inspect({ host: memoryHost(), models: [{}] as never })).toThrow('not a model');
  expect(() => inspect({ host: memoryHost(), token: 'x' } as never)).toThrow('read inspector.token');
  expect(() => inspect({ host: memoryHost(), agents: [createEchoAgent(), createEchoAgent()] })).toThrow('two agents');
});
