import { openai } from '@pawl/core';
import type { Delta } from '@pawl/core/chat';
import type { Repair } from '@pawl/core/events';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { hello, helloChunks, helloEvents, helloJson } from './hello.ts';
import { type Answer, events, eventText, json, serve } from './test-server.ts';
import { overEach, transports } from './transports.ts';

const forms: readonly { readonly form: string; readonly stream: boolean; readonly answer: Answer }[] = [
  { form: 'a stream', stream: true, answer: helloEvents },
  { form: 'one body', stream: false, answer: helloJson },
  { form: 'a JSON body to a streamed request', stream: true, answer: helloJson },
  { form: 'a stream to an unstreamed request', stream: false, answer: helloEvents },
  { form: 'a stream that ends without [DONE]', stream: true, answer: events(...helloChunks) },
  { form: 'a stream in pieces of seven bytes', stream: true, answer: inPieces(7) },
];

test.each(overEach(forms))('$form is read as the same reply, over $over', async ({ stream, answer, options }) => {
  const { baseURL } = await serve(answer);
  const deltas: Delta[] = [];
  const onDelta = (delta: Delta): undefined => void deltas.push(delta);
  const reply = await openai('m', { baseURL, ...options }).send({ messages: [], stream }, { onDelta });
  const text = deltas.map((delta) => delta.delta).join('');
  expect({ reply, text, types: [...new Set(deltas.map(({ type }) => type))] }).toEqual({
    reply: hello,
    text: 'Hello',
    types: ['text'],
  });
});

test.each(transports)(
  'a reply in one body is not there before its reader has caught up, over $over',
  async ({ options }) => {
    const { baseURL } = await serve(helloJson);
    const reader = Promise.withResolvers<void>();
    const order: string[] = [];
    const sent = openai('m', { baseURL, ...options }).send(
      { messages: [] },
      {
        onDelta: () => {
          order.push('piece');
          return reader.promise.then(() => void order.push('read'));
        },
      },
    );
    const replied = sent.then(() => order.push('reply'));
    await expect.poll(() => order).toEqual(['piece']);
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    reader.resolve();
    await replied;
    expect(order).toEqual(['piece', 'read', 'reply']);
  },
);

test.each(transports)('what was mended is told once a reply, over $over', async ({ options }) => {
  const odd = { choices: [{ index: 0, message: { role: 'assistant', content: 'a' }, finish_reason: 'odd' }] };
  const { baseURL } = await serve(json(odd));
  const told: (readonly Repair[])[] = [];
  await openai('m', { baseURL, ...options }).send({ messages: [] }, { onRepaired: (mends) => told.push(mends) });
  expect(told.map((mends) => mends.map(({ path }) => path))).toEqual([['choices[0].finish_reason']]);
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
        phase: 'reply',
        retryable: true,
      }),
    );
  },
);

test.each(transports)(
  'a stream that breaks off after its finish_reason is a reply, over $over',
  async ({ options }) => {
    const { baseURL } = await serve(broken(...helloChunks));
    expect(await openai('m', { baseURL, ...options }).send({ messages: [], stream: true })).toEqual(hello);
  },
);

test.each(transports)(
  'a stream that ends without finish_reason and without [DONE] was cut off, over $over',
  async ({ options }) => {
    const { baseURL } = await serve(events(...helloChunks.slice(0, 2)));
    const sent = openai('m', { baseURL, ...options }).send({ messages: [], stream: true });
    await expect(sent).rejects.toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: 'response.cut', retryable: true }),
    );
  },
);

const garbage = [
  { what: 'an empty body', body: '' },
  { what: 'a body that is no JSON', body: '<html>Welcome</html>' },
];

test.each(overEach(garbage))('$what is a failed attempt, over $over', async ({ body, options }) => {
  const { baseURL } = await serve((response) => void response.end(body));
  const sent = openai('m', { baseURL, ...options }).send({ messages: [] });
  await expect(sent).rejects.toThrow(
    expect.objectContaining({ name: 'ProtocolError', code: 'response.garbage', retryable: true }),
  );
});

const tooLong = [
  { what: 'by its words', error: { message: "This model's maximum context length is 8 tokens." } },
  { what: 'by its code', error: { message: 'Too many tokens.', code: 'context_length_exceeded' } },
];

test.each(overEach(tooLong))(
  'a context that is too long is recognised inside a 200 $what, over $over',
  async ({ error, options }) => {
    const { baseURL } = await serve(json({ error }));
    const sent = openai('m', { baseURL, ...options }).send({ messages: [] });
    await expect(sent).rejects.toThrow(expect.objectContaining({ name: 'ContextLengthError', retryable: false }));
  },
);

test.each(transports)(
  'a server that goes on after [DONE] does not keep the reply back, and is left in the end, over $over',
  async ({ options }) => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventText(...helloChunks, '[DONE]'));
    });
    const clock = manualClock();
    const reply = await openai('m', { baseURL: server.baseURL, ...options }).send(
      { messages: [], stream: true },
      { clock },
    );
    expect(reply).toEqual(hello);
    expect(clock.running).toEqual([1000]);
    await clock.advance(1000);
    await server.idle();
  },
);

/** The stream, and then the connection is closed under it. */
function broken(...pieces: readonly unknown[]): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(eventText(...pieces), () => response.socket?.destroy());
  };
}

function inPieces(length: number): Answer {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = eventText(...helloChunks, '[DONE]');
    for (let at = 0; at < text.length; at += length) {
      await new Promise<unknown>((written) => response.write(text.slice(at, at + length), written));
    }
    response.end();
  };
}
