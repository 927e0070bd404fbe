import { Agent, azure, openai } from '@pawl/core';
import type { WireLog, WirePiece, WireRequest } from '@pawl/core/wire-log';
import { memoryWireLog, readBody } from '@pawl/core/wire-log';
import { expect, test } from 'vitest';
import { hello, helloJson } from '../model/hello.ts';
import { startRawServer } from '../model/raw-server.ts';
import { type Responder, respondWithJson, serve } from '../model/test-server.ts';

const KEY = 'sk-live-1234567890abcdef';

/** Everything that a log gets, as text. */
class TextLog implements WireLog {
  text = '';
  /** The bytes of the bodies alone. */
  bytes = '';

  sent(request: WireRequest): void {
    this.#add(request);
  }

  received(piece: WirePiece): void {
    this.#add(piece);
    this.bytes += Buffer.from(piece.bytes ?? []).toString();
  }

  #add(entry: object): void {
    this.text += JSON.stringify(entry, (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
  }
}

test('shows the headers of Pawl and the transport, and none of the key or of the option headers', async () => {
  const server = await serve(helloJson);
  const log = memoryWireLog();
  const model = openai('m', {
    baseURL: server.baseURL,
    apiKey: KEY,
    organization: 'org-1',
    headers: {
      'X-Tenant': 'acme',
      'X-Api-Key': 'k',
      cookie: 'a=b',
      'proxy-authorization': 'Basic x',
      'user-agent': 'mine',
    },
  });
  await model.send({ messages: [] }, { wireLog: log });
  const [exchange] = await log.read('');
  expect(exchange?.headers).toEqual({
    'accept-encoding': 'gzip, br',
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': '[redacted]',
    authorization: '[redacted]',
    'openai-organization': 'org-1',
    'x-tenant': '[redacted]',
    'x-api-key': '[redacted]',
    cookie: '[redacted]',
    'proxy-authorization': '[redacted]',
  });
});

test('redacts headers that functions make', async () => {
  const server = await serve(helloJson);
  const log = memoryWireLog();
  const model = openai('m', { baseURL: server.baseURL, apiKey: () => KEY, headers: () => ({ 'x-tenant': 'acme' }) });
  await model.send({ messages: [] }, { wireLog: log });
  const [exchange] = await log.read('');
  expect(exchange?.headers).toMatchObject({ authorization: '[redacted]', 'x-tenant': '[redacted]' });
});

test('redacts the key of Azure', async () => {
  const server = await serve(helloJson);
  const log = memoryWireLog();
  const model = azure('m', { endpoint: new URL(server.baseURL).origin, apiKey: KEY });
  await model.send({ messages: [] }, { wireLog: log });
  const [exchange] = await log.read('');
  expect(exchange?.headers['api-key']).toBe('[redacted]');
});

test('redacts secrets in the path and the query of the URL', async () => {
  const server = await serve(helloJson);
  const { origin } = new URL(server.baseURL);
  const log = memoryWireLog();
  const model = openai('m', {
    baseURL: `${origin}/sk-abcdefgh12345678/v1`,
    query: { 'api-version': '2024-10-21', key: 'short', sig: 'x', a: KEY },
  });
  await model.send({ messages: [] }, { wireLog: log }).catch(() => undefined);
  const [exchange] = await log.read('');
  expect(exchange?.url).toBe(
    `${origin}/[redacted]/v1/chat/completions?api-version=2024-10-21&key=[redacted]&sig=[redacted]&a=[redacted]`,
  );
});

test('redacts cookies of the response and a key that a server repeats in a header', async () => {
  const headers = { 'set-cookie': 'session=1', 'x-echo': `Bearer ${KEY}`, 'x-ratelimit-remaining-tokens': '17' };
  const server = await serve(respondWithJson(hello, { headers }));
  const log = memoryWireLog();
  await openai('m', { baseURL: server.baseURL, apiKey: KEY }).send({ messages: [] }, { wireLog: log });
  const [exchange] = await log.read('');
  expect(exchange?.response.headers).toMatchObject({
    'set-cookie': '[redacted]',
    'x-echo': '[redacted]',
    'x-ratelimit-remaining-tokens': '17',
  });
});

test('masks a key in the bodies and keeps their length', async () => {
  const echo: Responder = respondWithJson(
    { error: { message: `Incorrect API key provided: ${KEY}.` } },
    { status: 401 },
  );
  const server = await serve(echo);
  const log = memoryWireLog();
  const model = openai('m', { baseURL: server.baseURL, apiKey: KEY, extraBody: { upstream: { api_key: KEY } } });
  await model.send({ messages: [] }, { wireLog: log }).catch(() => undefined);
  const exchanges = await log.read('');
  const [exchange] = exchanges;
  const mask = '*'.repeat(KEY.length);
  const sent = Buffer.from((exchange && readBody(exchange, exchanges)) ?? []).toString();
  expect(sent).toBe(server.received[0]?.text.replace(KEY, mask));
  const received = Buffer.concat(exchange?.response.pieces.map(({ bytes }) => bytes) ?? []).toString();
  expect(received).toBe(JSON.stringify({ error: { message: `Incorrect API key provided: ${mask}.` } }));
});

test('does not mask the short keys that local servers take', async () => {
  const server = await serve(helloJson);
  const log = memoryWireLog();
  const model = openai('m', { baseURL: server.baseURL, apiKey: 'ollama' });
  await model.send({ messages: [{ role: 'user', content: 'What is ollama?' }] }, { wireLog: log });
  const exchanges = await log.read('');
  const body = exchanges[0] && readBody(exchanges[0], exchanges);
  expect(Buffer.from(body ?? []).toString()).toBe(server.received[0]?.text);
});

test('a key that the network splits never reaches the log, and neither does its beginning at the end', async () => {
  const body = `{"error":{"message":"No: ${KEY} and ${KEY.slice(0, -2)}`;
  const server = await startRawServer(async (socket) => {
    socket.write(`HTTP/1.1 401 No\r\ncontent-length: ${body.length}\r\n\r\n`);
    for (const byte of Buffer.from(body)) await new Promise((resolve) => socket.write(Uint8Array.of(byte), resolve));
  });
  const log = new TextLog();
  const model = openai('m', { baseURL: server.baseURL, apiKey: KEY });
  await new Agent({ model, wireLog: log }).run('Hi.').outcome();
  expect(log.bytes).toBe(body.replaceAll(/sk-live-\w+/g, (key) => '*'.repeat(key.length)));
  expect(log.text).not.toContain(KEY.slice(0, 6));
});

test('an error that quotes the key is logged without it', async () => {
  const log = new TextLog();
  const failing = (): Promise<never> => Promise.reject(new Error(`refused ${KEY}`));
  const model = openai('m', { baseURL: 'http://127.0.0.1:1/v1', apiKey: KEY, fetch: failing });
  await model.send({ messages: [] }, { wireLog: log }).catch(() => undefined);
  expect(log.text).toContain('"error"');
  expect(log.text).not.toContain(KEY);
});
