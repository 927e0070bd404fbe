import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { NetworkError, openai, TimeoutError } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { resolveRetryPolicy, runAttempts } from '../../packages/core/src/model/attempts.ts';
import { waitForDeadlines } from '../quiet.ts';
import { hello, helloChunks, helloEvents, helloJson } from './hello.ts';
import { type Responder, serve, toEventText } from './test-server.ts';
import { transports } from './transports.ts';

const silent: Responder = () => undefined;
const stalling: Responder = (response) => void response.writeHead(200).write(toEventText(helloChunks[0]));

/** An unassigned port below the dynamic range, which `fetch` does not block. */
const NOBODYS_PORT = 4;

async function failureOf(sent: Promise<unknown>): Promise<object> {
  const error: unknown = await sent.then(
    () => 'a response',
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error(`expected an error, got ${String(error)}`);
  return { ...error, message: error.message };
}

test.each(transports)('a refused connection names the address, over $over', async ({ options }) => {
  const sent = openai('m', { baseURL: `http://127.0.0.1:${NOBODYS_PORT}/v1`, ...options }).send({ messages: [] });
  expect(await failureOf(sent)).toEqual({
    name: 'NetworkError',
    message: `Could not connect to 127.0.0.1:${NOBODYS_PORT} (ECONNREFUSED). Is the server running, and is baseURL right?`,
    code: 'network.refused',
    retryable: true,
    address: `127.0.0.1:${NOBODYS_PORT}`,
    phase: 'connect',
    staleSocket: false,
  });
});

test('a refused connection leaves no deadline', async () => {
  const clock = manualClock();
  await failureOf(openai('m', { baseURL: `http://127.0.0.1:${NOBODYS_PORT}/v1` }).send({ messages: [] }, { clock }));
  expect(clock.running).toEqual([]);
});

test.each(transports)('an unknown hostname names the address, over $over', async ({ options }) => {
  const sent = openai('m', { baseURL: 'http://nowhere.invalid/v1', ...options }).send({ messages: [] });
  expect(await failureOf(sent)).toEqual({
    name: 'NetworkError',
    message: expect.stringMatching(
      /^Could not connect to nowhere\.invalid:80 \(E\w+\)\. Is the host in baseURL spelled right/,
    ),
    code: 'network.unknown_host',
    retryable: true,
    address: 'nowhere.invalid:80',
    phase: 'connect',
    staleSocket: false,
  });
});

test.each(transports)('does not retry a server without https, over $over', async ({ options }) => {
  const { address } = await serve(silent);
  const sent = openai('m', { baseURL: `https://${address}/v1`, ...options }).send({ messages: [] });
  expect(await failureOf(sent)).toEqual({
    name: 'NetworkError',
    message: expect.stringMatching(
      /Does the server speak https, and is its certificate one that this machine trusts\?$/,
    ),
    code: 'network.untrusted',
    retryable: false,
    address,
    phase: 'request',
    staleSocket: false,
  });
});

test.each(transports)(
  'a connection that is reset before the response names the address, over $over',
  async ({ options }) => {
    const { baseURL, address } = await serve((response) => void response.socket?.resetAndDestroy());
    expect(await failureOf(openai('m', { baseURL, ...options }).send({ messages: [] }))).toEqual({
      name: 'NetworkError',
      message: expect.stringMatching(
        `^No response from ${address} \\(.+\\)\\. The server, or a device on the way, closed`,
      ),
      code: 'network.reset',
      retryable: true,
      address,
      phase: 'request',
      staleSocket: false,
    });
  },
);

test('ends the wait for a connection after connectMs', async () => {
  // By hand: it accepts connections but never starts TLS.
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`; // A listening TCP server has an address.
  const clock = manualClock();
  const model = openai('m', { baseURL: `https://${address}/v1`, timeouts: { connectMs: 2000 } });
  const sent = failureOf(model.send({ messages: [] }, { clock }));
  const [socket] = await once(server, 'connection');
  const closed = once(socket.resume(), 'close');
  await clock.advance(2000);
  expect(await sent).toEqual({
    name: 'TimeoutError',
    message: `${address} did not accept a connection for 2 s. If the server is only slow, raise timeouts.connectMs.`,
    code: 'timeout.connect',
    retryable: true,
    phase: 'connect',
    timeoutMs: 2000,
    address,
  });
  await closed;
});

test('connectMs does not apply after the connection is made', async () => {
  const server = await serve(silent, helloJson);
  const clock = manualClock();
  const model = openai('m', { baseURL: server.baseURL, timeouts: { connectMs: 2000, firstByteMs: 5000 } });
  const controller = new AbortController();
  const sent = model.send({ messages: [] }, { clock, signal: controller.signal });
  while (server.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(clock.running).toEqual([5000]);
  controller.abort(new Error('enough'));
  await expect(sent).rejects.toThrow('enough');
});

test.each(transports)('ends the wait for a response after firstByteMs, over $over', async ({ options }) => {
  const server = await serve(silent);
  const clock = manualClock();
  const model = openai('m', { baseURL: server.baseURL, timeouts: { firstByteMs: 5000 }, ...options });
  const sent = failureOf(model.send({ messages: [] }, { clock }));
  await arrival(server.received);
  await clock.advance(5000);
  const message = `${server.address} sent nothing for 5 s. If the server is only slow, raise timeouts.firstByteMs.`;
  const error = new TimeoutError(message, { phase: 'first_byte', timeoutMs: 5000, address: server.address });
  expect(await sent).toEqual({ ...error, message });
  await server.waitUntilIdle();
  expect(clock.running).toEqual([]);
});

test.each(transports)('ends a stalled stream after idleMs, over $over', async ({ options }) => {
  const server = await serve(stalling);
  const clock = manualClock();
  const model = openai('m', { baseURL: server.baseURL, ...options });
  const sent = failureOf(
    model.send({ messages: [], stream: true }, { clock, onDelta: () => void clock.advance(60_000) as undefined }),
  );
  const message = `${server.address} sent nothing more for 60 s. If the server is only slow, raise timeouts.idleMs.`;
  const error = new TimeoutError(message, { phase: 'idle', timeoutMs: 60_000, address: server.address });
  expect(await sent).toEqual({ ...error, message });
  await server.waitUntilIdle();
  expect(clock.running).toEqual([]);
});

test.each(transports)('a reader that is behind pauses reading and deadlines, over $over', async ({ options }) => {
  const { baseURL } = await serve(helloEvents);
  const clock = manualClock();
  const seen: string[] = [];
  const response = await openai('m', { baseURL, ...options }).send(
    { messages: [], stream: true },
    {
      clock,
      async onDelta({ delta }) {
        seen.push(`${delta} starts`);
        await Promise.resolve();
        seen.push(`${delta} ends, ${clock.running.length} deadlines run`);
      },
    },
  );
  expect({ response, seen }).toEqual({
    response: hello,
    seen: ['Hel starts', 'Hel ends, 0 deadlines run', 'lo starts', 'lo ends, 0 deadlines run'],
  });
});

test('reuses connections, also after streams', async () => {
  const server = await serve(helloEvents, helloJson);
  const clock = manualClock();
  const model = openai('m', { baseURL: server.baseURL });
  for (let request = 0; request < 3; request++) {
    await model.send({ messages: [], stream: true }, { clock });
    await waitForDeadlines(clock);
  }
  expect(new Set(server.received.map(({ port }) => port)).size).toEqual(1);
});

test('repeats a request once on a new connection if the old one was stale, and reports it as not counted', async () => {
  const { baseURL, received, address } = await serve(
    helloJson,
    (response) => void response.socket?.destroy(),
    helloJson,
  );
  const model = openai('m', { baseURL });
  await model.send({ messages: [] });
  const reported: unknown[] = [];
  const { response, attempt } = await runAttempts(
    model,
    { messages: [] },
    {
      policy: resolveRetryPolicy({ maxAttempts: 1 }),
      random: () => 0,
      onFailure: ({ error, ...rest }) =>
        void reported.push({ ...rest, error: NetworkError.isInstance(error) && error.staleSocket }),
    },
  );
  expect({
    response,
    attempt,
    reported,
    requests: received.length,
    connections: new Set(received.map(({ port }) => port)).size,
  }).toEqual({
    response: hello,
    attempt: 2,
    reported: [{ attempt: 1, model: 'm', error: true, retryInMs: 0, counted: false }],
    requests: 3,
    connections: 2,
  });
  expect(address).toMatch(/^127/);
});

/** Waits until the server has a request. */
async function arrival(received: readonly unknown[]): Promise<void> {
  while (received.length === 0) await new Promise((turn) => setImmediate(turn));
}

test.each(transports)('accepts a complete stream that stays open, over $over', async ({ options }) => {
  const server = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(toEventText(...helloChunks));
  });
  const clock = manualClock();
  let deltaCount = 0;
  const model = openai('m', { baseURL: server.baseURL, timeouts: { idleMs: 3000 }, ...options });
  const onDelta = (): undefined => void deltaCount++;
  const sent = model.send({ messages: [], stream: true }, { clock, onDelta });
  while (deltaCount < 2) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(3000);
  expect((await sent).choices).toEqual(hello.choices);
  await server.waitUntilIdle();
});
