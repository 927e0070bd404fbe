import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { NetworkError, openai, TimeoutError } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';
import { attempts, resolveRetryPolicy } from '../../packages/core/src/model/attempts.ts';
import { waitForDeadlines } from '../quiet.ts';
import { hello, helloChunks, helloEvents, helloJson } from './hello.ts';
import { type Answer, eventText, serve } from './test-server.ts';
import { transports } from './transports.ts';

const silent: Answer = () => undefined;
const stalling: Answer = (response) => void response.writeHead(200).write(eventText(helloChunks[0]));

/** Assigned to nobody, below those that systems give out, and none of those that `fetch` refuses to ask. */
const NOBODYS_PORT = 4;

async function failureOf(sent: Promise<unknown>): Promise<object> {
  const error: unknown = await sent.then(
    () => 'a reply',
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

test('a connection that is refused leaves no deadline behind', async () => {
  const clock = manualClock();
  await failureOf(openai('m', { baseURL: `http://127.0.0.1:${NOBODYS_PORT}/v1` }).send({ messages: [] }, { clock }));
  expect(clock.running).toEqual([]);
});

test.each(transports)('a host that DNS does not know names the address, over $over', async ({ options }) => {
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

test.each(transports)('a server that does not speak https is not asked again, over $over', async ({ options }) => {
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
  'a connection that is reset before the reply names the address, over $over',
  async ({ options }) => {
    const { baseURL, address } = await serve((response) => void response.socket?.resetAndDestroy());
    expect(await failureOf(openai('m', { baseURL, ...options }).send({ messages: [] }))).toEqual({
      name: 'NetworkError',
      message: expect.stringMatching(
        `^No reply from ${address} \\(.+\\)\\. The server, or something on the way, closed`,
      ),
      code: 'network.reset',
      retryable: true,
      address,
      phase: 'request',
      staleSocket: false,
    });
  },
);

test('a connection that is never made is given up after connectMs', async () => {
  // By hand: it takes connections, and says no word of TLS.
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`; // A server that listens on TCP has one.
  const clock = manualClock();
  const model = openai('m', { baseURL: `https://${address}/v1`, timeouts: { connectMs: 2000 } });
  const sent = failureOf(model.send({ messages: [] }, { clock }));
  const [socket] = await once(server, 'connection');
  const closed = once(socket.resume(), 'close');
  await clock.advance(2000);
  expect(await sent).toEqual({
    name: 'TimeoutError',
    message: `${address} could not be connected to for 2 s. If it is only slow, raise timeouts.connectMs.`,
    code: 'timeout.connect',
    retryable: true,
    phase: 'connect',
    timeoutMs: 2000,
    address,
  });
  await closed;
});

test('the time for a connection is over once there is one', async () => {
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

test.each(transports)('a server that never answers is given up after firstByteMs, over $over', async ({ options }) => {
  const server = await serve(silent);
  const clock = manualClock();
  const model = openai('m', { baseURL: server.baseURL, timeouts: { firstByteMs: 5000 }, ...options });
  const sent = failureOf(model.send({ messages: [] }, { clock }));
  await arrival(server.received);
  await clock.advance(5000);
  const message = `${server.address} sent nothing for 5 s. If it is only slow, raise timeouts.firstByteMs.`;
  const error = new TimeoutError(message, { phase: 'first_byte', timeoutMs: 5000, address: server.address });
  expect(await sent).toEqual({ ...error, message });
  await server.idle();
  expect(clock.running).toEqual([]);
});

test.each(transports)('a stream that stalls is given up after idleMs, over $over', async ({ options }) => {
  const server = await serve(stalling);
  const clock = manualClock();
  const model = openai('m', { baseURL: server.baseURL, ...options });
  const sent = failureOf(
    model.send({ messages: [], stream: true }, { clock, onDelta: () => void clock.advance(60_000) as undefined }),
  );
  const message = `${server.address} sent nothing more for 60 s. If it is only slow, raise timeouts.idleMs.`;
  const error = new TimeoutError(message, { phase: 'idle', timeoutMs: 60_000, address: server.address });
  expect(await sent).toEqual({ ...error, message });
  await server.idle();
  expect(clock.running).toEqual([]);
});

test.each(transports)(
  'a reader who is behind stops the reading, and no deadline runs meanwhile, over $over',
  async ({ options }) => {
    const { baseURL } = await serve(helloEvents);
    const clock = manualClock();
    const seen: string[] = [];
    const reply = await openai('m', { baseURL, ...options }).send(
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
    expect({ reply, seen }).toEqual({
      reply: hello,
      seen: ['Hel starts', 'Hel ends, 0 deadlines run', 'lo starts', 'lo ends, 0 deadlines run'],
    });
  },
);

test('connections are kept alive and used again, after streams too', async () => {
  const server = await serve(helloEvents, helloJson);
  const clock = manualClock();
  const model = openai('m', { baseURL: server.baseURL });
  for (let request = 0; request < 3; request++) {
    await model.send({ messages: [], stream: true }, { clock });
    await waitForDeadlines(clock);
  }
  expect(new Set(server.received.map(({ port }) => port)).size).toEqual(1);
});

test('a kept-alive socket that the server closed before answering: sent again once on a fresh one, told and not counted', async () => {
  const { baseURL, received, address } = await serve(
    helloJson,
    (response) => void response.socket?.destroy(),
    helloJson,
  );
  const model = openai('m', { baseURL });
  await model.send({ messages: [] });
  const told: unknown[] = [];
  const { reply, attempt } = await attempts(
    model,
    { messages: [] },
    {
      policy: resolveRetryPolicy({ maxAttempts: 1 }),
      random: () => 0,
      onFailed: ({ error, ...rest }) =>
        void told.push({ ...rest, error: NetworkError.isInstance(error) && error.staleSocket }),
    },
  );
  expect({
    reply,
    attempt,
    told,
    requests: received.length,
    connections: new Set(received.map(({ port }) => port)).size,
  }).toEqual({
    reply: hello,
    attempt: 2,
    told: [{ attempt: 1, model: 'm', error: true, retryInMs: 0, counted: false }],
    requests: 3,
    connections: 2,
  });
  expect(address).toMatch(/^127/);
});

/** Until the server has got a request. */
async function arrival(received: readonly unknown[]): Promise<void> {
  while (received.length === 0) await new Promise((turn) => setImmediate(turn));
}

test.each(transports)(
  'a stream that is complete, and then silent without an end, is a reply, over $over',
  async ({ options }) => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(eventText(...helloChunks));
    });
    const clock = manualClock();
    let told = 0;
    const model = openai('m', { baseURL: server.baseURL, timeouts: { idleMs: 3000 }, ...options });
    const onDelta = (): undefined => void told++;
    const sent = model.send({ messages: [], stream: true }, { clock, onDelta });
    while (told < 2) await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(3000);
    expect((await sent).choices).toEqual(hello.choices);
    await server.idle();
  },
);
