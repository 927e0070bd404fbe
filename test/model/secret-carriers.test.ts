import { azure, type ChatModel, type OpenAIOptions, openai } from '@pawl/core';
import type { RecordedRequest } from '@pawl/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { showEverything } from './show-everything.ts';
import { type Responder, serve } from './test-server.ts';

/** Contains characters that JSON, HTML and URLs escape. */
const SECRET = `se/cr+et(!)&"q"`;

/** Repeats everything that it gets. */
const echo: Responder = (response, { url, headers, text }) => {
  response.writeHead(400).end(`${url} ${JSON.stringify(headers)} ${text}`);
};

/** The request that the server got, and everything that its error shows. */
async function failing(
  make: (baseURL: string) => ChatModel,
): Promise<{ readonly seen: RecordedRequest; readonly text: string }> {
  const server = await serve(echo);
  const error: unknown = await make(server.baseURL)
    .send({ messages: [{ role: 'user', content: 'Hi' }] })
    .catch((reason: unknown) => reason);
  const [seen] = server.received;
  if (seen === undefined) throw new Error('Nothing was sent.', { cause: error });
  return { seen, text: showEverything(error) };
}

const KEY = 'k3y/with+more=';
const basic = `Basic ${btoa('me:opensesame')}`;

const carriers: readonly {
  readonly carrier: string;
  readonly options: OpenAIOptions;
  readonly parts: readonly string[];
}[] = [
  { carrier: 'an apiKey function', options: { apiKey: () => KEY }, parts: [KEY] },
  { carrier: 'a headers function', options: { headers: async () => ({ 'X-Api-Key': SECRET }) }, parts: ['cr+et'] },
  { carrier: 'another scheme', options: { headers: { authorization: `ApiKey ${KEY}` } }, parts: [KEY] },
  { carrier: 'a user and a password', options: { headers: { authorization: basic } }, parts: [basic.slice(6)] },
  { carrier: 'a cookie', options: { headers: { cookie: `a=1; session="${KEY}"` } }, parts: ['k3y'] },
  { carrier: 'a query', options: { query: { 'subscription-key': SECRET } }, parts: ['cr%2Bet', 'cr+et'] },
  { carrier: 'an extra field', options: { extraBody: { litellm: { api_key: SECRET } } }, parts: ['cr+et'] },
];

test.each(carriers)('sends a secret in $carrier, and no error shows it', async ({ options, parts }) => {
  const { seen, text } = await failing((baseURL) => openai('m', { baseURL, ...options }));
  const sent = JSON.stringify([seen.url, seen.headers, seen.body]);
  expect([parts.some((part) => sent.includes(part)), parts.filter((part) => text.includes(part))]).toEqual([true, []]);
});

test('sends keys and tokens of Azure, and no error shows them', async () => {
  const key = await failing((endpoint) => azure('m', { endpoint, apiKey: KEY }));
  const token = await failing((endpoint) => azure('m', { endpoint, tokenProvider: async () => KEY }));
  expect([key.seen.headers['api-key'], token.seen.headers.authorization]).toEqual([KEY, `Bearer ${KEY}`]);
  expect([key.text.includes(KEY), token.text.includes(KEY)]).toEqual([false, false]);
});

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

const forms: readonly { readonly form: string; readonly body: string }[] = [
  { form: 'JSON', body: JSON.stringify({ error: { message: SECRET } }) },
  { form: 'JSON with escaped slashes', body: JSON.stringify({ error: { message: SECRET } }).replaceAll('/', '\\/') },
  {
    form: 'JSON inside JSON',
    body: JSON.stringify({ error: { message: '', metadata: { raw: JSON.stringify({ error: SECRET }) } } }),
  },
  { form: 'HTML', body: `<p>${SECRET.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}</p>` },
  { form: 'an address', body: `/v1?${new URLSearchParams({ k: SECRET })}` },
  { form: 'JSON with escaped letters', body: `{"error":{"message":"${[...SECRET].map(escaped).join('')}"}}` },
];

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

test.each(forms)('redacts a secret that the server writes as $form', async ({ body }) => {
  const { baseURL } = await serve((response) => void response.writeHead(400).end(body));
  const sent = openai('m', { baseURL, headers: { 'api-key': SECRET } }).send({ messages: [] });
  const error: unknown = await sent.catch((reason: unknown) => reason);
  expect(['cr+et', 'cr%2Bet', 'q&quot', '%22q'].filter((part) => showEverything(error).includes(part))).toEqual([]);
  expect(error).toMatchObject({ status: 400, message: expect.stringContaining('[redacted]') });
});

test('redacts credentials that a proxy repeats', async () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  const { baseURL } = await serve((response) => {
    response.writeHead(407).end(`Proxy-Authorization: ${basic}, so you are me:opensesame`);
  });
  vi.stubEnv('http_proxy', 'http://me:opensesame@127.0.0.1:3128');
  const error: unknown = await openai('m', { baseURL })
    .send({ messages: [] })
    .catch((reason: unknown) => reason);
  expect(['opensesame', basic.slice(6)].filter((part) => showEverything(error).includes(part))).toEqual([]);
});

test.each([
  'sk-0f4c1e7a9d2b0f4c1e7a9d2b',
  'ftp://me:sk-0f4c1e7a9d2b@host/v1',
  'https://gateway.test/sk-0f4c1e7a9d2b/v1/chat/completions?key=sk-0f4c1e7a9d2b#sk-0f4c1e7a9d2b',
])('the error for an invalid base URL shows no key: %s', (baseURL) => {
  const thrown = thrownBy(() => openai('m', { baseURL }));
  expect([thrown instanceof Error, showEverything(thrown).includes('0f4c1e7a9d2b')]).toEqual([true, false]);
});

test.each([
  ['a line break in a value', { 'X-Key': 'sk-0f4c\n1e7a' }, '"X-Key" has a character that is not allowed in headers'],
  ['no value', { 'X-Key': undefined }, '"X-Key" is undefined'],
  ['a value in its name', { 'X-Key: 1e7a': '' }, '"X-Key…" is not a valid header name'],
])('refuses a header with %s when the model is created, without quoting its value', async (_, given, words) => {
  const headers = given as Record<string, string>; // As in JavaScript.
  const thrown = thrownBy(() => openai('m', { headers }));
  const asked: unknown = await openai('m', { headers: () => headers })
    .send({ messages: [] })
    .catch((reason: unknown) => reason);
  const expected = { name: 'ConfigError', message: expect.stringContaining(words) };
  expect([thrown, asked]).toMatchObject([expected, expected]);
  expect([showEverything(thrown).includes('1e7a'), showEverything(asked).includes('1e7a')]).toEqual([false, false]);
});
