import { openai } from '@pawl/core';
import type { Delta } from '@pawl/core/chat';
import type { Repair } from '@pawl/core/events';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { hello, helloChunks, helloEvents, helloJson } from './hello.ts';
import { type Responder, respondWithEvents, respondWithJson, serve, toEventText } from './test-server.ts';
import { combineWithTransports, transports } from './transports.ts';

const forms: readonly { readonly form: string; readonly stream: boolean; readonly answer: Responder }[] = [
  { form: 'a stream', stream: true, answer: helloEvents },
  { form: 'one body', stream: false, answer: helloJson },
  { form: 'a JSON body to a streamed request', stream: true, answer: helloJson },
  { form: 'a stream to an unstreamed request', stream: false, answer: helloEvents },
  { form: 'a stream that ends without [DONE]', stream: true, answer: respondWithEvents(...helloChunks) },
  { form: 'a stream in pieces of seven bytes', stream: true, answer: inPieces(7) },
];

test.each(combineWithTransports(forms))(
  'reads $form as the same response, over $over',
  async ({ stream, answer, options }) => {
    const { baseURL } = await serve(answer);
    const deltas: Delta[] = [];
    const onDelta = (delta: Delta): undefined => void deltas.push(delta);
    const response = await openai('m', { baseURL, ...options }).send({ messages: [], stream }, { onDelta });
    const text = deltas.map((delta) => delta.delta).join('');
    expect({ response, text, types: [...new Set(deltas.map(({ type }) => type))] }).toEqual({
      response: hello,
      text: 'Hello',
      types: ['text'],
    });
  },
);

test.each(transports)('an unstreamed response waits for a reader that is behind, over $over', async ({ options }) => {
  const { baseURL } = await serve(helloJson);
  const reader = Promise.withResolvers<void>();
  const order: string[] = [];
  const sent = openai('m', { baseURL, ...options }).send(
    { messages: [] },
    {
      onDelta: () => {
        order.push('delta');
        return reader.promise.then(() => void order.push('read'));
      },
    },
  );
  const pushed = sent.then(() => order.push('response'));
  await expect.poll(() => order).toEqual(['delta']);
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  reader.resolve();
  await pushed;
  expect(order).toEqual(['delta', 'read', 'response']);
});

test.each(transports)('reports repairs once per response, over $over', async ({ options }) => {
  const odd = { choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'odd' }] };
  const { baseURL } = await serve(respondWithJson(odd));
  const reported: (readonly Repair[])[] = [];
  await openai('m', { baseURL, ...options }).send(
    { messages: [] },
    { onRepaired: (repairs) => reported.push(repairs) },
  );
  expect(reported.map((repairs) => repairs.map(({ path }) => path))).toEqual([['choices[0].finish_reason']]);
});

test.each(transports)(
  'a stream that breaks off before its end is a failed attempt, over $over',
  async ({ options }) => {
    const { baseURL, address } = await serve(broken(...helloChunks.slice(0, 2)));
    const sent = openai('m', { baseURL, ...options }).send({ messages: [], stream: true });
    await expect(sent).rejects.toThrow(
      expect.objectContaining({
        name: 'NetworkError',
        code: 'network.reset',
        address,
        phase: 'response',
        retryable: true,
      }),
    );
  },
);

test.each(transports)('accepts a stream that breaks off after its finish_reason, over $over', async ({ options }) => {
  const { baseURL } = await serve(broken(...helloChunks));
  expect(await openai('m', { baseURL, ...options }).send({ messages: [], stream: true })).toEqual(hello);
});

test.each(transports)(
  'a stream that ends without finish_reason and [DONE] is a failed attempt, over $over',
  async ({ options }) => {
    const { baseURL } = await serve(respondWithEvents(...helloChunks.slice(0, 2)));
    const sent = openai('m', { baseURL, ...options }).send({ messages: [], stream: true });
    await expect(sent).rejects.toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: 'response.cut', retryable: true }),
    );
  },
);

const garbage = [
  { what: 'an empty body', body: '' },
  { what: 'a body that is not JSON', body: '<html>Welcome</html>' },
];

test.each(combineWithTransports(garbage))('$what is a failed attempt, over $over', async ({ body, options }) => {
  const { baseURL } = await serve((response) => void response.end(body));
  const sent = openai('m', { baseURL, ...options }).send({ messages: [] });
  await expect(sent).rejects.toThrow(
    expect.objectContaining({ name: 'ProtocolError', code: 'response.garbage', retryable: true }),
  );
});

const tooLong = [
  { what: 'by its message', error: { message: "This model's maximum context length is 8 tokens." } },
  { what: 'by its code', error: { message: 'Too many tokens.', code: 'context_length_exceeded' } },
];

test.each(combineWithTransports(tooLong))(
  'recognizes a too long context inside a 200 $what, over $over',
  async ({ error, options }) => {
    const { baseURL } = await serve(respondWithJson({ error }));
    const sent = openai('m', { baseURL, ...options }).send({ messages: [] });
    await expect(sent).rejects.toThrow(expect.objectContaining({ name: 'ContextLengthError', retryable: false }));
  },
);

test.each(transports)(
  'returns the response at [DONE], and closes the connection if the server continues, over $over',
  async ({ options }) => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(toEventText(...helloChunks, '[DONE]'));
    });
    const clock = manualClock();
    const response = await openai('m', { baseURL: server.baseURL, ...options }).send(
      { messages: [], stream: true },
      { clock },
    );
    expect(response).toEqual(hello);
    expect(clock.running).toEqual([1000]);
    await clock.advance(1000);
    await server.waitUntilIdle();
  },
);

/** Sends the stream and then closes the connection. */
function broken(...pieces: readonly unknown[]): Responder {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(toEventText(...pieces), () => response.socket?.destroy());
  };
}

function inPieces(length: number): Responder {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = toEventText(...helloChunks, '[DONE]');
    for (let at = 0; at < text.length; at += length) {
      await new Promise<unknown>((written) => response.write(text.slice(at, at + length), written));
    }
    response.end();
  };
}
