import type { Socket } from 'node:net';
import { openai } from '@pawl/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { hello, helloChunks } from './hello.ts';
import { runTurns, startRawServer, wire } from './raw-server.ts';
import { toEventText } from './test-server.ts';

const { body, whole } = wire;
const answering = { messages: [] };
const reset = { code: 'network.reset' };
/** More than the socket buffers of both ends hold. */
const large = { messages: [{ role: 'user', content: 'x'.repeat(12 * 1024 * 1024) }] } as const;

test('opens a connection for each of hundreds of parallel requests, and keeps all', async () => {
  const waiting: (() => void)[] = [];
  const server = await startRawServer((socket, { request }) => {
    waiting.push(() => socket.write(whole));
    if (request === 299) for (const answer of waiting) answer();
  });
  const model = openai('m', { baseURL: server.baseURL });
  const replies = await Promise.all(Array.from({ length: 300 }, () => model.send(answering)));
  expect(replies).toEqual(Array(300).fill(hello));
  await runTurns();
  expect(server.sockets.filter(({ closed }) => !closed).length).toEqual(300);
});

test('models of one address share connections for sequential requests', async () => {
  const server = await startRawServer((socket) => void socket.write(whole));
  for (let request = 0; request < 500; request++) {
    expect(await openai('m', { baseURL: server.baseURL }).send(answering)).toEqual(hello);
  }
  expect(server.sockets.length).toEqual(1);
});

test('requests work with fake timers', async () => {
  const server = await startRawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers();
  for (let request = 0; request < 3; request++) expect(await model.send(answering)).toEqual(hello);
});

test.each([
  ['an unrequested response', (text: string) => text],
  ['one byte', () => 'x'],
])('%s on an idle connection is ignored and closes it', async (_, behind) => {
  const server = await startRawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(answering);
  server.sockets[0]?.write(behind(whole.replace('Hello', 'Stale')));
  await server.waitForClose(0);
  expect(await model.send(answering)).toEqual(hello);
  expect(server.sockets.length).toEqual(2);
});

test('does not reuse an idle connection that the server closed', async () => {
  const server = await startRawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(answering);
  server.sockets[0]?.end();
  await server.waitForClose(0);
  await model.send(answering);
  server.sockets[1]?.resetAndDestroy();
  await runTurns();
  expect(await model.send(answering)).toEqual(hello);
  expect(server.sockets.length).toEqual(3);
});

test('does not reuse a connection in the last second of its keep-alive time', async () => {
  const server = await startRawServer(
    (socket) => void socket.write(whole.replace('\r\n', '\r\nkeep-alive: timeout=5\r\n')),
  );
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
  await server.waitForClose(0);
});

test('closes the other idle connections after a stale one', async () => {
  const waiting: (() => void)[] = [];
  const server = await startRawServer((socket, { request }) => {
    if (request > 2) return void socket.destroy();
    waiting.push(() => socket.write(whole));
    if (request === 2) for (const answer of waiting) answer();
  });
  const model = openai('m', { baseURL: server.baseURL });
  await Promise.all([model.send(answering), model.send(answering), model.send(answering)]);
  await expect(model.send(answering)).rejects.toMatchObject({ ...reset, staleSocket: true });
  await Promise.all([server.waitForClose(0), server.waitForClose(1), server.waitForClose(2)]);
  // On a new connection the server saw the request.
  await expect(model.send(answering)).rejects.toMatchObject({ ...reset, staleSocket: false });
});

test('does not treat a connection as stale if the server began to respond', async () => {
  const server = await startRawServer((socket, { request }) => {
    if (request === 0) return void socket.write(whole);
    socket.write('HTTP/1.1 102 Processing\r\n\r\n', () => socket.resetAndDestroy());
  });
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(answering);
  await expect(model.send(answering)).rejects.toMatchObject({ ...reset, staleSocket: false });
});

test.each([
  ['an abort', (_: Socket | undefined, controller: AbortController) => controller.abort(new Error('enough')), 'enough'],
  ['an invalid response', (socket: Socket | undefined) => void socket?.write('SSH-2.0\r\n'), 'Expected HTTP/'],
  ['a reset', (socket: Socket | undefined) => void socket?.resetAndDestroy(), 'ECONNRESET'],
])('%s closes its own connection, but no idle one', async (_, disturb, message) => {
  const server = await startRawServer((socket, { request }) => {
    if (request === 2) for (const other of server.sockets.slice(0, 2)) other.write(whole);
    if (request > 2) socket.write(whole);
  });
  const model = openai('m', { baseURL: server.baseURL });
  const controller = new AbortController();
  const others = [model.send(answering), model.send(answering)];
  const troubled = expect(model.send(answering, { signal: controller.signal })).rejects.toThrow(message);
  await Promise.all(others);
  disturb(server.sockets[2], controller);
  await troubled;
  await server.waitForClose(2);
  await runTurns();
  expect(server.sockets.map(({ closed }) => closed)).toEqual([false, false, true]);
  expect([await model.send(answering), server.sockets.length]).toEqual([hello, 3]);
});

test('an abort during the connect sends nothing', async () => {
  const server = await startRawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  await model.send(answering); // The first request loads the transport.
  server.sockets[0]?.end();
  await server.waitForClose(0);
  const controller = new AbortController();
  const sent = model.send(answering, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(sent).rejects.toThrow('enough');
  await runTurns();
  expect([server.heads.length, server.sockets.filter(({ closed }) => !closed)]).toEqual([1, []]);
});

test('an abort during the TLS handshake closes the connection', async () => {
  const server = await startRawServer(() => undefined);
  const controller = new AbortController();
  const model = openai('m', { baseURL: server.baseURL.replace('http:', 'https:') });
  const ended = expect(model.send(answering, { signal: controller.signal })).rejects.toThrow('enough');
  while (!server.sockets[0]?.bytesRead) await runTurns(1);
  controller.abort(new Error('enough'));
  await ended;
  await server.waitForClose(0);
});

test.each([
  ['in the head', 'HTTP/1.1 200 OK\r\na: '],
  ['between the head and the body', whole.slice(0, -body.length)],
  ['in the body', whole.slice(0, -9)],
  ['in the length of a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1'],
])('an abort %s closes the connection', async (_, bytes) => {
  const controller = new AbortController();
  const server = await startRawServer(async (socket) => {
    socket.write(bytes);
    await runTurns(5);
    controller.abort(new Error('enough'));
  });
  const sent = openai('m', { baseURL: server.baseURL }).send(answering, { signal: controller.signal });
  await expect(sent).rejects.toThrow('enough');
  await server.waitForClose(0);
});

test('an abort while a large request is sent closes the connection', async () => {
  const server = await startRawServer(() => undefined);
  const controller = new AbortController();
  const sent = openai('m', { baseURL: server.baseURL }).send(large, { signal: controller.signal });
  const ended = expect(sent).rejects.toThrow('enough');
  while (server.sockets.length === 0) await runTurns(1);
  server.sockets[0]?.pause();
  await runTurns();
  controller.abort(new Error('enough'));
  await ended;
  server.sockets[0]?.resume();
  await server.waitForClose(0);
});

test.each([
  ['and closes the connection', `HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nno!`, 413],
  ['and keeps the connection open', 'HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nno!', 413],
])('reads an early response to a request %s, and does not reuse the connection', async (_, head, status) => {
  // `heads` counts complete requests only: this one gets its response earlier.
  const server = await startRawServer((socket) => void socket.write(whole));
  const model = openai('m', { baseURL: server.baseURL });
  const sent = expect(model.send(large)).rejects.toMatchObject({ status });
  while (server.sockets.length === 0) await runTurns(1);
  const [socket] = server.sockets;
  socket?.pause();
  socket?.write(head);
  await sent;
  expect(server.heads).toEqual([]);
  expect([await model.send(answering), server.sockets.length]).toEqual([hello, 2]);
  socket?.resume();
  await server.waitForClose(0);
});

test('a server that closes its side while a large request is sent is a broken connection', async () => {
  const server = await startRawServer(() => undefined);
  const sent = expect(openai('m', { baseURL: server.baseURL }).send(large)).rejects.toMatchObject({
    ...reset,
    phase: 'request',
  });
  while (server.sockets.length === 0) await runTurns(1);
  server.sockets[0]?.pause().end();
  await sent;
});

test('a slow reader reads all bytes that arrived before the connection broke', async () => {
  const text = toEventText(...helloChunks, '[DONE]');
  const server = await startRawServer((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
  });
  const response = await openai('m', { baseURL: server.baseURL }).send(
    { messages: [], stream: true },
    {
      async onDelta() {
        server.sockets[0]?.resetAndDestroy();
        await runTurns();
      },
    },
  );
  expect(response).toEqual(hello);
});

test('a reader that throws closes the connection', async () => {
  const text = toEventText(...helloChunks);
  const server = await startRawServer((socket) => {
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
  await server.waitForClose(0);
});
