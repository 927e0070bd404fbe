import { execFile } from 'node:child_process';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { azure, openai } from '@pawl/core';
import { Agent, getGlobalDispatcher, MockAgent, ProxyAgent, setGlobalDispatcher } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { createTransport } from '../../packages/core/src/openai/transport/create-fetch-transport.ts';
import { hello, helloChunks, helloEvents, helloJson } from './hello.ts';
import { startRawServer, wire } from './raw-server.ts';
import { serve, toEventText } from './test-server.ts';

const asked = { messages: [] };
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const other = '00-0af7651916cd43dd8448eb211c80319c-aaaaaaaaaaaaaaaa-01';

function agent(): Agent {
  const made = new Agent();
  onTestFinished(() => made.close());
  return made;
}

test('sends requests with a given dispatcher and streams their responses', async () => {
  const server = await serve(helloJson, helloEvents);
  const origins: unknown[] = [];
  const own = agent().compose((dispatch) => (options, handler) => {
    origins.push(options.origin);
    return dispatch(options, handler);
  });
  const model = openai('m', { baseURL: server.baseURL, dispatcher: own });
  expect(await model.send(asked)).toEqual(hello);
  expect(await model.send({ ...asked, stream: true })).toEqual(hello);
  expect(origins).toEqual([`http://${server.address}`, `http://${server.address}`]);
});

type Interceptor = ReturnType<ReturnType<MockAgent['get']>['intercept']>;

/** A mock without a network. Its interceptor accepts a request for this hostname only if the body contains `content`. */
function mockAgent(content: string): { readonly mock: MockAgent; readonly interceptor: Interceptor } {
  const mock = new MockAgent({ enableCallHistory: true });
  onTestFinished(() => mock.close());
  mock.disableNetConnect();
  const interceptor = mock.get('https://api.example.test').intercept({
    path: '/v1/chat/completions',
    method: 'POST',
    body: (text) => JSON.parse(text).messages[0].content === content,
  });
  return { mock, interceptor };
}

const mocked = { baseURL: 'https://api.example.test/v1', apiKey: 'k' };
const greeting = { messages: [{ role: 'user', content: 'Hi.' }] } as const;

test('a MockAgent responds instead of a server', async () => {
  const { mock, interceptor } = mockAgent('Hi.');
  interceptor.reply(200, JSON.stringify(hello));
  const model = openai('m', { ...mocked, dispatcher: mock });
  expect(await model.send(greeting)).toEqual(hello);
  expect(mock.getCallHistory()?.firstCall()?.body).toEqual(JSON.stringify({ model: 'm', ...greeting }));
});

test('a MockAgent responds with a stream', async () => {
  const { mock, interceptor } = mockAgent('Hi.');
  interceptor.reply(200, toEventText(...helloChunks, '[DONE]'), { headers: { 'content-type': 'text/event-stream' } });
  const deltas: string[] = [];
  const model = openai('m', { ...mocked, dispatcher: mock });
  const response = await model.send(
    { ...greeting, stream: true },
    {
      async onDelta({ delta }) {
        await Promise.resolve();
        deltas.push(delta);
      },
    },
  );
  expect(response).toEqual(hello);
  expect(deltas).toEqual(['Hel', 'lo']);
});

test('an abort ends the wait for a slow MockAgent', async () => {
  const { mock, interceptor } = mockAgent('Hi.');
  interceptor.reply(200, JSON.stringify(hello)).delay(2 ** 30);
  const controller = new AbortController();
  const sent = openai('m', { ...mocked, dispatcher: mock }).send(greeting, { signal: controller.signal });
  setImmediate(() => controller.abort(new Error('enough')));
  await expect(sent).rejects.toThrow('enough');
});

test('azure() accepts a dispatcher', async () => {
  const { mock } = mockAgent('none');
  mock.get('https://mine.openai.azure.com').intercept({ path: /./, method: 'POST' }).reply(200, JSON.stringify(hello));
  const model = azure('d', { endpoint: 'https://mine.openai.azure.com', apiKey: 'k', dispatcher: mock });
  expect(await model.send(asked)).toEqual(hello);
});

test('reports an unexpected request to a MockAgent and does not retry it', async () => {
  const { mock, interceptor } = mockAgent('Bye.');
  interceptor.reply(200, JSON.stringify(hello));
  await expect(openai('m', { ...mocked, dispatcher: mock }).send(greeting)).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'network.dispatcher',
    retryable: false,
    message: expect.stringContaining('a mock that expects this request?'),
  });
});

test('reports a closed dispatcher and does not retry the request', async () => {
  const closed = new Agent();
  await closed.close();
  await expect(openai('m', { ...mocked, dispatcher: closed }).send(asked)).rejects.toMatchObject({
    code: 'network.dispatcher',
    retryable: false,
  });
});

test('reports an error that a dispatcher throws', async () => {
  const dispatch = (): never => {
    throw new Error('out of order');
  };
  await expect(openai('m', { ...mocked, dispatcher: { dispatch } }).send(asked)).rejects.toMatchObject({
    name: 'NetworkError',
    message: expect.stringContaining('(out of order)'),
  });
});

test('a dispatcher that changes the headers of a request changes no other request', async () => {
  const server = await serve(helloJson);
  let requests = 0;
  const own = agent().compose((dispatch) => (options, handler) => {
    const { headers } = options as { readonly headers: Record<string, string> };
    headers[`x-request-${requests++}`] = 'yes';
    return dispatch(options, handler);
  });
  const model = openai('m', { baseURL: server.baseURL, dispatcher: own });
  await model.send(asked);
  await model.send(asked);
  const sent = server.received.map(({ headers }) => Object.keys(headers).filter((name) => name.startsWith('x-')));
  expect(sent).toEqual([['x-request-0'], ['x-request-1']]);
});

test('a dispatcher may use a proxy of its own', async () => {
  const asked: unknown[] = [];
  const proxy = await serve((response, { url, headers }) => {
    asked.push(url, headers['proxy-authorization']);
    response.end(JSON.stringify(hello));
  });
  const own = new ProxyAgent({ uri: `http://${proxy.address}`, token: 'Basic bWU6c2VjcmV0' });
  onTestFinished(() => own.close());
  const model = openai('m', { baseURL: 'http://api.example.test/v1', apiKey: 'k', dispatcher: own });
  expect(await model.send(greeting)).toEqual(hello);
  expect(asked).toEqual(['http://api.example.test/v1/chat/completions', 'Basic bWU6c2VjcmV0']);
});

test('a dispatcher may use HTTP/2', async () => {
  const read = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'tls', name));
  // By hand: `@pawl/testing` has no HTTP/2 server.
  const server = createSecureServer({ key: read('key.pem'), cert: read('certificate.pem') }, (request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      const isStreamed = JSON.parse(text).stream === true;
      response.end(isStreamed ? toEventText(...helloChunks, '[DONE]') : JSON.stringify(hello));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // A listening TCP server has an address.
  const own = new Agent({ connect: { ca: read('certificate.pem') } });
  onTestFinished(() => own.destroy());
  const model = openai('m', { baseURL: `https://localhost:${port}/v1`, apiKey: 'k', dispatcher: own });
  expect(await model.send(asked)).toEqual(hello);
  expect(await model.send({ ...asked, stream: true })).toEqual(hello);
});

test('does not use the global dispatcher', async () => {
  const before = getGlobalDispatcher();
  const mock = new MockAgent();
  mock.disableNetConnect();
  setGlobalDispatcher(mock);
  onTestFinished(async () => {
    setGlobalDispatcher(before);
    await mock.close();
  });
  const server = await serve(helloJson);
  expect(await openai('m', { baseURL: server.baseURL }).send(asked)).toEqual(hello);
});

test('an abort closes the connection of a given dispatcher', async () => {
  const controller = new AbortController();
  const server = await startRawServer(() => controller.abort(new Error('enough')));
  const sent = openai('m', { baseURL: server.baseURL, dispatcher: agent() }).send(asked, { signal: controller.signal });
  await expect(sent).rejects.toThrow('enough');
  await server.waitForClose(0);
});

test('reports a stale connection of a given dispatcher', async () => {
  const server = await startRawServer(
    (socket, { request }) => void (request === 0 ? socket.write(wire.whole) : socket.end()),
  );
  const model = openai('m', { baseURL: server.baseURL, dispatcher: agent() });
  await model.send(asked);
  await new Promise((resolve) => setImmediate(resolve));
  await expect(model.send(asked)).rejects.toMatchObject({ code: 'network.reset', staleSocket: true });
});

/** Adds a header to each request, like the undici instrumentation of OpenTelemetry. Removed after the test. */
function instrument(traceparent: string | undefined): void {
  const listener = (message: unknown): void => {
    const { request } = message as { request: { addHeader(name: string, value: string): void } }; // undici documents this message.
    if (traceparent !== undefined) request.addHeader('traceparent', traceparent);
  };
  subscribe('undici:request:create', listener);
  onTestFinished(() => void unsubscribe('undici:request:create', listener));
}

function tracesIn(head = ''): readonly string[] {
  return head.match(/(?<=^traceparent: ).*$/gm)?.map((line) => line.trim()) ?? [];
}

test.each([
  ['no instrumentation', [], [trace]],
  ['an instrumentation that adds none', [undefined], [trace]],
  ['an instrumentation that adds its own', [other], [other]],
] as const)('a request has one traceparent with %s', async (_, instrumentations, sent) => {
  for (const added of instrumentations) instrument(added);
  const server = await startRawServer((socket) => void socket.write(wire.whole));
  await openai('m', { baseURL: server.baseURL }).send(asked, { traceparent: trace });
  expect(tracesIn(server.heads[0])).toEqual(sent);
});

test('leaves out its tracestate with its traceparent', async () => {
  instrument(other);
  const server = await startRawServer((socket) => void socket.write(wire.whole));
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(asked, { traceparent: trace, tracestate: 'a=1' });
  expect(server.heads[0]).not.toContain('tracestate');
});

test('each request that waits for a connection has one traceparent', async () => {
  instrument(other);
  const server = await startRawServer((socket) => void socket.write(wire.whole));
  const own = new Agent({ connections: 2 });
  onTestFinished(() => own.close());
  const model = openai('m', { baseURL: server.baseURL, dispatcher: own });
  const send = () => model.send(asked, { traceparent: trace });
  await Promise.all([send(), send(), send(), send()]);
  expect(server.heads.map((head) => tracesIn(head))).toEqual(Array(4).fill([other]));
});

test('leaves no listener on a diagnostics channel', async () => {
  const created = channel('undici:request:create');
  instrument(other);
  const server = await startRawServer(
    (socket, { request }) => void (request === 0 ? socket.write(wire.whole) : socket.destroy()),
  );
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(asked, { traceparent: trace });
  await model.send(asked, { traceparent: trace }).catch(() => undefined);
  const seen: unknown[] = [];
  created.publish({
    request: { headers: ['traceparent', trace, 'traceparent', other], addHeader: (name: string) => seen.push(name) },
  });
  expect(seen).toEqual(['traceparent']);
});

test.each([
  ['that is answered', wire.whole, ['request:create', 'client:sendHeaders', 'request:headers', 'request:trailers']],
  ['whose connection breaks', undefined, ['request:create', 'client:sendHeaders', 'request:error']],
])('diagnostics channels report a request %s', async (_, bytes, expected) => {
  const reported: string[] = [];
  for (const name of ['request:create', 'client:sendHeaders', 'request:headers', 'request:trailers', 'request:error']) {
    const listener = (): void => void reported.push(name);
    subscribe(`undici:${name}`, listener);
    onTestFinished(() => void unsubscribe(`undici:${name}`, listener));
  }
  const server = await startRawServer((socket) => void (bytes === undefined ? socket.destroy() : socket.write(bytes)));
  await openai('m', { baseURL: server.baseURL })
    .send(asked)
    .catch(() => undefined);
  expect(reported).toEqual(expected);
});

test('refuses a dispatcher with fetch, an invalid dispatcher, and any without undici', () => {
  const refusal = (message: string) =>
    expect.objectContaining({ name: 'ConfigError', message: expect.stringContaining(message) });
  const endpoint = 'https://mine.openai.azure.com';
  expect(() => openai('m', { apiKey: 'k', dispatcher: agent(), fetch })).toThrow(refusal('both fetch and dispatcher'));
  expect(() => azure('d', { endpoint, apiKey: 'k', dispatcher: agent(), fetch })).toThrow(refusal('both fetch and'));
  // @ts-expect-error it has no dispatch
  expect(() => openai('m', { apiKey: 'k', dispatcher: {} })).toThrow(refusal('dispatcher has no method dispatch'));
  // @ts-expect-error a URL is no dispatcher
  expect(() => openai('m', { apiKey: 'k', dispatcher: 'http://proxy' })).toThrow(refusal('Pass an object'));
  expect(() => createTransport('https://api.example.test', agent())).toThrow(refusal('undici runs on Node only'));
});

test('uses fetch if undici cannot be loaded, and writes a debug line', async () => {
  const server = await serve(helloJson);
  const script = join(import.meta.dirname, 'without-undici.ts');
  const run = (debug: string) =>
    promisify(execFile)(process.execPath, [script, server.baseURL], { env: { ...process.env, PAWL_DEBUG: debug } });
  const { stdout, stderr } = await run('1');
  expect(JSON.parse(stdout)).toEqual(hello);
  expect(stderr).toContain(
    'pawl: undici could not be loaded (Dynamic require of "node:assert" is not supported). Requests use fetch.',
  );
  expect((await run('')).stderr).toEqual('');
});
