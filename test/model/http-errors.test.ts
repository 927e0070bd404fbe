import { HttpError, openai } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { collectModelErrorDetails } from '../../packages/core/src/model/errors.ts';
import { type JsonOptions, respondWithJson, serve } from './test-server.ts';

interface Refused {
  readonly address: string;
  readonly error: Error;
}

async function refused(body: unknown, options: JsonOptions): Promise<Refused> {
  const { baseURL, address } = await serve(respondWithJson(body, options));
  const sent = openai('m', { baseURL }).send(
    { messages: [] },
    { clock: manualClock({ startMs: Date.UTC(2026, 0, 1) }) },
  );
  const error: unknown = await sent.then(
    () => 'a response',
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return { error, address };
  throw new Error(`expected an error, got ${String(error)}`);
}

const no = { error: { message: 'No.', code: 'nope' } };

test.each([408, 409, 429, 500, 501, 502, 503, 504, 529])('retries status %i', async (status) => {
  const { error } = await refused(no, { status });
  expect([error.name, 'retryable' in error && error.retryable]).toEqual(['HttpError', true]);
});

test.each([302, 400, 401, 402, 403, 404, 405, 413, 422])('does not retry status %i', async (status) => {
  const { error } = await refused(no, { status });
  expect([error.name, 'retryable' in error && error.retryable]).toEqual(['HttpError', false]);
});

test('follows x-should-retry', async () => {
  const wishes = [
    { status: 400, headers: { 'x-should-retry': 'true' } },
    { status: 503, headers: { 'x-should-retry': 'false' } },
    { status: 503, headers: { 'x-should-retry': 'maybe' } },
  ];
  const errors = await Promise.all(wishes.map((options) => refused(no, options)));
  expect(errors.map(({ error }) => 'retryable' in error && error.retryable)).toEqual([true, false, true]);
});

test('does not retry 429 with insufficient_quota, and gives advice', async () => {
  const body = {
    error: { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: 'insufficient_quota' },
  };
  const { error, address } = await refused(body, { status: 429 });
  expect([error.message, 'retryable' in error && error.retryable]).toEqual([
    `${address} responded with 429: "You exceeded your current quota." (insufficient_quota). The account has no credit left. Add credit, or raise its limit.`,
    false,
  ]);
});

test("an HTTP error holds status, code, param, request id and the server's message, as plain data", async () => {
  const body = {
    error: {
      message: 'Bad name.',
      type: 'invalid_request_error',
      param: 'tools[0].function.name',
      code: 'invalid_value',
    },
  };
  const { error, address } = await refused(body, { status: 400, headers: { 'x-request-id': 'req_7' } });
  const fields = {
    retryable: false,
    status: 400,
    serverCode: 'invalid_value',
    param: 'tools[0].function.name',
    requestId: 'req_7',
  };
  expect({ ...error, message: error.message, isHttpError: HttpError.isInstance(error) }).toEqual({
    ...fields,
    name: 'HttpError',
    code: 'http.400',
    retryAfterMs: undefined,
    body: JSON.stringify(body),
    message: `${address} responded with 400: "Bad name." (invalid_value). A retry does not help. Change the request, especially "tools[0].function.name".`,
    isHttpError: true,
  });
  expect(HttpError.isInstance(error) && collectModelErrorDetails(error)).toEqual(fields);
});

test.each([
  [{ 'retry-after': '90' }, 90_000, 'Try again in 90 s (at 2026-01-01T00:01:30.000Z).'],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }, 20_000, 'Try again in 20 s (at 2026-01-01T00:00:20.000Z).'],
  [{ 'retry-after-ms': '1500' }, 1500, 'Try again in 2 s (at 2026-01-01T00:00:01.500Z).'],
  [{}, undefined, 'Try again later.'],
])('reads when to retry a busy server: %j', async (headers, retryAfterMs, advice) => {
  const { error, address } = await refused(no, { status: 429, headers: { ...headers } });
  expect([error.message, HttpError.isInstance(error) && error.retryAfterMs]).toEqual([
    `${address} responded with 429: "No." (nope). ${advice}`,
    retryAfterMs,
  ]);
});

test.each([
  [401, 'Check the key: option apiKey, or the variable OPENAI_API_KEY.'],
  [403, 'The key has no permission for this request. Check its permissions, the organization and the project.'],
  [404, 'Check baseURL, which usually ends in /v1, and the model name "m".'],
  [413, 'The request is too large. Send fewer or shorter messages, or smaller images.'],
  [422, 'A retry does not help. Change the request.'],
])('status %i gives advice', async (status, advice) => {
  const { error, address } = await refused({}, { status });
  expect(error.message).toEqual(`${address} responded with ${status} without a reason. ${advice}`);
});

test('does not follow a redirect, and names its location', async () => {
  const { error, address } = await refused({}, { status: 308, headers: { location: 'https://other/v1' } });
  expect(error.message).toEqual(
    `${address} responded with 308 without a reason. The server redirects to "https://other/v1". Pass that as baseURL.`,
  );
});

test.each([
  [400, { error: { message: 'too long', code: 'context_length_exceeded' } }],
  [
    400,
    {
      object: 'error',
      message: "This model's maximum context length is 8 tokens.",
      type: 'BadRequestError',
      code: 400,
    },
  ],
  [413, { error: 'prompt is too long: 9 tokens > 8 maximum' }],
  [422, { error: { message: 'context window exceeds limit' } }],
  [500, { error: { code: 500, message: 'the request exceeds the available context size', type: 'server_error' } }],
])('a context that is too long is a ContextLengthError, not retried: %i %j', async (status, body) => {
  const { error } = await refused(body, { status, headers: { 'x-request-id': 'r' } });
  expect({ ...error, message: '', serverCode: '' }).toEqual({
    name: 'ContextLengthError',
    code: 'context.too_long',
    message: '',
    retryable: false,
    status,
    serverCode: '',
    param: undefined,
    requestId: 'r',
    body: JSON.stringify(body),
  });
});

test('keeps at most 4 KiB of an error body and does not wait for the rest', async () => {
  const server = await serve((response) => {
    response.writeHead(500).write('x'.repeat(100_000));
  });
  const error: unknown = await openai('m', { baseURL: server.baseURL })
    .send({ messages: [] })
    .catch((reason: unknown) => reason);
  expect(HttpError.isInstance(error) && error.body).toEqual('x'.repeat(4096));
  await server.waitUntilIdle();
});

test('reports an endless error body by its status and closes the connection', async () => {
  const server = await serve((response) => {
    response.writeHead(429, { 'retry-after': '7' }).write('{"error":{"message":"Slow down."}}');
  });
  const clock = manualClock();
  const sent = openai('m', { baseURL: server.baseURL }).send({ messages: [] }, { clock });
  const failed = sent.catch((error: unknown) => error);
  while (!clock.running.includes(5_000)) await new Promise((resolve) => setImmediate(resolve));
  // Waits until the body arrives.
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(5_000);
  expect(await failed).toMatchObject({ status: 429, retryAfterMs: 7_000, body: '{"error":{"message":"Slow down."}}' });
  await server.waitUntilIdle();
});
