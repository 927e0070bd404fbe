import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { Agent, type ChatModel, openai } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { helloChunks, helloJson } from './hello.ts';
import { runTurns, startRawServer } from './raw-server.ts';
import { type Responder, serve, toEventText } from './test-server.ts';
import { transports } from './transports.ts';

const reason = { because: 'of this test' };

test.each(transports)('starts no request after an abort, over $over', async ({ options }) => {
  const server = await serve(helloJson);
  const clock = manualClock();
  const sent = openai('m', { baseURL: server.baseURL, ...options }).send(
    { messages: [] },
    { clock, signal: AbortSignal.abort(reason) },
  );
  expect(await sent.catch((error: unknown) => error)).toBe(reason);
  expect([server.received, clock.running]).toEqual([[], []]);
});

test.each(transports)('an abort before the response closes the socket at once, over $over', async ({ options }) => {
  const controller = new AbortController();
  const server = await serve(() => controller.abort(reason));
  const clock = manualClock();
  const sent = openai('m', { baseURL: server.baseURL, ...options }).send(
    { messages: [] },
    { clock, signal: controller.signal },
  );
  expect(await sent.catch((error: unknown) => error)).toBe(reason);
  await server.waitUntilIdle();
  expect(clock.running).toEqual([]);
});

test.each(transports)('an abort during the response closes the socket at once, over $over', async ({ options }) => {
  const controller = new AbortController();
  const stalling: Responder = (response) => void response.writeHead(200).write(toEventText(helloChunks[0]));
  const server = await serve(stalling);
  const clock = manualClock();
  const sent = openai('m', { baseURL: server.baseURL, ...options }).send(
    { messages: [], stream: true },
    { clock, signal: controller.signal, onDelta: () => controller.abort(reason) as undefined },
  );
  expect(await sent.catch((error: unknown) => error)).toBe(reason);
  await server.waitUntilIdle();
  expect(clock.running).toEqual([]);
});

test.each(transports)('an abort while a reader is behind rejects at once, over $over', async ({ options }) => {
  const controller = new AbortController();
  const server = await serve((response) => void response.writeHead(200).write(toEventText(...helloChunks)));
  const heard: string[] = [];
  let comeBack = (): void => undefined;
  const clock = manualClock();
  const sent = openai('m', { baseURL: server.baseURL, ...options }).send(
    { messages: [], stream: true },
    {
      clock,
      signal: controller.signal,
      onDelta({ delta }) {
        heard.push(delta);
        queueMicrotask(() => controller.abort(reason));
        return new Promise((resolve) => {
          comeBack = resolve;
        });
      },
    },
  );
  expect(await sent.catch((error: unknown) => error)).toBe(reason);
  await server.waitUntilIdle();
  comeBack();
  await new Promise((turn) => setImmediate(turn));
  expect([heard, clock.running]).toEqual([['Hel'], []]);
});

test.each(transports)('an abort while the key is fetched rejects at once, over $over', async ({ options }) => {
  const controller = new AbortController();
  const server = await serve(helloJson);
  const apiKey = (): Promise<string> => {
    queueMicrotask(() => controller.abort(reason));
    return new Promise(() => undefined);
  };
  const sent = openai('m', { baseURL: server.baseURL, apiKey, ...options }).send(
    { messages: [] },
    { signal: controller.signal },
  );
  expect(await sent.catch((error: unknown) => error)).toBe(reason);
  expect(server.received).toEqual([]);
});

describe.each([{ stream: true }, { stream: false }])('an aborted request, stream: $stream', (asked) => {
  const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

  test.each([
    ['before the first byte', ''],
    ['after the head', head],
    ['in the middle of the body', `${head}6\r\ndata: \r\n`],
    ['in the middle of a body that ends with its connection', 'HTTP/1.1 200 OK\r\n\r\ndata: '],
  ])('resets the connection %s, so that the server stops its work', async (_, sent) => {
    const controller = new AbortController();
    const ends: unknown[] = [];
    const server = await startRawServer((socket) => {
      socket.on('error', (error) => ends.push('code' in error && error.code));
      socket.write(sent, () => void runTurns().then(() => controller.abort(reason)));
    });
    const model = openai('m', { baseURL: server.baseURL });
    const given = model.send({ messages: [], ...asked }, { signal: controller.signal });
    expect(await given.catch((error: unknown) => error)).toBe(reason);
    await server.waitForClose(0);
    expect(ends).toEqual(['ECONNRESET']);
  });
});

test('an aborted request over TLS closes the connection', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  onTestFinished(() => void vi.unstubAllEnvs());
  const read = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'tls', name));
  const controller = new AbortController();
  // By hand: `@pawl/testing` has no TLS server.
  const server = createServer({ key: read('key.pem'), cert: read('certificate.pem') });
  const closed = new Promise<void>((resolve) => {
    server.on('secureConnection', (socket) => {
      socket.on('error', () => undefined).on('close', () => resolve());
      socket.once('data', () => controller.abort(reason));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // A listening TCP server has an address.
  const model = openai('m', { baseURL: `https://127.0.0.1:${port}/v1`, apiKey: 'none' });
  const sent = model.send({ messages: [] }, { signal: controller.signal });
  expect(await sent.catch((error: unknown) => error)).toBe(reason);
  await closed;
});

test('uses the signal that a wrapper passes to its model, also within a run', async () => {
  const controller = new AbortController();
  const server = await serve(() => queueMicrotask(() => controller.abort(new Error('The wrapper has had enough.'))));
  const inner = openai('m', { baseURL: server.baseURL });
  // By hand: a wrapper as users write it.
  const model: ChatModel = {
    name: 'wrapper',
    send: (request, context) => inner.send(request, { ...context, signal: controller.signal }),
  };
  const outcome = await new Agent({ model, retry: { maxAttempts: 1 } }).run('Go.').outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { message: 'The wrapper has had enough.' } });
  await server.waitUntilIdle();
});
