import { type JsonObject, openai } from '@pawl/core';
import { manualClock, respond } from '@pawl/testing';
import { describe, expect, test } from 'vitest';
import { play } from '../behaviours/play.ts';
import { respondWithJson, serve } from './test-server.ts';

const NO_USE = /(A retry does not help. Change|Trying again does not help: change) the request/;

/** Each message has one of these sentences. */
const ADVICE = [
  /Try again later/,
  /Trying again may help/,
  /Try again in/,
  /(Trying again|A retry) does not help/,
  /Send fewer/,
  /Check (the key|baseURL)/,
  /has no credit left/,
];

/** Refusals of the request with a status for server failures. */
const refusals: readonly (readonly [server: string, status: number, error: JsonObject])[] = [
  // https://github.com/containers/ramalama/issues/1431
  ['llama.cpp', 500, { code: 500, message: 'Cannot use tools with stream', type: 'server_error' }],
  ['llama.cpp', 500, { code: 500, message: 'tools param requires --jinja flag', type: 'server_error' }],
  // https://github.com/ggml-org/llama.cpp/issues/17574
  [
    'llama.cpp',
    500,
    { code: 500, message: 'JSON schema conversion failed:\nUnrecognized schema: {"not":{}}', type: 'server_error' },
  ],
  ['llama.cpp', 500, { code: 500, message: 'Unrecognized schema: false', type: 'server_error' }],
  // https://github.com/lidge-jun/opencodex/issues/2135
  [
    'llama.cpp',
    500,
    { code: 500, message: 'Failed to initialize samplers: failed to parse grammar', type: 'server_error' },
  ],
  [
    'llama.cpp, a template',
    500,
    {
      code: 500,
      message: 'Conversation roles must alternate user/assistant/user/assistant/... at row 1, column 1',
      type: 'server_error',
    },
  ],
  [
    'llama.cpp',
    500,
    { code: 500, message: 'image input is not supported - hint: you may need the mmproj', type: 'server_error' },
  ],
  ['llama.cpp', 500, { code: 500, message: "Failed to parse messages: Missing 'content'", type: 'server_error' }],
  ['llama.cpp', 501, { code: 501, message: 'This server does not support tools.', type: 'not_supported_error' }],
  // https://github.com/anomalyco/opencode/issues/46481
  ['Qwen, a template', 500, { message: 'System message must be at the beginning.' }],
  ['LM Studio', 500, { message: 'Error rendering prompt with jinja template: "No user query found in messages."' }],
  // https://github.com/earendil-works/pi/issues/3739
  ['Bedrock', 500, { message: "This model doesn't support tool use in streaming mode." }],
  ['a gateway', 500, { message: 'response_format is not supported by this model', type: 'server_error' }],
  ['a gateway', 500, { message: 'Unsupported value: tool_choice', type: 'server_error' }],
  ['a gateway', 500, { message: 'Bad value.', type: 'server_error', param: 'tools[0].function.parameters' }],
  ['a gateway', 500, { message: 'Bad value.', type: 'invalid_request_error' }],
];

describe.each([{ stream: true }, { stream: false }])('a failure caused by the request, stream: $stream', (run) => {
  test.each(refusals)('of %s is not retried: %i %j', async (_, status, error) => {
    const { outcome, requests } = await play([respond.httpError(status, { body: { error } })], { run });
    expect(outcome).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(NO_USE) } });
    expect(requests.length).toBe(1);
  });

  test.each(refusals)('of %s is not retried inside a response: %i %j', async (_, __, error) => {
    const { outcome, requests } = await play([respond.streamError(error)], { run });
    expect(outcome).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(NO_USE) } });
    expect(requests.length).toBe(1);
  });
});

test.each<[number, JsonObject]>([
  [500, { message: 'The server had an error while processing your request. Sorry about that!', type: 'server_error' }],
  [500, { message: 'Internal server error', type: 'invalid_request_error' }],
  [500, { message: 'unexpected message from upstream: stream closed', type: 'server_error' }],
  [502, { message: 'Upstream error: connection reset', code: 502 }],
  [503, { message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' }],
  [504, { message: 'deadline exceeded while waiting for messages' }],
  [529, { message: 'Overloaded', type: 'overloaded_error' }],
  [500, { message: 'Something went wrong.', type: 'None', param: 'None', code: '500' }],
  [503, { message: 'Too much traffic.', type: 'server_error', param: 'queue', code: 'queue_exceeded' }],
  [500, { message: 'CUDA error: out of memory', type: 'server_error' }],
])('retries other server failures: %i %j', async (status, error) => {
  const failed = respond.httpError(status, { body: { error } });
  const { outcome } = await play([failed, respond.text('Here.')], { agent: { clock: manualClock() } });
  expect(outcome.status).toBe('completed');
});

test('retries a rate limit inside a response, even if it names a field', async () => {
  // https://github.com/nminaya/grammar-nazi-bot/issues/958
  const error = {
    message: 'Too many requests.',
    type: 'too_many_requests_error',
    param: 'quota',
    code: 'request_quota_exceeded',
  };
  const { outcome } = await play([respond.errorBody(error), respond.text('Here.')], {
    agent: { clock: manualClock() },
  });
  expect(outcome.status).toBe('completed');
});

const errors: readonly JsonObject[] = [
  ...refusals.map(([, , error]) => error),
  { message: "This model's maximum context length is 8 tokens.", code: 'context_length_exceeded' },
  { message: 'the request exceeds the available context size', code: 500 },
  { message: 'Slow down. Please try again in 5s.', code: 429 },
  { message: 'No quota.', code: 'insufficient_quota' },
  { message: 'Bad key.', code: 'invalid_api_key', type: 'authentication_error' },
  { message: 'Failed to call a function.', code: 'tool_use_failed', failed_generation: 'x' },
  { message: 'Loading model', code: 503, type: 'unavailable_error' },
  { message: 'Overloaded.', type: 'overloaded_error' },
  { message: 'No.' },
];

describe.each([200, 400, 413, 429, 500, 502, 503])('an error with status %i', (status) => {
  test.each(errors)('gives one piece of advice that matches retryable: %j', async (error) => {
    const { baseURL } = await serve(respondWithJson({ error }, { status }));
    const thrown: unknown = await openai('m', { baseURL })
      .send({ messages: [] }, { clock: manualClock() })
      .catch((reason: unknown) => reason);
    const { message, retryable } = thrown as { readonly message: string; readonly retryable: boolean }; // A ModelError.
    const own = message.replace(String(error['message']), '');
    const given = ADVICE.filter((advice) => advice.test(own));
    expect(given.length).toBe(1);
    expect(/may help|Try again/.test(own)).toBe(retryable);
  });
});
