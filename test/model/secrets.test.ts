import { openai, PawlError, withFallback } from '@pawl/core';
import { expect, test } from 'vitest';
import { showEverything } from './show-everything.ts';
import { type Responder, respondWithJson, serve } from './test-server.ts';

const KEY = 'sk-verysecretkey1234567890';
const OTHER = 'another/verysecret=';

test('a model object shows neither its key nor its headers', () => {
  const model = openai('m', { baseURL: 'http://127.0.0.1:1', apiKey: KEY, headers: { 'api-key': OTHER } });
  const text = [showEverything(model), showEverything(withFallback(model, model))].join('\n');
  expect([text.includes(KEY), text.includes(OTHER)]).toEqual([false, false]);
});

const echo = `You sent ${KEY} and ${encodeURIComponent(OTHER)}`;
const answers: readonly { readonly from: string; readonly answer: Responder }[] = [
  {
    from: 'an HTTP error',
    answer: respondWithJson({ error: { message: echo, code: KEY, param: OTHER, type: KEY } }, { status: 401 }),
  },
  { from: 'a request id', answer: respondWithJson({}, { status: 500, headers: { 'x-request-id': KEY } }) },
  {
    from: 'a redirection',
    answer: respondWithJson({}, { status: 302, headers: { location: `http://x/?key=${KEY}` } }),
  },
  { from: 'an error inside a 200', answer: respondWithJson({ error: { message: echo } }) },
  {
    from: 'a context that is too long',
    answer: respondWithJson({ error: { message: `${echo}: prompt is too long` } }),
  },
  { from: 'garbage', answer: (response) => void response.end(echo) },
  {
    from: 'a key across the cut of a long body',
    answer: (response) => void response.writeHead(500).end(`${'x'.repeat(4080)}${KEY}`),
  },
  {
    from: 'a key across the cut of a long response',
    answer: (response) => void response.end(`${'x'.repeat(4080)}${KEY}`),
  },
  {
    from: 'a key across the cut of a long sentence',
    answer: respondWithJson({ error: { message: `${'x'.repeat(490)}${KEY} was wrong.` } }),
  },
];

test.each(answers)('redacts secrets that a server repeats in $from', async ({ answer }) => {
  const { baseURL } = await serve(answer);
  const sent = openai('m', { baseURL, apiKey: KEY, headers: { 'x-api-key': OTHER } }).send({ messages: [] });
  const error: unknown = await sent.catch((reason: unknown) => reason);
  const text = showEverything(error);
  expect([PawlError.isInstance(error), text.includes('sk-very'), text.includes('verysecret')]).toEqual([
    true,
    false,
    false,
  ]);
});

test("redacts errors of a user's fetch, including causes and stacks", async () => {
  const fetch = (): never => {
    const cause = Object.assign(new Error(`header ${KEY}`, { cause: { key: KEY } }), {
      code: KEY,
      headers: { key: KEY },
    });
    throw Object.assign(new TypeError(`fetch failed with Bearer ${KEY}`, { cause }), { request: { key: KEY } });
  };
  const sent = openai('m', { apiKey: KEY, fetch }).send({ messages: [] });
  const error: unknown = await sent.catch((reason: unknown) => reason);
  expect([error instanceof Error && error.name, showEverything(error).includes(KEY)]).toEqual(['NetworkError', false]);
});

test('redacts a key in the URL that the server repeats', async () => {
  const { baseURL, address } = await serve((response, { url }) => void response.writeHead(404).end(`no ${url}`));
  const sent = openai('m', { baseURL: `${baseURL}?key=${OTHER}`, apiKey: KEY }).send({ messages: [] });
  const text = showEverything(await sent.catch((reason: unknown) => reason));
  expect([text.includes(address), text.includes('verysecret')]).toEqual([true, false]);
});
