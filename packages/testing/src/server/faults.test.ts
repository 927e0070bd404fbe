import { expect, onTestFinished, test } from 'vitest';
import { respond } from '../script/respond.ts';
import type { ScriptedResponse } from '../script/scripted-response.ts';
import { type OfflineServer, offlineServer } from './offline-server.ts';

async function playing(...script: readonly ScriptedResponse[]): Promise<OfflineServer> {
  const server = await offlineServer({ script });
  onTestFinished(() => server.close());
  return server;
}

interface AskOptions {
  readonly stream?: boolean;
  readonly signal?: AbortSignal;
}

function ask({ baseURL }: OfflineServer, { stream = true, signal }: AskOptions = {}): Promise<Response> {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }], stream });
  return fetch(`${baseURL}/chat/completions`, { method: 'POST', body, ...(signal && { signal }) });
}

/** The received text, and whether the response ended with an error. */
async function received(response: Response): Promise<{ readonly text: string; readonly failed: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes, { stream: true });
    return { text, failed: false };
  } catch {
    return { text, failed: true };
  }
}

/** The texts in the chunks. */
function words(text: string): readonly string[] {
  return [...text.matchAll(/"content":"(\w+ ?)"/g)].map(([, word]) => word ?? '');
}

const three = respond.text('one two three');

test("sends an HTTP error with its status, its headers and OpenAI's error body", async () => {
  const server = await playing(
    respond.httpError(429, { headers: { 'retry-after': '7' }, message: 'Slow down.', code: 'rate_limit_exceeded' }),
  );
  const response = await ask(server);
  expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([
    429,
    '7',
    { error: { message: 'Slow down.', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } },
  ]);
});

test('sends an HTTP error with any body', async () => {
  const server = await playing(
    respond.httpError(502, { body: '<h1>Bad gateway</h1>', headers: { 'content-type': 'text/html' } }),
  );
  const response = await ask(server);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    502,
    'text/html',
    '<h1>Bad gateway</h1>',
  ]);
});

test('ends a cut stream cleanly after the given pieces', async () => {
  const server = await playing(respond.cut(three, { afterChunks: 2 }));
  const { text, failed } = await received(await ask(server));
  expect({ words: words(text), failed, hasEnd: /\[DONE\]|"stop"/.test(text) }).toEqual({
    words: ['one ', 'two '],
    failed: false,
    hasEnd: false,
  });
});

test('sends the first half of a cut body', async () => {
  const server = await playing(three, respond.cut(three));
  const whole = await (await ask(server, { stream: false })).text();
  const { text, failed } = await received(await ask(server, { stream: false }));
  expect({ text, failed }).toEqual({ text: whole.slice(0, Math.floor(whole.length / 2)), failed: false });
});

test('destroys the socket before anything, or after the given pieces', async () => {
  const server = await playing(respond.reset(), respond.reset({ response: three, afterChunks: 1 }));
  await expect(ask(server)).rejects.toThrow('fetch failed');
  const { text, failed } = await received(await ask(server));
  expect({ words: words(text), failed, disconnects: server.disconnects }).toEqual({
    words: ['one '],
    failed: true,
    disconnects: 0,
  });
});

test('continues a stalled stream when it is released', async () => {
  const gate = Promise.withResolvers<void>();
  const server = await playing(respond.stall(three, { afterChunks: 1, until: gate.promise }));
  const response = await ask(server);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('one ')) text += (await reader?.read())?.value ?? '';
  expect(words(text)).toEqual(['one ']);
  gate.resolve();
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) text += read.value;
  expect([words(text), text.endsWith('data: [DONE]\n\n')]).toEqual([['one ', 'two ', 'three'], true]);
});

test('counts a client that disconnects from a stalled response, and becomes idle', async () => {
  const server = await playing(respond.stall(three));
  const client = new AbortController();
  await ask(server, { signal: client.signal });
  client.abort();
  await server.waitForIdle();
  expect(server.disconnects).toBe(1);
});

test('counts a client that disconnects before the script has responded', async () => {
  const client = new AbortController();
  const undecided = (): Promise<ScriptedResponse> => {
    client.abort();
    return new Promise(() => undefined);
  };
  const server = await offlineServer({ script: [undecided] });
  onTestFinished(() => server.close());
  await expect(ask(server, { signal: client.signal })).rejects.toThrow('aborted');
  await server.waitForIdle();
  expect(server.disconnects).toBe(1);
});

test('sends a delayed response when it is released', async () => {
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const server = await offlineServer({
    script: [
      () => {
        arrived.resolve();
        return respond.delayed(respond.httpError(503), { until: gate.promise });
      },
      three,
    ],
  });
  onTestFinished(() => server.close());
  let status = 0;
  const answer = ask(server).then((response) => {
    status = response.status;
  });
  await arrived.promise;
  await (await ask(server)).text();
  expect(status).toBe(0);
  gate.resolve();
  await answer;
  expect(status).toBe(503);
});

test('ends a stream with the error; unstreamed, the error is the body', async () => {
  const entry = respond.streamError({ message: 'overloaded' }, { response: three, afterChunks: 1 });
  const server = await playing(entry, entry, respond.errorBody('broken'));
  const { text } = await received(await ask(server));
  expect([words(text), text.endsWith('\n\ndata: {"error":{"message":"overloaded"}}\n\n')]).toEqual([['one '], true]);
  const whole = await ask(server, { stream: false });
  expect([whole.status, await whole.json()]).toEqual([200, { error: { message: 'overloaded' } }]);
  expect(await (await ask(server)).json()).toEqual({ error: 'broken' });
});

test('sends raw bodies and raw streams unchanged', async () => {
  const server = await playing(
    respond.body('not JSON', { status: 201, headers: { 'content-type': 'text/plain' } }),
    respond.sse([': hi\r\n\r\n', { a: 1 }, new TextEncoder().encode('data: é\n\n')]),
  );
  const plain = await ask(server);
  expect([plain.status, plain.headers.get('content-type'), await plain.text()]).toEqual([
    201,
    'text/plain',
    'not JSON',
  ]);
  const stream = await ask(server, { stream: false });
  expect([stream.headers.get('content-type'), await stream.text()]).toEqual([
    'text/event-stream; charset=utf-8',
    ': hi\r\n\r\ndata: {"a":1}\n\ndata: é\n\n',
  ]);
});

test('sends a message in the form that was not requested', async () => {
  const server = await playing(respond.text('x', { form: 'json' }), respond.text('x', { form: 'sse' }));
  expect(await (await ask(server)).json()).toMatchObject({ object: 'chat.completion' });
  expect(await (await ask(server, { stream: false })).text()).toMatch(/data: \[DONE\]\n\n$/);
});

test('ends open responses when the server closes', async () => {
  const server = await playing(respond.stall(three));
  const response = await ask(server);
  await server.close();
  expect((await received(response)).failed).toBe(true);
  await server.waitForIdle();
  await server.close();
});
