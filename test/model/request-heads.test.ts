import { type OpenAIOptions, openai } from '@pawl/core';
import { expect, test } from 'vitest';
import { hello } from './hello.ts';
import { startRawServer, wire } from './raw-server.ts';

const INJECTED = 'a\r\nx-injected: 1';

/** The lines of the request head that these options change. */
async function headWith(options: OpenAIOptions, traceparent?: string): Promise<readonly string[]> {
  const server = await startRawServer((socket) => void socket.write(wire.whole));
  const context = traceparent === undefined ? {} : { traceparent };
  await openai('m', { baseURL: server.baseURL, apiKey: 'sk-key', ...options }).send({ messages: [] }, context);
  return (server.heads[0] ?? '').replaceAll(new URL(server.baseURL).host, 'HOST').split('\r\n');
}

const usual = [
  'POST /v1/chat/completions HTTP/1.1',
  'host: HOST',
  'connection: keep-alive',
  'accept-encoding: gzip, br',
  'content-type: application/json',
  'accept: application/json',
  'user-agent: pawl',
  'authorization: Bearer sk-key',
];

test('a request has exactly these headers', async () => {
  expect(await headWith({})).toEqual([...usual, 'content-length: 27']);
});

test('ignores a content-length of the user', async () => {
  const headers = { 'Content-Length': '5', 'transfer-encoding': 'chunked', 'CONTENT-LENGTH': '6' };
  expect(await headWith({ headers })).toEqual([...usual, 'content-length: 27']);
});

test('sends the host and connection headers of the user', async () => {
  const head = await headWith({ headers: { Host: 'inside.example', Connection: 'close' } });
  expect(head.filter((line) => /^(host|connection)/i.test(line))).toEqual([
    'host: inside.example',
    'connection: close',
  ]);
});

test('sends Latin-1 characters in a header', async () => {
  expect(await headWith({ headers: { 'x-name': 'J\xfcrgen\t\xa0' } })).toContain('x-name: J\xfcrgen\t\xa0');
});

test.each([
  ['openai-organization', { organization: INJECTED }, undefined],
  ['openai-project', { project: INJECTED }, undefined],
  ['openai-project', { project: 'a\nb' }, undefined],
  ['openai-project', { project: 'a\rb' }, undefined],
  ['openai-project', { project: 'a\0b' }, undefined],
  ['openai-project', { project: 'prój \u2026' }, undefined],
  ['traceparent', {}, INJECTED],
  ['x-own', { headers: () => ({ 'x-own': INJECTED }) }, undefined],
] as const)('a line break in a value begins no other header: %s', async (name, options, traceparent) => {
  await expect(headWith(options, traceparent)).rejects.toMatchObject({
    name: 'ConfigError',
    message: `The header "${name}" has a character that is not allowed in headers. Pass a single line of text.`,
  });
});

test('refuses a line break in a key', async () => {
  await expect(headWith({ apiKey: () => INJECTED })).rejects.toThrow('apiKey has a space or a character');
});

test('sends a URL beyond ASCII as ASCII', async () => {
  const server = await startRawServer((socket) => void socket.write(wire.whole));
  const baseURL = `${server.baseURL.replace('/v1', '/vérsion/1')}?schlüssel=wért #x`;
  expect(await openai('m', { baseURL, query: { 'a b': 'ü&\r\n' } }).send({ messages: [] })).toEqual(hello);
  expect(server.heads[0]?.split('\r\n')[0]).toEqual(
    'POST /v%C3%A9rsion/1/chat/completions?schl%C3%BCssel=w%C3%A9rt+&a+b=%C3%BC%26%0D%0A HTTP/1.1',
  );
});

test('connects to an IPv6 address without brackets', async () => {
  // No server listens there, with or without IPv6.
  await expect(openai('m', { baseURL: 'http://[::1]:1/v1' }).send({ messages: [] })).rejects.toMatchObject({
    phase: 'connect',
    address: '[::1]:1',
    code: expect.stringMatching(/^network\.(refused|unreachable)$/),
  });
});
