import { azure, type OpenAIOptions, openai } from '@pawl/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { hello, helloJson } from './hello.ts';
import { serve } from './test-server.ts';

const NAMES = [
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENAI_API_VERSION',
  'GROQ_API_KEY',
  'AZURE_OPENAI_API_KEY',
  'AZURE_OPENAI_ENDPOINT',
  'CLOUDFLARE_API_TOKEN',
  'DATABRICKS_TOKEN',
  'FIREWORKS_API_KEY',
  'HF_TOKEN',
  'NVIDIA_API_KEY',
  'PERPLEXITY_API_KEY',
  'SAMBANOVA_API_KEY',
  'TOGETHER_API_KEY',
];

/** Sets exactly these variables during the test. */
function setVariables(variables: Readonly<Record<string, string>>): void {
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const name of NAMES) vi.stubEnv(name, variables[name] ?? '');
}

/** The authentication headers of a request, and its path. */
async function sent(make: (baseURL: string) => { readonly send: ReturnType<typeof openai>['send'] }): Promise<unknown> {
  const server = await serve(helloJson);
  expect(await make(server.baseURL.replace(/\/v1$/, '')).send({ messages: [] })).toEqual(hello);
  const [received] = server.received;
  const { authorization, 'api-key': apiKey } = received?.headers ?? {};
  return { url: received?.url, authorization, apiKey };
}

describe('keys', () => {
  const groq: OpenAIOptions = { baseURL: 'https://api.groq.com/openai/v1' };

  test('reads the key variable of the vendor, and never sends a key of OpenAI to another vendor', async () => {
    setVariables({ OPENAI_API_KEY: 'sk-openai' });
    await expect(openai('m', groq).send({ messages: [] })).rejects.toThrow(
      'No API key for api.groq.com:443. Set the variable GROQ_API_KEY, or pass the option apiKey: openai(model, { apiKey }).',
    );
    setVariables({ OPENAI_API_KEY: 'sk-openai', GROQ_API_KEY: 'gsk' });
    expect(openai('m', groq).name).toEqual('m');
  });

  test.each([
    ['https://api.cloudflare.com/client/v4/accounts/a/ai/v1', 'CLOUDFLARE_API_TOKEN'],
    ['https://gateway.ai.cloudflare.com/v1/a/g/compat', 'CLOUDFLARE_API_TOKEN'],
    ['https://gateway.ai.cloudflare.com/v1/a/g/groq', 'CLOUDFLARE_API_TOKEN'],
    ['https://dbc.cloud.databricks.com/serving-endpoints', 'DATABRICKS_TOKEN'],
    ['https://api.together.xyz/v1', 'TOGETHER_API_KEY'],
    ['https://api.fireworks.ai/inference/v1', 'FIREWORKS_API_KEY'],
    ['https://integrate.api.nvidia.com/v1', 'NVIDIA_API_KEY'],
    ['https://api.sambanova.ai/v1', 'SAMBANOVA_API_KEY'],
    ['https://api.perplexity.ai', 'PERPLEXITY_API_KEY'],
    ['https://router.huggingface.co/v1', 'HF_TOKEN'],
  ])('sends %s the key in %s, never the one of OpenAI', async (baseURL, variable) => {
    setVariables({ OPENAI_API_KEY: 'sk-openai' });
    await expect(openai('m', { baseURL }).send({ messages: [] })).rejects.toThrow(`Set the variable ${variable}`);
    setVariables({ OPENAI_API_KEY: 'sk-openai', [variable]: 'own' });
    const sentKeys: unknown[] = [];
    const model = openai('m', {
      baseURL,
      fetch: async (_, { headers }) => {
        sentKeys.push(headers['authorization']);
        return new Response(JSON.stringify(hello));
      },
    });
    await model.send({ messages: [] });
    expect(sentKeys).toEqual(['Bearer own']);
  });

  test('sends the key of OpenAI to OpenAI through a gateway', () => {
    setVariables({ OPENAI_API_KEY: 'sk-openai' });
    expect(openai('m', { baseURL: 'https://gateway.ai.cloudflare.com/v1/a/g/openai' }).name).toEqual('m');
  });

  test('the profile of another vendor needs a base URL', () => {
    setVariables({ OPENAI_API_KEY: 'sk-openai', GROQ_API_KEY: 'gsk' });
    expect(() => openai('m', { profile: 'groq' })).toThrow(
      'profile "groq" is for another server than OpenAI\'s, and there is no baseURL. Pass baseURL, or set the variable OPENAI_BASE_URL.',
    );
    expect(openai('m', { profile: { base: 'openai', developerRole: false } }).name).toEqual('m');
  });

  test('sends OPENAI_API_KEY to the server in OPENAI_BASE_URL', () => {
    setVariables({ OPENAI_API_KEY: 'gsk', OPENAI_BASE_URL: 'https://api.groq.com/openai/v1' });
    expect(openai('m').name).toEqual('m');
  });

  test('sends OPENAI_API_KEY to an unknown server', async () => {
    setVariables({ OPENAI_API_KEY: 'sk-openai' });
    expect(await sent((root) => openai('m', { baseURL: `${root}/v1` }))).toEqual({
      url: '/v1/chat/completions',
      authorization: 'Bearer sk-openai',
      apiKey: undefined,
    });
  });
});

test('adds the query option to the URL and replaces existing parameters', async () => {
  setVariables({});
  const made = (root: string): ReturnType<typeof openai> => {
    return openai('m', { baseURL: `${root}/v1?a=1&b=2`, query: { b: '3', 'api-version': 'x y' } });
  };
  expect(await sent(made)).toMatchObject({ url: '/v1/chat/completions?a=1&b=3&api-version=x+y' });
});

describe('Azure', () => {
  test('builds the URL from deployment and version, and sends the key as api-key', async () => {
    setVariables({ OPENAI_API_KEY: 'sk-openai' });
    const made = (endpoint: string): ReturnType<typeof azure> => {
      return azure('my gpt', { endpoint: `${endpoint}/`, apiVersion: '2024-10-21', apiKey: 'key' });
    };
    expect(await sent(made)).toEqual({
      url: '/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21',
      authorization: undefined,
      apiKey: 'key',
    });
  });

  test('uses the unversioned API without a version', async () => {
    setVariables({ AZURE_OPENAI_API_KEY: 'key' });
    expect(await sent((endpoint) => azure('gpt', { endpoint }))).toEqual({
      url: '/openai/v1/chat/completions',
      authorization: undefined,
      apiKey: 'key',
    });
  });

  test('requests a token for each attempt and sends it as a bearer token instead of a key', async () => {
    setVariables({ AZURE_OPENAI_API_KEY: 'key' });
    const server = await serve(helloJson);
    let asked = 0;
    const model = azure('gpt', { endpoint: server.baseURL, tokenProvider: async () => `token-${++asked}` });
    await model.send({ messages: [] });
    await model.send({ messages: [] });
    expect(server.received.map(({ headers }) => [headers.authorization, headers['api-key']])).toEqual([
      ['Bearer token-1', undefined],
      ['Bearer token-2', undefined],
    ]);
  });

  test('reads endpoint, key and version from the environment', async () => {
    const server = await serve(helloJson);
    setVariables({
      AZURE_OPENAI_API_KEY: 'key',
      AZURE_OPENAI_ENDPOINT: server.baseURL,
      OPENAI_API_VERSION: '2024-10-21',
    });
    await azure('gpt').send({ messages: [] });
    expect(server.received.map(({ url, headers }) => [url, headers['api-key']])).toEqual([
      ['/v1/openai/deployments/gpt/chat/completions?api-version=2024-10-21', 'key'],
    ]);
  });

  test.each([
    ['', undefined, '/openai/v1'],
    ['/openai/v1/', undefined, '/openai/v1'],
    ['/openai', '1', '/openai/deployments/gpt'],
  ])('accepts an endpoint that ends in %j', async (end, apiVersion, path) => {
    setVariables({});
    const made = (endpoint: string): ReturnType<typeof azure> =>
      azure('gpt', { endpoint: endpoint + end, apiKey: 'key', ...(apiVersion && { apiVersion }) });
    expect(await sent(made)).toMatchObject({ url: expect.stringMatching(`^${path}/chat/completions`), apiKey: 'key' });
  });

  test('never sends a key of OpenAI to Azure, with any profile', async () => {
    setVariables({ OPENAI_API_KEY: 'sk-openai', AZURE_OPENAI_API_KEY: 'key' });
    const made = (endpoint: string): ReturnType<typeof azure> =>
      azure('gpt', { endpoint, profile: { strictSchemas: false, keyHeader: 'authorization' } });
    expect(await sent(made)).toMatchObject({ authorization: undefined, apiKey: 'key' });
  });

  test('openai() accepts a URL of Azure', async () => {
    setVariables({ AZURE_OPENAI_API_KEY: 'key' });
    const baseURL = 'https://my.openai.azure.com/openai/v1';
    const received: unknown[] = [];
    const model = openai('gpt', {
      baseURL,
      fetch: async (url, { headers }) => {
        received.push([url, headers['api-key'], headers['authorization']]);
        return new Response(JSON.stringify(hello));
      },
    });
    await model.send({ messages: [] });
    expect(received).toEqual([[`${baseURL}/chat/completions`, 'key', undefined]]);
  });

  test.each([
    [
      'a query',
      { endpoint: 'https://my.openai.azure.com?api-version=1', apiKey: 'key' },
      'The endpoint of azure() has a query. Remove it, and pass the option apiVersion or query.',
    ],
    [
      'a key and a token',
      { endpoint: 'https://my.openai.azure.com', apiKey: 'key', tokenProvider: () => 'token' },
      'azure() has both an apiKey and a tokenProvider. Pass one of them.',
    ],
  ])('reports %s when the model is created', (_, options, message) => {
    setVariables({});
    expect(() => azure('gpt', options)).toThrow(message);
  });

  test.each([
    [
      'endpoint',
      {},
      'azure() has no endpoint. Set the variable AZURE_OPENAI_ENDPOINT, or pass the option endpoint: azure(deployment, { endpoint }).',
    ],
    [
      'endpoint, where the option is empty',
      { endpoint: ' ' },
      'azure() has no endpoint. Set the variable AZURE_OPENAI_ENDPOINT, or pass the option endpoint: azure(deployment, { endpoint }).',
    ],
    [
      'key',
      { endpoint: 'https://my.openai.azure.com' },
      'No API key for my.openai.azure.com:443. Set the variable AZURE_OPENAI_API_KEY, or pass the option apiKey: openai(model, { apiKey }).',
    ],
  ])('the first request throws a missing %s', async (_, options, message) => {
    setVariables({});
    await expect(azure('gpt', options).send({ messages: [] })).rejects.toThrow(message);
  });
});
