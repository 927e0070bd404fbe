import {
  Agent,
  azure,
  type ChatModel,
  ConfigError,
  openai,
  withCache,
  withConcurrency,
  withFallback,
} from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { hello, helloJson } from './hello.ts';
import { serve } from './test-server.ts';

const NAMES = [
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENAI_API_VERSION',
  'AZURE_OPENAI_API_KEY',
  'AZURE_OPENAI_ENDPOINT',
];

beforeEach(() => {
  for (const name of NAMES) vi.stubEnv(name, '');
  onTestFinished(() => void vi.unstubAllEnvs());
});

const models: readonly (readonly [string, () => ChatModel, message: string])[] = [
  ['openai()', () => openai('gpt-5-mini'), 'No API key for api.openai.com:443. Set the variable OPENAI_API_KEY'],
  ['openai() with an empty key', () => openai('gpt-5-mini', { apiKey: '' }), 'No API key for api.openai.com:443.'],
  ['azure()', () => azure('gpt'), 'azure() has no endpoint. Set the variable AZURE_OPENAI_ENDPOINT'],
  [
    'azure() with an endpoint',
    () => azure('gpt', { endpoint: 'https://my.openai.azure.com' }),
    'No API key for my.openai.azure.com:443. Set the variable AZURE_OPENAI_API_KEY',
  ],
  ['a wrapped model', () => withConcurrency(withCache(openai('m'), new Map()), 2), 'No API key for api.openai.com'],
];

test.each(models)('%s without a key creates an agent whose runs fail before any request', async (_, make, message) => {
  const agent = new Agent({ model: make() });
  const outcome = await agent.run('Hi.').outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { name: 'ConfigError' }, usage: { totalTokens: 0 } });
  expect(outcome.status === 'failed' && outcome.error.message).toContain(message);
  await expect(agent.run('Hi.')).rejects.toMatchObject({ name: 'RunFailedError', cause: expect.any(ConfigError) });
});

test.each(models)('an agent of %s without a key runs with another model in tests', async (_, make) => {
  const agent = new Agent({ model: make() }).with({ model: scriptedModel([respond.text('Hello.')]) });
  expect((await agent.run('Hi.')).output).toBe('Hello.');
});

test('a model without a key sends nothing, tries once and does not use its fallback', async () => {
  const server = await serve(helloJson);
  const other = scriptedModel([respond.text('From the other.')]);
  const model = openai('m', { baseURL: server.baseURL, profile: { needsKey: true } });
  const run = new Agent({ model: withFallback(model, other) }).run('Hi.');
  const attempts: unknown[] = [];
  run.on('attempt.started', (event) => attempts.push(event.model));
  expect((await run.outcome()).status).toBe('failed');
  expect(attempts).toEqual(['m']);
  expect(server.received).toEqual([]);
  expect(other.requests).toEqual([]);
});

test('reads a key that is set after the import, before the first request', async () => {
  const server = await serve(helloJson);
  const model = openai('m', { baseURL: server.baseURL, profile: { needsKey: true, apiKeyVariable: 'OPENAI_API_KEY' } });
  await expect(model.send({ messages: [] })).rejects.toThrow('No API key');
  vi.stubEnv('OPENAI_API_KEY', 'sk-later');
  expect(await model.send({ messages: [] })).toEqual(hello);
  expect(server.received[0]?.headers.authorization).toBe('Bearer sk-later');
});

test('reads an endpoint that is set after the import, before the first request', async () => {
  const server = await serve(helloJson);
  const model = azure('gpt', { apiKey: 'key', price: { input: 1, output: 2 } });
  expect(model).toMatchObject({ name: 'gpt', price: { input: 1, output: 2 } });
  await expect(model.send({ messages: [] })).rejects.toThrow('azure() has no endpoint.');
  vi.stubEnv('AZURE_OPENAI_ENDPOINT', server.baseURL.replace(/\/v1$/, ''));
  expect(await model.send({ messages: [] })).toEqual(hello);
  expect(server.received[0]?.url).toBe('/openai/v1/chat/completions');
});
