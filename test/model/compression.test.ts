import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { openai } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { hello, helloEvents } from './hello.ts';
import { runTurns, startRawServer } from './raw-server.ts';
import { type Responder, serve, toEventText } from './test-server.ts';

const text = JSON.stringify(hello);
const encodings: readonly (readonly [string, (text: string) => Uint8Array])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['gzip, br', (given) => brotliCompressSync(gzipSync(given))],
  ['identity', (given) => new TextEncoder().encode(given)],
];

function encoded(
  encoding: string,
  { status = 200, body }: { readonly status?: number; readonly body: Uint8Array },
): Responder {
  return (response) => void response.writeHead(status, { 'content-encoding': encoding }).end(body);
}

describe.each(encodings)('a body in %s', (encoding, encode) => {
  test('is decoded', async () => {
    const { baseURL } = await serve(encoded(encoding, { body: encode(text) }));
    expect(await openai('m', { baseURL }).send({ messages: [] })).toEqual(hello);
  });

  test('is decoded if it is an error body', async () => {
    const body = encode('{"error":{"message":"No such model."}}');
    const { baseURL, address } = await serve(encoded(encoding, { status: 404, body }));
    await expect(openai('m', { baseURL }).send({ messages: [] })).rejects.toMatchObject({
      status: 404,
      body: '{"error":{"message":"No such model."}}',
      message: expect.stringContaining(`${address} responded with 404: "No such model."`),
    });
  });
});

test('requests compression of whole responses, but not of streams', async () => {
  const server = await serve(helloEvents);
  const model = openai('m', { baseURL: server.baseURL });
  await model.send({ messages: [] });
  await model.send({ messages: [], stream: true });
  await openai('m', { baseURL: server.baseURL, headers: { 'Accept-Encoding': 'br' } }).send({ messages: [] });
  expect(server.received.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip, br', 'identity', 'br']);
});

test('emits the deltas of a compressed stream as they arrive', async () => {
  const open = Promise.withResolvers<void>();
  const { baseURL } = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    gzip.pipe(response);
    gzip.write(toEventText({ choices: [{ index: 0, delta: { role: 'assistant', content: 'One, ' } }] }));
    // The server sends no more before the first delta is emitted.
    void open.promise.then(() => {
      gzip.end(toEventText({ choices: [{ index: 0, delta: { content: 'two.' }, finish_reason: 'stop' }] }));
    });
  });
  const deltas: string[] = [];
  const response = await openai('m', { baseURL }).send(
    { messages: [], stream: true },
    {
      onDelta: ({ delta }) => {
        deltas.push(delta);
        open.resolve();
        return undefined;
      },
    },
  );
  expect([deltas, response.choices[0].message.content]).toEqual([['One, ', 'two.'], 'One, two.']);
});

test.each(encodings.filter(([encoding]) => encoding !== 'identity'))(
  'a body in %s that breaks off is a retryable error',
  async (encoding, encode) => {
    const whole = encode(text);
    const { baseURL } = await serve(encoded(encoding, { body: whole.subarray(0, whole.length - 12) }));
    await expect(openai('m', { baseURL }).send({ messages: [] })).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 'response.garbage',
      retryable: true,
    });
  },
);

test('accepts a compressed body that lacks only its trailer', async () => {
  const whole = gzipSync(text);
  const { baseURL } = await serve(encoded('gzip', { body: whole.subarray(0, whole.length - 4) }));
  expect(await openai('m', { baseURL }).send({ messages: [] })).toEqual(hello);
});

test.each(['utf-8', 'none'])('ignores %s as an encoding', async (encoding) => {
  const { baseURL } = await serve(encoded(encoding, { body: new TextEncoder().encode(text) }));
  expect(await openai('m', { baseURL }).send({ messages: [] })).toEqual(hello);
});

test.each(['compress', Array(2_500).fill('gzip').join(',')])(
  'an HTTP error keeps its status if its body cannot be decoded',
  async (encoding) => {
    const { baseURL } = await serve(encoded(encoding, { status: 503, body: Uint8Array.of(1, 2) }));
    await expect(openai('m', { baseURL }).send({ messages: [] })).rejects.toMatchObject({
      name: 'HttpError',
      status: 503,
      retryable: true,
    });
  },
);

test('names an encoding that was not requested', async () => {
  const { baseURL } = await serve(encoded('compress', { body: gzipSync(text) }));
  await expect(openai('m', { baseURL }).send({ messages: [] })).rejects.toMatchObject({
    name: 'ProtocolError',
    code: 'response.encoding',
    retryable: false,
    message:
      'The server\'s response has the encoding "compress", which was not requested. Supported are gzip, deflate, br and zstd.',
  });
});

test('keeps the connection until the end of a body with padding after its compressed data', async () => {
  const clock = manualClock();
  const server = await serve((response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.write(Buffer.concat([gzipSync(text), Buffer.alloc(8)]));
  });
  const sent = openai('m', { baseURL: server.baseURL, timeouts: { idleMs: 3000 } }).send({ messages: [] }, { clock });
  const ended = expect(sent).rejects.toMatchObject({ code: 'timeout.idle' });
  while (!clock.running.includes(3000)) await new Promise((turn) => setImmediate(turn));
  await clock.advance(3000);
  await ended;
  await server.waitUntilIdle();
});

describe.each(encodings.filter(([encoding]) => encoding !== 'identity'))(
  'a compressed body in %s',
  (encoding, encode) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ntransfer-encoding: chunked\r\n\r\n`;
    const chunk = (bytes: Uint8Array): Buffer =>
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

    test('is ended by an abort, which closes the connection', async () => {
      const controller = new AbortController();
      const server = await startRawServer((socket) => {
        const bytes = encode(text);
        socket.write(Buffer.concat([Buffer.from(head), chunk(bytes.subarray(0, bytes.length - 12))]));
        void runTurns().then(() => controller.abort(new Error('enough')));
      });
      const sent = openai('m', { baseURL: server.baseURL }).send({ messages: [] }, { signal: controller.signal });
      await expect(sent).rejects.toThrow('enough');
      await server.waitForClose(0);
    });

    test('closes its connection if the decoded body exceeds the limit', async () => {
      const server = await startRawServer((socket) => {
        const bytes = encode(`${text}${' '.repeat(4 * 1024 * 1024)}`);
        socket.write(Buffer.concat([Buffer.from(head), chunk(bytes)]));
      });
      const model = openai('m', { baseURL: server.baseURL, responseLimits: { maxBytes: 1024 * 1024 } });
      await expect(model.send({ messages: [] })).rejects.toMatchObject({ code: 'response.too_large' });
      await server.waitForClose(0);
    });

    test('closes its connection if the encoding is wrong', async () => {
      const server = await startRawServer((socket) => {
        socket.write(Buffer.concat([Buffer.from(head), chunk(Buffer.from(text))]));
      });
      await expect(openai('m', { baseURL: server.baseURL }).send({ messages: [] })).rejects.toMatchObject({
        name: 'NetworkError',
        phase: 'response',
        retryable: true,
      });
      await server.waitForClose(0);
    });
  },
);
