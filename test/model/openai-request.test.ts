import { openai } from '@pawl/core';
import type { ChatRequest } from '@pawl/core/chat';
import { expect, onTestFinished, test, vi } from 'vitest';
import { hello, helloEvents, helloJson } from './hello.ts';
import { serve } from './test-server.ts';
import { transports } from './transports.ts';

const request: ChatRequest = { messages: [{ role: 'user', content: 'Hi' }] };

test('sends a request to /chat/completions of the base URL with the key', async () => {
  const server = await serve(helloJson);
  const model = openai('gpt-x', {
    baseURL: `${server.baseURL}/?api-version=1`,
    apiKey: ' sk-key\n',
    organization: 'o',
    project: 'p',
  });
  expect(await model.send(request)).toEqual(hello);
  expect(server.received).toEqual([
    {
      url: '/v1/chat/completions?api-version=1',
      headers: {
        host: server.address,
        connection: 'keep-alive',
        'accept-encoding': 'gzip, br',
        'content-type': 'application/json',
        'content-length': '61',
        accept: 'application/json',
        'user-agent': 'pawl',
        authorization: 'Bearer sk-key',
        'openai-organization': 'o',
        'openai-project': 'p',
      },
      body: { model: 'gpt-x', messages: [{ role: 'user', content: 'Hi' }] },
      text: '{"model":"gpt-x","messages":[{"role":"user","content":"Hi"}]}',
      port: expect.any(Number),
    },
  ]);
});

test.each(transports)('calls key and header functions for each attempt, over $over', async ({ options }) => {
  const server = await serve(helloJson);
  let asked = 0;
  const model = openai('m', {
    baseURL: server.baseURL,
    ...options,
    apiKey: () => Promise.resolve(`key-${++asked}`),
    headers: () => ({ 'API-Key': `other-${asked}`, 'User-Agent': 'mine' }),
  });
  await model.send(request);
  await model.send(request, { traceparent: '00-1-2-01' });
  expect(
    server.received.map(({ headers }) => [
      headers.authorization,
      headers['api-key'],
      headers['user-agent'],
      headers['traceparent'],
    ]),
  ).toEqual([
    ['Bearer key-1', 'other-1', 'mine', undefined],
    ['Bearer key-2', 'other-2', 'mine', '00-1-2-01'],
  ]);
});

test.each(transports)('sends the trace context, unless a header has one, over $over', async ({ options }) => {
  const server = await serve(helloJson);
  const context = { traceparent: '00-1-2-01', tracestate: 'a=1' };
  const own = { headers: { Traceparent: '00-3-4-01' } };
  await openai('m', { baseURL: server.baseURL, ...options }).send(request, context);
  await openai('m', { baseURL: server.baseURL, ...options, ...own }).send(request, context);
  await openai('m', { baseURL: server.baseURL, ...options }).send(request, { tracestate: 'a=1' });
  const sent = server.received.map(({ headers: { traceparent, tracestate } }) => ({ traceparent, tracestate }));
  expect(sent).toEqual([{ traceparent: '00-1-2-01', tracestate: 'a=1' }, { traceparent: '00-3-4-01' }, {}]);
});

test('a streamed request asks for events and usage, and uses max_tokens', async () => {
  const server = await serve(helloEvents);
  setEnvironment({ OPENAI_API_KEY: '' });
  await openai('m', { baseURL: server.baseURL, extraBody: { top_k: 1 } }).send({
    messages: [],
    stream: true,
    max_completion_tokens: 9,
  });
  expect(server.received.map(({ headers, text }) => [headers.accept, headers.authorization, text])).toEqual([
    [
      'text/event-stream',
      undefined,
      '{"model":"m","max_tokens":9,"stream":true,"stream_options":{"include_usage":true},"top_k":1,"messages":[]}',
    ],
  ]);
});

test('reads key and base URL from the environment by default', async () => {
  const server = await serve(helloJson);
  setEnvironment({ OPENAI_API_KEY: 'sk-env', OPENAI_BASE_URL: server.baseURL });
  await openai('m').send(request);
  await openai('m', { apiKey: 'sk-own' }).send(request);
  expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-env', 'Bearer sk-own']);
});

test('OpenAI needs a key, a server at another URL does not', async () => {
  setEnvironment({ OPENAI_API_KEY: '', OPENAI_BASE_URL: '' });
  expect(openai('m', { baseURL: 'http://127.0.0.1:1' }).name).toEqual('m');
  expect(openai('m', { headers: { Authorization: 'Basic x' } }).name).toEqual('m');
  await expect(openai('m').send({ messages: [] })).rejects.toThrow(
    'No API key for api.openai.com:443. Set the variable OPENAI_API_KEY, or pass the option apiKey: openai(model, { apiKey }).',
  );
});

const key = { apiKey: 'sk-key' };
const mistakes: readonly { readonly message: string; readonly define: () => unknown }[] = [
  { message: 'openai() needs the name of a model: openai("gpt-5-mini").', define: () => openai(' ', key) },
  {
    message:
      'baseURL "localhost:1234" is not an http or https URL. Pass one such as "https://api.openai.com/v1" (option baseURL, or the variable OPENAI_BASE_URL).',
    define: () => openai('m', { baseURL: 'localhost:1234' }),
  },
  {
    message:
      'baseURL "https://…@host:x/?…" is not an http or https URL. Pass one such as "https://api.openai.com/v1" (option baseURL, or the variable OPENAI_BASE_URL).',
    define: () => openai('m', { baseURL: 'https://me:secret@host:x/?key=secret' }),
  },
  {
    message: 'baseURL for host has a user name or a password. Send it with the option headers instead.',
    define: () => openai('m', { baseURL: 'https://me:secret@host/v1' }),
  },
  {
    message:
      'baseURL "http://host/v1/chat/completions" ends in /chat/completions. Remove that: it is added to each request.',
    define: () => openai('m', { baseURL: 'http://host/v1/chat/completions' }),
  },
  {
    message: 'extraBody has "stream", which each request sets itself. Remove it from extraBody.',
    define: () => openai('m', { ...key, extraBody: { stream: true } }),
  },
  {
    message: 'timeouts.idleMs is 0. Pass milliseconds above 0, or Infinity for no limit.',
    define: () => openai('m', { ...key, timeouts: { idleMs: 0 } }),
  },
  {
    message: 'apiKey has a space or a character that is not allowed in headers. Pass the key alone.',
    define: () => openai('m', { apiKey: 'sk-ключ' }),
  },
];

test.each(mistakes)('an invalid definition is a ConfigError: $message', ({ define, message }) => {
  expect(define).toThrow(expect.objectContaining({ name: 'ConfigError', message }));
});

test('sends max_completion_tokens to OpenAI and Azure', async () => {
  const bodies: string[] = [];
  const fetch = (_url: string, { body }: { readonly body: string }): Promise<Response> => {
    bodies.push(body);
    return Promise.resolve(Response.json(hello));
  };
  for (const baseURL of ['https://api.openai.com/v1', 'https://mine.openai.azure.com/openai/v1']) {
    await openai('m', { ...key, baseURL, fetch }).send({ messages: [], max_completion_tokens: 1 });
  }
  expect(bodies).toEqual(Array(2).fill('{"model":"m","max_completion_tokens":1,"messages":[]}'));
});

function setEnvironment(variables: Readonly<Record<string, string>>): void {
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}
