import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openai } from '@pawl/core';
import { Agent, getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { createTransport } from '../../packages/core/src/openai/transport/create-fetch-transport.ts';
import { hello, helloEvents, helloJson } from './hello.ts';
import { rawServer, wire } from './raw-server.ts';
import { serve } from './test-server.ts';

const asked = { messages: [] };
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const other = '00-0af7651916cd43dd8448eb211c80319c-aaaaaaaaaaaaaaaa-01';

function agent(): Agent {
  const made = new Agent();
  onTestFinished(() => made.close());
  return made;
}

test('sends requests by the dispatcher that it is given, and streams their responses', async () => {
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

test('a MockAgent answers in place of a server', async () => {
  const mock = new MockAgent();
  onTestFinished(() => mock.close());
  mock.disableNetConnect();
  mock
    .get('https://api.example.test')
    .intercept({ path: '/v1/chat/completions', method: 'POST' })
    .reply(200, JSON.stringify(hello));
  const model = openai('m', { baseURL: 'https://api.example.test/v1', apiKey: 'k', dispatcher: mock });
  expect(await model.send(asked)).toEqual(hello);
  await expect(model.send(asked)).rejects.toMatchObject({ name: 'NetworkError' });
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

test('an abort closes the connection of a dispatcher that it is given', async () => {
  const controller = new AbortController();
  const server = await rawServer(() => controller.abort(new Error('enough')));
  const sent = openai('m', { baseURL: server.baseURL, dispatcher: agent() }).send(asked, { signal: controller.signal });
  await expect(sent).rejects.toThrow('enough');
  await server.closed(0);
});

test('reports that a connection of a dispatcher that it is given had become stale', async () => {
  const server = await rawServer(
    (socket, { request }) => void (request === 0 ? socket.write(wire.whole) : socket.end()),
  );
  const model = openai('m', { baseURL: server.baseURL, dispatcher: agent() });
  await model.send(asked);
  await new Promise((resolve) => setImmediate(resolve));
  await expect(model.send(asked)).rejects.toMatchObject({ code: 'network.reset', staleSocket: true });
});

test.each([
  ['no instrumentation', [], [trace]],
  ['an instrumentation that adds none', [(_: unknown) => undefined], [trace]],
  [
    'an instrumentation that adds its own',
    [
      (message: unknown) =>
        (message as { request: { addHeader(...header: string[]): void } }).request.addHeader('traceparent', other),
    ], // As undici documents it.
    [other],
  ],
])('a request has one traceparent with %s', async (_, listeners, sent) => {
  for (const listener of listeners) {
    subscribe('undici:request:create', listener);
    onTestFinished(() => void unsubscribe('undici:request:create', listener));
  }
  const server = await rawServer((socket) => void socket.write(wire.whole));
  await openai('m', { baseURL: server.baseURL }).send(asked, { traceparent: trace });
  expect(server.heads[0]?.match(/(?<=traceparent: ).*/g)?.map((line) => line.trim())).toEqual(sent);
});

test('refuses a dispatcher beside fetch, what is no dispatcher, and one where there is no undici', () => {
  expect(() => openai('m', { apiKey: 'k', dispatcher: agent(), fetch })).toThrow('both fetch and dispatcher');
  // @ts-expect-error it has no dispatch
  expect(() => openai('m', { apiKey: 'k', dispatcher: {} })).toThrow('dispatcher has no method dispatch');
  // @ts-expect-error a URL is no dispatcher
  expect(() => openai('m', { apiKey: 'k', dispatcher: 'http://proxy' })).toThrow('Pass an object');
  expect(() => createTransport('https://api.example.test', agent())).toThrow('undici runs on Node only');
});

test('uses fetch where undici cannot be loaded, and a debug line says so', async () => {
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
