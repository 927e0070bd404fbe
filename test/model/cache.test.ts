import {
  Agent,
  azure,
  type ChatModel,
  memoryResponseCache,
  type OpenAIOptions,
  openai,
  type ResponseCache,
  tool,
  withCache,
  withConcurrency,
  withFallback,
  withRateLimit,
} from '@pawl/core';
import type { ChatRequest, ChatResponse } from '@pawl/core/chat';
import { offlineServer, respond, scriptedModel } from '@pawl/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';

const HELLO: ChatRequest = { messages: [{ role: 'user', content: 'Hello.' }] };

async function servedModel() {
  let count = 0;
  const server = await offlineServer({ script: () => respond.text(`Answer ${++count}.`) });
  onTestFinished(() => server.close());
  return server;
}

/** Whether the second model gets the cached response of the first. */
async function shares(first: ChatModel, second: ChatModel, request: ChatRequest = HELLO): Promise<boolean> {
  const store = memoryResponseCache();
  const [one, other] = [withCache(first, store), withCache(second, store)];
  const known = await one.send(request);
  const again = await one.send(request);
  expect(again.choices).toEqual(known.choices);
  const { choices } = await other.send(request);
  return JSON.stringify(choices) === JSON.stringify(known.choices);
}

describe('two models share no cached response', () => {
  const basics: OpenAIOptions = { apiKey: 'key-one' };
  const differences: Readonly<Record<string, readonly [OpenAIOptions, OpenAIOptions]>> = {
    'the key': [{}, { apiKey: 'key-two' }],
    'the key that a function gives': [{ apiKey: () => 'key-one' }, { apiKey: async () => 'key-two' }],
    'the query': [{ query: { 'api-version': '1' } }, { query: { 'api-version': '2' } }],
    'a query beside none': [{}, { query: { tenant: 'a' } }],
    'the organization': [{ organization: 'org-1' }, { organization: 'org-2' }],
    'the project': [{ project: 'proj-1' }, { project: 'proj-2' }],
    'a header': [{ headers: { 'x-tenant': 'a' } }, { headers: { 'x-tenant': 'b' } }],
    'a header that a function gives': [
      { headers: () => ({ 'x-tenant': 'a' }) },
      { headers: () => ({ 'x-tenant': 'b' }) },
    ],
    'the profile': [{ profile: 'openai' }, { profile: 'mistral' }],
    'a field of the profile': [
      { profile: { tokenField: 'max_tokens' } },
      { profile: { tokenField: 'max_completion_tokens' } },
    ],
    'a field of the profile that reads replies': [
      { profile: { passthroughFields: 'all' } },
      { profile: { passthroughFields: [] } },
    ],
    'the extra body': [
      { extraBody: { reasoning: { effort: 'low' } } },
      { extraBody: { reasoning: { effort: 'high' } } },
    ],
    'an extra body beside none': [{}, { extraBody: { top_k: 5 } }],
  };

  test.each(Object.entries(differences))('if %s differs', async (_, [one, other]) => {
    const { baseURL } = await servedModel();
    const make = (options: OpenAIOptions): ChatModel => openai('m', { baseURL, ...basics, ...options });
    expect(await shares(make(one), make(other))).toBe(false);
    expect(await shares(make(one), make(one))).toBe(true);
  });

  test('if the URL differs', async () => {
    const [one, other] = [await servedModel(), await servedModel()];
    const first = openai('m', { baseURL: one.baseURL, apiKey: 'k' });
    const second = openai('m', { baseURL: other.baseURL, apiKey: 'k', extraBody: {} });
    const store = memoryResponseCache();
    await withCache(first, store).send(HELLO);
    await withCache(second, store).send(HELLO);
    expect([one.requests.length, other.requests.length]).toEqual([1, 1]);
  });

  test('if the name differs', async () => {
    const { baseURL } = await servedModel();
    expect(await shares(openai('m', { baseURL }), openai('n', { baseURL }))).toBe(false);
  });

  test('if one is a deployment with another API version', async () => {
    const { baseURL } = await servedModel();
    const make = (apiVersion: string): ChatModel =>
      azure('m', { endpoint: baseURL.replace(/\/v1$/, ''), apiKey: 'k', apiVersion });
    const keys: string[] = [];
    const store: ResponseCache = { get: (key) => void keys.push(key), set: () => undefined };
    for (const version of ['2024-10-21', '2025-01-01', '2024-10-21']) {
      await withCache(make(version), store)
        .send(HELLO)
        .catch(() => undefined);
    }
    expect(keys[0]).toBe(keys[2]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test('if one is wrapped by the user, whichever fields the wrapper copies', async () => {
    const { baseURL } = await servedModel();
    const model = openai('m', { baseURL });
    // By hand: a wrapper as users write it.
    const polite: ChatModel = {
      ...model,
      send: (request, context) =>
        model.send({ ...request, messages: [{ role: 'system', content: 'Be polite.' }, ...request.messages] }, context),
    };
    expect(await shares(model, polite)).toBe(false);
    expect(await shares(polite, { ...polite })).toBe(false);
    expect(await shares(polite, polite)).toBe(true);
  });

  test('if both are models of the user, unless they have the same cacheKey', async () => {
    const written = (text: string, options: Partial<ChatModel> = {}): ChatModel => {
      const { send } = scriptedModel(() => respond.text(text));
      return { name: 'm', ...options, send };
    };
    expect(await shares(written('A.'), written('B.'))).toBe(false);
    expect(await shares(written('A.', { cacheKey: 'a' }), written('B.', { cacheKey: 'b' }))).toBe(false);
    expect(await shares(written('A.', { cacheKey: 'a' }), written('B.', { cacheKey: 'a' }))).toBe(true);
    // By hand: objects of one class share their `send`.
    class Answering {
      readonly name = 'm';
      readonly #text: string;
      constructor(text: string) {
        this.#text = text;
      }
      async send(): Promise<ChatResponse> {
        const message = { role: 'assistant', content: this.#text } as const;
        return {
          id: 'r',
          object: 'chat.completion',
          created: 1,
          model: 'm',
          choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }],
        } as ChatResponse;
      }
    }
    expect(await shares(new Answering('A.'), new Answering('B.'))).toBe(false);
  });
});

describe('one model shares its cached responses', () => {
  test.each([
    ['with a limit of requests at once', (model: ChatModel) => withConcurrency(model, 1)],
    ['with a limit of requests a minute', (model: ChatModel) => withRateLimit(model, { requestsPerMinute: 5 })],
    ['with a fallback', (model: ChatModel) => withFallback(model, scriptedModel([]))],
    ['with a price', (model: ChatModel) => ({ ...model, price: { input: 1, output: 1 } })],
    ['with a cache around it', (model: ChatModel) => withCache(model, memoryResponseCache())],
  ])('%s', async (_, wrap) => {
    const { baseURL } = await servedModel();
    const model = openai('m', { baseURL });
    expect(await shares(model, wrap(model))).toBe(true);
  });

  test('with other request ids, timeouts and transports', async () => {
    const { baseURL } = await servedModel();
    let count = 0;
    const make = (options: OpenAIOptions): ChatModel => openai('m', { baseURL, ...options });
    const counting = { headers: () => ({ 'X-Request-Id': String(++count), traceparent: String(count) }) };
    expect(
      await shares(make(counting), make({ timeouts: { connectMs: 5 }, fetch, responseLimits: { maxToolCalls: 5 } })),
    ).toBe(true);
  });
});

describe('different requests have different cache entries', () => {
  const requests: Readonly<Record<string, Partial<ChatRequest>>> = {
    'the messages': { messages: [{ role: 'user', content: 'Hello?' }] },
    'the name of a speaker': { messages: [{ role: 'user', content: 'Hello.', name: 'ada' }] },
    'a setting': { temperature: 0.5 },
    'the response format': { response_format: { type: 'json_object' } },
    'the model named in it': { model: 'n' },
    'a tool': { tools: [{ type: 'function', function: { name: 'look' } }] },
    'the number of choices': { n: 2 },
  };
  test.each(Object.entries(requests))('if %s differs', async (_, change) => {
    const { baseURL, requests } = await servedModel();
    const cached = withCache(openai('m', { baseURL }), memoryResponseCache());
    await cached.send(HELLO);
    await cached.send({ ...HELLO, ...change });
    await cached.send({ ...HELLO, ...change });
    expect(requests).toHaveLength(2);
  });

  test('if only the strict form of a tool differs', async () => {
    const { baseURL, requests } = await servedModel();
    const cached = withCache(openai('m', { baseURL, profile: 'openai', apiKey: 'k' }), memoryResponseCache());
    const look = (strict: boolean) =>
      tool({ name: 'look', description: 'L.', input: z.object({ at: z.string() }), strict, execute: () => 1 });
    for (const strict of [true, false, true]) {
      await new Agent({ model: cached, tools: [look(strict)] }).run('Go.');
    }
    expect(requests).toHaveLength(2);
  });

  test('a streamed and an unstreamed request share an entry', async () => {
    const { baseURL, requests } = await servedModel();
    const agent = new Agent({ model: withCache(openai('m', { baseURL }), memoryResponseCache()) });
    const outputs: string[] = [];
    for (const stream of [false, true, false]) outputs.push((await agent.run('Go.', { stream })).output);
    expect(outputs).toEqual(['Answer 1.', 'Answer 1.', 'Answer 1.']);
    expect(requests).toHaveLength(1);
  });
});

test.each([
  { what: 'cut off', given: respond.truncated('So f') },
  { what: 'cut off, by the finish reason of a vendor', given: respond.text('So f', { finishReason: 'MAX_TOKENS' }) },
  { what: 'filtered', given: respond.filtered('So f') },
  { what: 'refused', given: respond.refusal('No.') },
  { what: 'empty', given: respond.text(' ') },
  { what: 'a call whose arguments are not JSON', given: respond.calls([{ name: 'look', arguments: '{"at":' }]) },
])('does not cache a response that is $what', async ({ given }) => {
  const model = scriptedModel([given, given, respond.text('Whole.'), respond.text('Never.')]);
  const cached = withCache(model, memoryResponseCache());
  for (let count = 0; count < 4; count++) await cached.send(HELLO);
  expect(model.requests).toHaveLength(3);
});

test('does not cache an error', async () => {
  const model = scriptedModel([respond.httpError(500), respond.text('Whole.')]);
  const cached = withCache(model, memoryResponseCache());
  await expect(cached.send(HELLO)).rejects.toMatchObject({ name: 'HttpError' });
  expect((await cached.send(HELLO)).choices[0].message.content).toBe('Whole.');
});

test('the store gets neither the API key nor the request', async () => {
  const { baseURL } = await servedModel();
  const keys: string[] = [];
  const store: ResponseCache = { get: (key) => void keys.push(key), set: (key) => void keys.push(key) };
  await withCache(openai('m', { baseURL, apiKey: 'a-very-secret-key' }), store).send(HELLO);
  expect(keys).toHaveLength(2);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/);
});
