import { inspect } from 'node:util';
import { createAnthropic } from '@ai-sdk/anthropic';
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { fromAiSdk } from '@pawl/ai-sdk';
import {
  Agent,
  ContextLengthError,
  HttpError,
  ModelError,
  NetworkError,
  ProtocolError,
  withFallback,
} from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import { manualClock } from '@pawl/testing';
import { MockLanguageModelV4 } from 'ai/test';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createPlainModel } from './chat-model.ts';
import { createResult } from './mock-model.ts';
import { serveVendor } from './serve-vendor.ts';
import type { Vendor } from './vendor.ts';
import type { VendorResponder, VendorServer } from './vendor-server.ts';
import { wires } from './vendors.ts';

const request = { messages: [{ role: 'user', content: 'Hi.' }] } as const;
const turns = [{ thinking: 'Hm, let me see what that may be.', text: 'It is 4 degrees in Oslo, and it rains.' }];

/** Responds to the first request by hand, to the others as the vendor does. */
async function serveFirst(vendor: Vendor, respond: VendorResponder): Promise<VendorServer> {
  return serveVendor(vendor, {
    turns,
    respond: (response, sent, index) => index === 0 && respond(response, sent, index),
  });
}

const refuse =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): VendorResponder =>
  (response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    return true;
  };

/** Bytes. No multiple of it is the length of an event. `cut-streams.test.ts` cuts at each byte. */
const CUT = 43;

/** What any server may send, such as one behind a gateway. */
const BUSY = { error: { message: 'Busy.' } };

/** How each vendor says that the conversation is too long. */
const TOO_LONG: Readonly<Record<string, object>> = {
  'anthropic.messages': {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'prompt is too long: 215000 tokens > 200000 maximum' },
  },
  'google.generative-ai': {
    error: {
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    },
  },
  'openai.responses': {
    error: {
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
      message: 'Your input exceeds the context window of this model.',
      param: 'input',
    },
  },
  'amazon-bedrock': { message: 'Input is too long for requested model.' },
};

describe.each(wires)('$name', (vendor) => {
  async function fail(respond: VendorResponder, stream = false): Promise<ModelError> {
    const server = await serveFirst(vendor, respond);
    return getError(createPlainModel(vendor, server.baseURL).send({ ...request, stream }));
  }

  test.each([false, true])('a refusal is an HttpError with status, wait and address, streamed: %s', async (stream) => {
    const error = await fail(refuse(429, vendor.createError('Slow down.'), { 'retry-after': '7' }), stream);
    expect(HttpError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'http.429',
      status: 429,
      retryAfterMs: 7000,
      retryable: true,
      body: expect.stringContaining('Slow down.'),
    });
    expect(error.message).toMatch(/^127\.0\.0\.1:\d+ responded with 429: "Slow down\."/);
  });

  test.each([
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [500, true],
    [503, true],
    [529, true],
  ])('a retry after status %d can help: %s', async (status, retryable) => {
    const body = retryable ? BUSY : vendor.createError('No.');
    expect(await fail(refuse(status, body))).toMatchObject({ code: `http.${status}`, retryable });
  });

  test('a conversation that is too long is a ContextLengthError', async () => {
    const error = await fail(refuse(400, TOO_LONG[vendor.provider]));
    expect(ContextLengthError.isInstance(error)).toBe(true);
  });

  test('a page of a proxy is an HttpError with its text', async () => {
    const error = await fail(
      refuse(502, '<html><body>Bad gateway of Example</body></html>', { 'content-type': 'text/html' }),
    );
    expect(error).toMatchObject({ code: 'http.502', retryable: true });
    expect(error.message).toContain('Bad gateway of Example');
  });

  test('an error does not hold the request, nor the key', async () => {
    const echo: VendorResponder = (response, { headers }) =>
      refuse(401, vendor.createError(`Wrong: ${JSON.stringify(headers)}`))(
        response,
        { path: '', headers, body: {} },
        0,
      );
    const error = await fail(echo);
    expect(inspect(error, { depth: 9 })).not.toMatch(/secret-key|"Hi\."/);
    expect(error.message).toMatch(/key of the provider|apiKey|OPENAI_API_KEY/);
  });

  test('a body that is no response is a ProtocolError that is retried', async () => {
    const error = await fail(refuse(200, 'not JSON'));
    expect(ProtocolError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: 'response.garbage', retryable: true });
  });

  test.each([false, true])(
    'a connection that ends before the response is a NetworkError, streamed: %s',
    async (stream) => {
      const close: VendorResponder = (response) => {
        response.destroy();
        return true;
      };
      const error = await fail(close, stream);
      expect(NetworkError.isInstance(error)).toBe(true);
      expect(error).toMatchObject({ code: 'network.reset', retryable: true, phase: 'request' });
    },
  );

  test('a server that is not there is a NetworkError with the address', async () => {
    const server = await serveFirst(vendor, () => false);
    await server.close();
    const error = await getError(createPlainModel(vendor, server.baseURL).send(request));
    expect(error).toMatchObject({ code: 'network.refused', phase: 'connect', address: new URL(server.baseURL).host });
  });

  test('every cut of a stream is an error that is retried, or the whole response', async () => {
    const bytes = Buffer.concat(vendor.createStream(turns[0] ?? {}, 0));
    const server = await serveVendor(vendor, {
      turns,
      respond(response, _, index) {
        response.writeHead(200, { 'content-type': vendor.streamType });
        response.write(bytes.subarray(0, bytes.length - index * CUT), () => response.destroy());
        return true;
      },
    });
    const model = createPlainModel(vendor, server.baseURL);
    const { choices } = await createPlainModel(vendor, (await serveVendor(vendor, { turns })).baseURL).send(request);
    const results = { errors: 0, whole: 0 };
    for (let cut = 0; cut < bytes.length - CUT; cut += CUT) {
      const [settled] = await Promise.allSettled([model.send({ ...request, stream: true })]);
      if (settled?.status === 'fulfilled') {
        expect(withoutKept(settled.value)).toEqual(withoutKept({ choices }));
        results.whole++;
      } else {
        expect(settled?.reason).toMatchObject({ retryable: true });
        expect(ModelError.isInstance(settled?.reason)).toBe(true);
        results.errors++;
      }
    }
    // The end of the stream alone may be missing: a stop, an empty piece, the count of tokens.
    expect(results.errors).toBeGreaterThan(0.8 * (results.errors + results.whole));
  });

  test('a stream that ends in good order before its last part is an error that is retried', async () => {
    const turn = { thinking: 'Hm.', text: 'It rains.', calls: [{ name: 'look', input: { city: 'Oslo' } }] };
    const pieces = vendor.createStream(turn, 0);
    const server = await serveVendor(vendor, {
      turns: [turn],
      respond(response, _, index) {
        response.writeHead(200, { 'content-type': vendor.streamType }).end(Buffer.concat(pieces.slice(0, index)));
        return true;
      },
    });
    const model = createPlainModel(vendor, server.baseURL);
    // Converse reports the usage after the end of the message.
    const needed = vendor.name === 'Converse' ? pieces.length - 1 : pieces.length;
    for (let count = 0; count < needed; count++) {
      expect(await getError(model.send({ ...request, stream: true }))).toMatchObject({
        code: 'response.cut',
        retryable: true,
      });
    }
    const { choices } = await model.send({ ...request, stream: true });
    expect(choices[0].finish_reason).toBe('tool_calls');
  });

  test('one policy repeats a failed attempt: the provider does not', async () => {
    const clock = manualClock();
    const server = await serveFirst(vendor, refuse(503, BUSY));
    const agent = new Agent({ model: createPlainModel(vendor, server.baseURL), clock });
    expect(await agent.run('Hi.').outcome()).toMatchObject({ status: 'completed', text: turns[0]?.text });
    expect(server.requests).toHaveLength(2);
  });

  test.each([false, true])(
    'an abort before the response rejects with its reason and closes the connection, streamed: %s',
    async (stream) => {
      const server = await serveFirst(vendor, () => true);
      const abort = new AbortController();
      const sent = getError(
        createPlainModel(vendor, server.baseURL).send({ ...request, stream }, { signal: abort.signal }),
      );
      await expect.poll(() => server.requests.length).toBe(1);
      const reason = new Error('The user left.');
      abort.abort(reason);
      expect(await sent).toBe(reason);
      await expect.poll(() => server.sockets.size).toBe(0);
    },
  );

  test('an abort in a stream rejects with its reason and closes the connection', async () => {
    const [first] = turns;
    const half: VendorResponder = (response) => {
      const bytes = Buffer.concat(vendor.createStream(first ?? {}, 0));
      response
        .writeHead(200, { 'content-type': vendor.streamType })
        .write(bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      return true;
    };
    const server = await serveFirst(vendor, half);
    const abort = new AbortController();
    const reason = new Error('The user left.');
    const onDelta = () => {
      queueMicrotask(() => abort.abort(reason));
      return undefined;
    };
    const model = createPlainModel(vendor, server.baseURL);
    expect(await getError(model.send({ ...request, stream: true }, { signal: abort.signal, onDelta }))).toBe(reason);
    await expect.poll(() => server.sockets.size).toBe(0);
  });
});

test('a missing key is a ConfigError, and no fallback hides it', async () => {
  const { ANTHROPIC_API_KEY: before } = process.env;
  delete process.env['ANTHROPIC_API_KEY'];
  onTestFinished(() => {
    if (before !== undefined) process.env['ANTHROPIC_API_KEY'] = before;
  });
  const other = fromAiSdk(new MockLanguageModelV4({ doGenerate: createResult([{ type: 'text', text: 'Hi.' }]) }));
  const model = withFallback(fromAiSdk(createAnthropic()('claude-sonnet-4-5')), other);
  const outcome = await new Agent({ model }).run('Hi.').outcome();
  expect(outcome).toMatchObject({
    status: 'failed',
    error: { code: 'config.invalid', message: expect.stringMatching(/key is missing/i) },
  });
});

describe('a provider that ignores its signal', () => {
  test.each([false, true])('does not hold an abort up, streamed: %s', async (stream) => {
    const late = Promise.withResolvers<never>();
    const model = fromAiSdk(new MockLanguageModelV4({ doGenerate: () => late.promise, doStream: () => late.promise }));
    const abort = new AbortController();
    const sent = getError(model.send({ ...request, stream }, { signal: abort.signal }));
    const reason = new Error('The user left.');
    abort.abort(reason);
    expect(await sent).toBe(reason);
    late.reject(new Error('Late.'));
  });

  test('has its stream cancelled', async () => {
    const cancelled = Promise.withResolvers<unknown>();
    const stream = new ReadableStream<LanguageModelV4StreamPart>({
      start: (controller) => controller.enqueue({ type: 'text-start', id: '0' }),
      cancel: cancelled.resolve,
    });
    const model = fromAiSdk(new MockLanguageModelV4({ doStream: { stream } }));
    const abort = new AbortController();
    const sent = getError(model.send({ ...request, stream: true }, { signal: abort.signal }));
    await new Promise((resolve) => setImmediate(resolve)); // The stream is being read.
    const reason = new Error('The user left.');
    abort.abort(reason);
    expect(await sent).toBe(reason);
    await cancelled.promise;
  });

  test('has a stream that arrives after the abort cancelled', async () => {
    const late = Promise.withResolvers<Awaited<ReturnType<LanguageModelV4['doStream']>>>();
    const cancelled = Promise.withResolvers<void>();
    const model = fromAiSdk(new MockLanguageModelV4({ doStream: () => late.promise }));
    const abort = new AbortController();
    const sent = getError(model.send({ ...request, stream: true }, { signal: abort.signal }));
    abort.abort(new Error('The user left.'));
    await sent;
    late.resolve({ stream: new ReadableStream({ cancel: () => cancelled.resolve() }) });
    await cancelled.promise;
  });

  test('sends nothing if the signal is already aborted', async () => {
    const mock = new MockLanguageModelV4({ doGenerate: createResult([]) });
    const reason = new Error('Before.');
    expect(await getError(fromAiSdk(mock).send(request, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(mock.doGenerateCalls).toHaveLength(0);
  });
});

/** An error of the AI SDK, from another copy of its packages. */
function createSdkError(name: string, fields: object = {}): Error {
  const error = Object.assign(new Error(`${name} happened`), { name, ...fields });
  return Object.assign(error, { [Symbol.for('vercel.ai.error')]: true, [Symbol.for(`vercel.ai.error.${name}`)]: true });
}

describe('what a provider throws', () => {
  test.each<[Error | object, object]>([
    [
      createSdkError('AI_APICallError', { url: 'https://a.example/v1', cause: new Error('other') }),
      { code: 'network.failed', address: 'a.example:443', retryable: true },
    ],
    [createSdkError('AI_NoSuchModelError'), { code: 'model.unsupported', retryable: false }],
    [createSdkError('AI_UnsupportedFunctionalityError'), { code: 'model.unsupported', retryable: false }],
    [createSdkError('AI_TypeValidationError'), { code: 'response.garbage', retryable: true }],
    [createSdkError('AI_LoadAPIKeyError'), { code: 'config.invalid' }],
    [
      Object.assign(new Error('Rate limit'), { name: 'GatewayRateLimitError', statusCode: 429 }),
      { code: 'http.429', retryable: true },
    ],
    [
      new TypeError('terminated', { cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }) }),
      { code: 'network.reset' },
    ],
    [new DOMException('The operation timed out.', 'TimeoutError'), { code: 'network.timeout', retryable: true }],
    [new RangeError('A bug of the provider.'), { code: 'model.failed', retryable: false }],
    [
      { type: 'overloaded_error', message: 'Overloaded' },
      { code: 'response.error', retryable: true },
    ],
  ])('%o has the code that says what to do', async (thrown, expected) => {
    const model = fromAiSdk(new MockLanguageModelV4({ doGenerate: () => Promise.reject(thrown) }));
    expect(await getError(model.send(request))).toMatchObject(expected);
  });

  test('a prompt that a filter stopped is a response', async () => {
    const responseBody = JSON.stringify({ error: { code: 'content_filter', message: 'The response was filtered.' } });
    const thrown = createSdkError('AI_APICallError', { statusCode: 400, url: 'https://a.example', responseBody });
    const model = fromAiSdk(new MockLanguageModelV4({ doGenerate: () => Promise.reject(thrown) }));
    const { choices } = await model.send(request);
    expect(choices[0].finish_reason).toBe('content_filter');
  });
});

/** Where a stream reports what goes back differs; that is tested elsewhere. */
function withoutKept({ choices: [{ message, ...choice }] }: Pick<ChatResponse, 'choices'>): object {
  return { ...choice, message: { ...message, pawl_kept: undefined } };
}

async function getError(sent: Promise<unknown>): Promise<ModelError> {
  const [settled] = await Promise.allSettled([sent]);
  if (settled?.status === 'rejected') return settled.reason;
  throw new Error(`It did not fail: ${JSON.stringify(settled)}`);
}
