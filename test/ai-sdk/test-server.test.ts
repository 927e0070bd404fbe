// The server that the AI SDK tests its own providers with, in place of ours.
import { createTestServer, TestResponseController, type UrlResponse } from '@ai-sdk/test-server';
import { fromAiSdk } from '@pawl/ai-sdk';
import type { ChatModel } from '@pawl/core';
import { expect, onTestFinished, test } from 'vitest';
import { messages } from './messages.ts';
import { responses } from './responses.ts';
import type { Vendor, VendorTurn } from './vendor.ts';

const TURN: VendorTurn = {
  thinking: 'Is it cold?',
  text: 'I look.',
  calls: [{ name: 'get_weather', input: { city: 'Oslo' } }],
};

const REQUEST = { messages: [{ role: 'user', content: 'How is the weather?' }] } as const;

function serve(vendor: Vendor, response: UrlResponse) {
  const path = vendor === messages ? 'messages' : 'responses';
  const url = `https://vendor.test/${path}`;
  // By hand: the server of another project, as a second source of behaviour.
  const { server, calls, urls } = createTestServer({ [url]: {} });
  // Set afterwards, since a controller cannot be copied.
  Object.assign(urls[url] ?? {}, { response });
  server.start();
  onTestFinished(() => server.stop());
  const model: ChatModel = fromAiSdk(vendor.createModel('https://vendor.test'));
  return { model, calls };
}

test.each([messages, responses])('a response of $name is the same streamed and not', async (vendor) => {
  const chunks = vendor.createStream(TURN, 0).map((bytes) => Buffer.from(bytes).toString());
  const streaming = serve(vendor, { type: 'stream-chunks', chunks });
  const streamed = await streaming.model.send({ ...REQUEST, stream: true }, {});
  expect(await streaming.calls[0]?.requestBodyJson).toMatchObject({ stream: true });
  // The result is JSON, as the vendor writes it.
  const body = vendor.createResponse(TURN, 0) as never;
  const whole = await serve(vendor, { type: 'json-value', body }).model.send(REQUEST, {});
  const [{ message }] = streamed.choices;
  expect({ ...message, pawl_kept: undefined }).toEqual({ ...whole.choices[0].message, pawl_kept: undefined });
  expect(message.tool_calls).toHaveLength(1);
  expect(streamed.usage).toEqual(whole.usage);
});

test.each([messages, responses])('an error of $name has its status and the wait that it asks for', async (vendor) => {
  const body = JSON.stringify(vendor.createError('Slow down.'));
  const { model } = serve(vendor, { type: 'error', status: 429, headers: { 'retry-after': '7' }, body });
  await expect(model.send(REQUEST, {})).rejects.toMatchObject({ status: 429, retryAfterMs: 7_000, retryable: true });
});

test.each([messages, responses])('a stream of $name that breaks is an error that is tried again', async (vendor) => {
  const controller = new TestResponseController();
  const { model } = serve(vendor, { type: 'controlled-stream', controller });
  const sent = model.send({ ...REQUEST, stream: true }, {});
  const [first = new Uint8Array()] = vendor.createStream(TURN, 0);
  const broken = new TypeError('terminated');
  const written = Promise.allSettled([controller.write(Buffer.from(first).toString()), controller.error(broken)]);
  await expect(sent).rejects.toMatchObject({ retryable: true });
  await written;
});
