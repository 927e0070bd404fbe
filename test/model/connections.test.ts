import type { Socket } from 'node:net';
import { openai } from '@pawl/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { hello, helloChunks } from './hello.ts';
import { rawServer, turns, wire } from './raw-server.ts';
import { eventText } from './test-server.ts';

const { body, whole } = wire;
const answering = { messages: [] };
const reset = { code: 'network.reset' };
/** More than the buffers of both ends take. */
const large = { messages: [{ role: 'user', content: 'x'.repeat(12 * 1024 * 1024) }] } as const;

test('hundreds of requests at once each have a connection, and all of them are kept', async () => {
  const waiting: (() => void)[] = [];
  const server = await rawServer((socket, { request }) => {
    waiting.push(() => socket.write(whole));
    if (request === 299) for (const answer of waiting) answer();
  });
  const model = openai('m', { baseURL: server.baseURL });
  const replies = await Promise.all(Array.from({ length: 300 }, () => model.send(answering)));
  expect(replies).toEqual(Array(300).fill(hello));
  await turns();
  expect(server.sockets.filter(({ closed }) => !closed).length).toEqual(300);
});

test('models of one address share its connections, one request after another', async () => {
  const server = await rawServer((socket) => void socket.write(whole));
  for (let request = 0; request < 500; request++) {
    expect(await openai('m', { baseURL: server.baseURL }).send(answering)).toEqual(hello);
  }
  expect(server.sockets.length).toEqual(1);
});

test('requests are answered while timers are faked, as tests of users do', async () => {
  const server = await rawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers();
  for (let request = 0; request < 3; request++) expect(await model.send(answering)).toEqual(hello);
});

test.each([
  ['a reply that nobody asked for', (text: string) => text],
  ['one byte', () => 'x'],
])('%s on a connection that waits is read by nobody, and ends it', async (_, behind) => {
  const server = await rawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(answering);
  server.sockets[0]?.write(behind(whole.replace('Hello', 'Stale')));
  await server.closed(0);
  expect(await model.send(answering)).toEqual(hello);
  expect(server.sockets.length).toEqual(2);
});

test('a connection that the server closes while it waits is not used again', async () => {
  const server = await rawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(answering);
  server.sockets[0]?.end();
  await server.closed(0);
  await model.send(answering);
  server.sockets[1]?.resetAndDestroy();
  await turns();
  expect(await model.send(answering)).toEqual(hello);
  expect(server.sockets.length).toEqual(3);
});

test('a connection is not used again in the last second that the server gives it', async () => {
  const server = await rawServer((socket) => void socket.write(whole.replace('\r\n', '\r\nkeep-alive: timeout=5\r\n')));
  const model = openai('m', { baseURL: server.baseURL });
  const start = performance.now();
  onTestFinished(() => void vi.restoreAllMocks());
  const now = vi.spyOn(performance, 'now').mockReturnValue(start);
  await model.send(answering);
  now.mockReturnValue(start + 3999);
  await model.send(answering);
  now.mockReturnValue(start + 3999 + 4001);
  await model.send(answering);
  expect(server.sockets.length).toEqual(2);
  await server.closed(0);
});

test('where one connection went stale those that wait beside it are closed', async () => {
  const waiting: (() => void)[] = [];
  const server = await rawServer((socket, { request }) => {
    if (request > 2) return void socket.destroy();
    waiting.push(() => socket.write(whole));
    if (request === 2) for (const answer of waiting) answer();
  });
  const model = openai('m', { baseURL: server.baseURL });
  await Promise.all([model.send(answering), model.send(answering), model.send(answering)]);
  await expect(model.send(answering)).rejects.toMatchObject({ ...reset, staleSocket: true });
  await Promise.all([server.closed(0), server.closed(1), server.closed(2)]);
  // On a fresh connection the server saw the request.
  await expect(model.send(answering)).rejects.toMatchObject({ ...reset, staleSocket: false });
});

test('a server that began to answer on a connection used before saw the request', async () => {
  const server = await rawServer((socket, { request }) => {
    if (request === 0) return void socket.write(whole);
    socket.write('HTTP/1.1 102 Processing\r\n\r\n', () => socket.resetAndDestroy());
  });
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(answering);
  await expect(model.send(answering)).rejects.toMatchObject({ ...reset, staleSocket: false });
});

test.each([
  ['an abort', (_: Socket | undefined, controller: AbortController) => controller.abort(new Error('enough')), 'enough'],
  ['a reply that is none', (socket: Socket | undefined) => void socket?.write('SSH-2.0\r\n'), 'Expected HTTP/'],
  ['a reset', (socket: Socket | undefined) => void socket?.resetAndDestroy(), 'ECONNRESET'],
])('%s ends its own connection, and none that waits', async (_, trouble, told) => {
  const server = await rawServer((socket, { request }) => {
    if (request === 2) for (const other of server.sockets.slice(0, 2)) other.write(whole);
    if (request > 2) socket.write(whole);
  });
  const model = openai('m', { baseURL: server.baseURL });
  const controller = new AbortController();
  const others = [model.send(answering), model.send(answering)];
  const troubled = expect(model.send(answering, { signal: controller.signal })).rejects.toThrow(told);
  await Promise.all(others);
  trouble(server.sockets[2], controller);
  await troubled;
  await server.closed(2);
  await turns();
  expect(server.sockets.map(({ closed }) => closed)).toEqual([false, false, true]);
  expect([await model.send(answering), server.sockets.length]).toEqual([hello, 3]);
});

test('aborted while the connection is made: nothing is sent', async () => {
  const server = await rawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(answering); // The transport is loaded with the first request.
  server.sockets[0]?.end();
  await server.closed(0);
  const controller = new AbortController();
  const sent = model.send(answering, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(sent).rejects.toThrow('enough');
  await turns();
  expect([server.heads.length, server.sockets.filter(({ closed }) => !closed)]).toEqual([1, []]);
});

test('aborted while TLS begins: the connection is closed', async () => {
  const server = await rawServer(() => undefined);
  const controller = new AbortController();
  const model = openai('m', { baseURL: server.baseURL.replace('http:', 'https:') });
  const ended = expect(model.send(answering, { signal: controller.signal })).rejects.toThrow('enough');
  while (!server.sockets[0]?.bytesRead) await turns(1);
  controller.abort(new Error('enough'));
  await ended;
  await server.closed(0);
});

test.each([
  ['in the head', 'HTTP/1.1 200 OK\r\na: '],
  ['between the head and the body', whole.slice(0, -body.length)],
  ['in the body', whole.slice(0, -9)],
  ['in the length of a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1'],
])('aborted %s: the connection is closed', async (_, said) => {
  const controller = new AbortController();
  const server = await rawServer(async (socket) => {
    socket.write(said);
    await turns(5);
    controller.abort(new Error('enough'));
  });
  const sent = openai('m', { baseURL: server.baseURL }).send(answering, { signal: controller.signal });
  await expect(sent).rejects.toThrow('enough');
  await server.closed(0);
});

test('aborted while a large request is written: the connection is closed', async () => {
  const server = await rawServer(() => undefined);
  const controller = new AbortController();
  const sent = openai('m', { baseURL: server.baseURL }).send(large, { signal: controller.signal });
  const ended = expect(sent).rejects.toThrow('enough');
  while (server.sockets.length === 0) await turns(1);
  server.sockets[0]?.pause();
  await turns();
  controller.abort(new Error('enough'));
  await ended;
  server.sockets[0]?.resume();
  await server.closed(0);
});

test.each([
  ['and closes the connection', `HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nno!`, 413],
  ['and says that it goes on', 'HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nno!', 413],
])(
  'a server that answers before it has read the request %s is heard, and its connection not used again',
  async (_, said, status) => {
    // A head is told where all of a request is there: this one is answered before.
    const server = await rawServer((socket) => void socket.write(whole));
    const model = openai('m', { baseURL: server.baseURL });
    const sent = expect(model.send(large)).rejects.toMatchObject({ status });
    while (server.sockets.length === 0) await turns(1);
    const [socket] = server.sockets;
    socket?.pause();
    socket?.write(said);
    await sent;
    expect(server.heads).toEqual([]);
    expect([await model.send(answering), server.sockets.length]).toEqual([hello, 2]);
    socket?.resume();
    await server.closed(0);
  },
);

test('a server that ends its side while a large request is written has broken off', async () => {
  const server = await rawServer(() => undefined);
  const sent = expect(openai('m', { baseURL: server.baseURL }).send(large)).rejects.toMatchObject({
    ...reset,
    phase: 'request',
  });
  while (server.sockets.length === 0) await turns(1);
  server.sockets[0]?.pause().end();
  await sent;
});

test('what came before the connection broke is read to its end by a reader who is behind', async () => {
  const text = eventText(...helloChunks, '[DONE]');
  const server = await rawServer((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
  });
  const reply = await openai('m', { baseURL: server.baseURL }).send(
    { messages: [], stream: true },
    {
      async onDelta() {
        server.sockets[0]?.resetAndDestroy();
        await turns();
      },
    },
  );
  expect(reply).toEqual(hello);
});

test('a reader that throws closes the connection', async () => {
  const text = eventText(...helloChunks);
  const server = await rawServer((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${text}`);
  });
  const sent = openai('m', { baseURL: server.baseURL }).send(
    { messages: [], stream: true },
    {
      onDelta() {
        throw new Error('a broken reader');
      },
    },
  );
  await expect(sent).rejects.toThrow('a broken reader');
  await server.closed(0);
});
