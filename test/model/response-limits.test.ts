import { gzipSync } from 'node:zlib';
import { openai } from '@pawl/core';
import { expect, test } from 'vitest';
import { hello } from './hello.ts';
import { type Responder, respondWithJson, serve } from './test-server.ts';
import { combineWithTransports } from './transports.ts';

/** A stream that never ends, and reports when it is closed. */
function endless(piece: string): { readonly answer: Responder; readonly closed: Promise<void> } {
  const closed = Promise.withResolvers<void>();
  return {
    closed: closed.promise,
    answer(response) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', write);
      response.on('close', () => closed.resolve());
      write();
    },
  };
}

const chunk = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(100) } }] })}\n\n`;
const cases = [
  {
    what: 'bytes',
    caps: { maxBytes: 10_000 },
    piece: chunk,
    message:
      "The server's response has more than 10000 bytes and is discarded. If it is meant to be this long, raise responseLimits.maxBytes.",
  },
  {
    what: 'characters in one event',
    caps: { maxEventLength: 10_000 },
    piece: 'data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n',
    message:
      'The server sent an event of more than 10000 characters. The response is not used. If you expect such events, raise responseLimits.maxEventLength.',
  },
  {
    what: 'calls',
    caps: { maxToolCalls: 3 },
    piece: `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: ['a', 'b'].map((name) => ({ function: { name, arguments: '{}' } })) } }] })}\n\n`,
    message:
      "The server's response has more than 3 tool calls. None of them runs. If you expect so many, raise responseLimits.maxToolCalls.",
  },
];

test.each(combineWithTransports(cases))(
  'ends a response with more $what than the limit and closes its connection, over $over',
  async ({ caps, piece, message, options }) => {
    const { answer, closed } = endless(piece);
    const { baseURL } = await serve(answer);
    const sent = openai('m', { baseURL, responseLimits: caps, ...options }).send({ messages: [], stream: true });
    await expect(sent).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 'response.too_large',
      retryable: false,
      message,
    });
    await closed;
  },
);

test('counts decoded bytes', async () => {
  const body = gzipSync(JSON.stringify({ ...hello, padding: 'x'.repeat(100_000) }));
  const { baseURL } = await serve((response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(body));
  await expect(
    openai('m', { baseURL, responseLimits: { maxBytes: 50_000 } }).send({ messages: [] }),
  ).rejects.toMatchObject({
    code: 'response.too_large',
  });
});

test('reads a response exactly at its limits', async () => {
  const { baseURL } = await serve(respondWithJson(hello));
  const caps = { maxBytes: JSON.stringify(hello).length, maxToolCalls: 1, maxEventLength: Number.POSITIVE_INFINITY };
  expect(await openai('m', { baseURL, responseLimits: caps }).send({ messages: [] })).toEqual(hello);
});

test.each([0, 0.5, Number.NaN, '2' as never])('refuses a limit of %j when the model is created', (calls) => {
  const define = (): unknown => openai('m', { baseURL: 'http://127.0.0.1:1', responseLimits: { maxToolCalls: calls } });
  expect(define).toThrow(
    /responseLimits\.maxToolCalls is (0|0\.5|NaN|the text "2")\. (Pass a number of 1 or more, or Infinity for no limit|Pass a number)\./,
  );
});
