import { describe, expect, test } from 'vitest';
import type { Json } from '../base/json.ts';
import { readHttpError } from './http-error.ts';

interface Given {
  readonly status?: number;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

function refused({ status = 400, body, headers = {} }: Given): object {
  const read = readHttpError(
    { status, getHeader: (name) => headers[name], body: body === undefined ? '' : JSON.stringify(body) },
    { model: 'm', address: 'host:1', now: 0, redact: (text) => text },
  );
  if (read.type === 'error') return read.error;
  throw new Error(read.statement);
}

describe('an error with a status', () => {
  test('has no body if the server sent none', () => {
    expect(refused({ status: 500 })).toMatchObject({ body: undefined });
  });

  test.each(['x-request-id', 'request-id', 'apim-request-id', 'x-ms-request-id', 'cf-ray'])(
    'has the request id of the header %s',
    (name) => {
      expect(refused({ headers: { [name]: 'req_1' }, body: { request_id: 'req_2' } })).toMatchObject({
        requestId: 'req_1',
      });
    },
  );

  test('has the request id of the body if no header has one', () => {
    expect(refused({ body: { request_id: 'req_2' } })).toMatchObject({ requestId: 'req_2' });
  });

  test('names the code of the server if there is no message', () => {
    expect(refused({ status: 503, body: { error: { code: 'busy' } } })).toMatchObject({
      message: 'host:1 responded with 503 (busy). Try again later.',
    });
  });

  test.each([300, 301, 399])('%i names the location of the redirect', (status) => {
    expect(refused({ status, headers: { location: 'https://other/v1' } })).toMatchObject({
      message: expect.stringContaining('The server redirects to "https://other/v1"'),
    });
  });

  test('has the output that the server could not parse', () => {
    const body = { error: { message: 'No.', code: 'tool_use_failed' } };
    expect(refused({ body })).toMatchObject({ name: 'MalformedResponseError', received: JSON.stringify(body) });
  });
});

describe('isModelLoading', () => {
  test.each([
    [425, undefined],
    [429, true],
    [500, undefined],
    [503, true],
    [400, undefined],
  ])('is read from %i: %s', (status, expected) => {
    expect(refused({ status, body: { error: 'Loading model' } })).toMatchObject(
      expected === undefined ? expect.not.objectContaining({ isModelLoading: true }) : { isModelLoading: true },
    );
  });
});

describe('the wait that a server asks for', () => {
  const words = { error: { message: 'Busy. Please retry in 7s.' } };
  test.each([
    [408, 7_000],
    [429, 7_000],
    [500, 7_000],
    [529, 7_000],
    [501, undefined],
    [507, undefined],
    [400, undefined],
  ])('is read from the body of a %i: %s ms', (status, retryAfterMs) => {
    expect(refused({ status, body: words })).toMatchObject({ retryAfterMs });
  });

  test.each([
    [429, 9_000],
    [503, undefined],
  ])('is read from the rate limit headers of a %i: %s ms', (status, retryAfterMs) => {
    const headers = { 'x-ratelimit-reset': '9', 'x-ratelimit-remaining': '0' };
    expect(refused({ status, headers, body: { error: 'Busy.' } })).toMatchObject({ retryAfterMs });
  });
});

test('gives the advice of the caller for a status, in place of that about the options of openai()', () => {
  const read = readHttpError(
    { status: 401, getHeader: () => undefined, body: '{"error":{"message":"No."}}' },
    {
      model: 'm',
      address: 'host:1',
      now: 0,
      redact: (text) => text,
      advice: { 401: 'Check the key of the provider.' },
    },
  );
  expect(read).toMatchObject({
    error: { message: 'host:1 responded with 401: "No.". Check the key of the provider.' },
  });
});
