import { openai, PawlError, withFallback } from '@pawl/core';
import { expect, test } from 'vitest';
import { shown } from './shown.ts';
import { type Answer, json, serve } from './test-server.ts';

const KEY = 'sk-verysecretkey1234567890';
const OTHER = 'another/verysecret=';

test('a model shows neither its key nor its headers', () => {
  const model = openai('m', { baseURL: 'http://127.0.0.1:1', apiKey: KEY, headers: { 'api-key': OTHER } });
  const text = [shown(model), shown(withFallback(model, model))].join('\n');
  expect([text.includes(KEY), text.includes(OTHER)]).toEqual([false, false]);
});

const echo = `You sent ${KEY} and ${encodeURIComponent(OTHER)}`;
const answers: readonly { readonly from: string; readonly answer: Answer }[] = [
  {
    from: 'an HTTP error',
    answer: json({ error: { message: echo, code: KEY, param: OTHER, type: KEY } }, { status: 401 }),
  },
  { from: 'a request id', answer: json({}, { status: 500, headers: { 'x-request-id': KEY } }) },
  { from: 'a redirection', answer: json({}, { status: 302, headers: { location: `http://x/?key=${KEY}` } }) },
  { from: 'an error inside a 200', answer: json({ error: { message: echo } }) },
  { from: 'a context that is too long', answer: json({ error: { message: `${echo}: prompt is too long` } }) },
  { from: 'garbage', answer: (response) => void response.end(echo) },
  {
    from: 'a key across the cut of a long body',
    answer: (response) => void response.writeHead(500).end(`${'x'.repeat(4080)}${KEY}`),
  },
  {
    from: 'a key across the cut of a long reply',
    answer: (response) => void response.end(`${'x'.repeat(4080)}${KEY}`),
  },
  {
    from: 'a key across the cut of a long sentence',
    answer: json({ error: { message: `${'x'.repeat(490)}${KEY} was wrong.` } }),
  },
];

test.each(answers)('what a server echoes in $from is redacted', async ({ answer }) => {
  const { baseURL } = await serve(answer);
  const sent = openai('m', { baseURL, apiKey: KEY, headers: { 'x-api-key': OTHER } }).send({ messages: [] });
  const error: unknown = await sent.catch((reason: unknown) => reason);
  const text = shown(error);
  expect([PawlError.isInstance(error), text.includes('sk-very'), text.includes('verysecret')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('what a fetch of the user throws is redacted, causes and stacks too', async () => {
  const fetch = (): never => {
    const cause = Object.assign(new Error(`header ${KEY}`, { cause: { key: KEY } }), {
      code: KEY,
      headers: { key: KEY },
    });
    throw Object.assign(new TypeError(`fetch failed with Bearer ${KEY}`, { cause }), { request: { key: KEY } });
  };
  const sent = openai('m', { apiKey: KEY, fetch }).send({ messages: [] });
  const error: unknown = await sent.catch((reason: unknown) => reason);
  expect([error instanceof Error && error.name, shown(error).includes(KEY)]).toEqual(['NetworkError', false]);
});

test('a key in the address is redacted where the server echoes it', async () => {
  const { baseURL, address } = await serve((response, { url }) => void response.writeHead(404).end(`no ${url}`));
  const sent = openai('m', { baseURL: `${baseURL}?key=${OTHER}`, apiKey: KEY }).send({ messages: [] });
  const text = shown(await sent.catch((reason: unknown) => reason));
  expect([text.includes(address), text.includes('verysecret')]).toEqual([true, false]);
});
