import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { openai } from '@pawl/core';
import { expect, test } from 'vitest';
import { type Responder, serve, toEventText } from './test-server.ts';

const PIECES = 2000;
const PADDING = 'x'.repeat(100 * 1024);
const MIB = 1024 * 1024;

/** 200 MB, of which the response is a very small part. */
const much: Responder = async (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const piece = toEventText({ choices: [{ index: 0, delta: { content: 'x' } }], obfuscation: PADDING });
  for (let sent = 0; sent < PIECES; sent++) if (!response.write(piece)) await once(response, 'drain');
  response.end(toEventText({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }, '[DONE]'));
};

test('memory stays flat while a stream of 200 MB is read', async () => {
  const { baseURL } = await serve(much);
  const script = join(import.meta.dirname, 'read-long-stream.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, baseURL]);
  const { deltaCount, grownBytes, text } = JSON.parse(stdout);
  expect({ deltaCount, text }).toEqual({ deltaCount: PIECES, text: PIECES });
  expect(grownBytes / MIB).toBeLessThan(16);
});

test.each([
  ['without compression', 'identity', (text: string) => Buffer.from(text)],
  ['in gzip', 'gzip', (text: string) => gzipSync(text)],
])('pauses the server while a reader is paused: a body %s', async (_, encoding, encode) => {
  let written = 0;
  // gzip allows several members in sequence.
  const obfuscation = randomBytes(PADDING.length / 2).toString('hex');
  const piece = encode(toEventText({ choices: [{ index: 0, delta: { content: 'x' } }], obfuscation }));
  const { baseURL } = await serve((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': encoding });
    const write = (): void => {
      for (let isOpen = !response.destroyed; isOpen; written += piece.length) isOpen = response.write(piece);
    };
    response.on('drain', write);
    write();
  });
  const controller = new AbortController();
  const started = Promise.withResolvers<void>();
  const sent = openai('m', { baseURL, responseLimits: { maxBytes: Number.POSITIVE_INFINITY } }).send(
    { messages: [], stream: true },
    {
      signal: controller.signal,
      onDelta: () => {
        started.resolve();
        return new Promise(() => undefined);
      },
    },
  );
  await started.promise;
  await standstill(() => written);
  controller.abort(new Error('enough'));
  await expect(sent).rejects.toThrow('enough');
  // No more than the sockets and buffers of both ends hold.
  expect(written / MIB).toBeLessThan(32);
});

/** Waits until nothing changes for many turns of the event loop. */
async function standstill(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}
