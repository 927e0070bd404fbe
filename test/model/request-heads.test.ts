import { type OpenAIOptions, openai } from '@pawl/core';
import { expect, test } from 'vitest';
import { hello } from './hello.ts';
import { rawServer, wire } from './raw-server.ts';

const INJECTED = 'a\r\nx-injected: 1';

/** The lines of the head that is sent with these options, but for what is the same in all. */
async function headWith(options: OpenAIOptions, traceparent?: string): Promise<readonly string[]> {
  const server = await rawServer((socket) => void socket.write(wire.whole));
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

test('a request has these headers, and no others', async () => {
  expect(await headWith({})).toEqual([...usual, 'content-length: 27']);
});

test('how long a request is, is not the user’s to say', async () => {
  const headers = { 'Content-Length': '5', 'transfer-encoding': 'chunked', 'CONTENT-LENGTH': '6' };
  expect(await headWith({ headers })).toEqual([...usual, 'content-length: 27']);
});

test('which host is asked for, and whether the connection is kept, is the user’s to say', async () => {
  const head = await headWith({ headers: { Host: 'inside.example', Connection: 'close' } });
  expect(head.filter((line) => /^(host|connection)/i.test(line))).toEqual([
    'host: inside.example',
    'connection: close',
  ]);
});

test('a header may hold what Latin-1 has', async () => {
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
    message: `The header "${name}" holds a character that no header can carry. Give a line of text.`,
  });
});

test('a line break in a key begins no other header', async () => {
  await expect(headWith({ apiKey: () => INJECTED })).rejects.toThrow('apiKey holds a space or a character');
});

test('an address that is no ASCII is sent as ASCII', async () => {
  const server = await rawServer((socket) => void socket.write(wire.whole));
  const baseURL = `${server.baseURL.replace('/v1', '/vérsion/1')}?schlüssel=wért #x`;
  expect(await openai('m', { baseURL, query: { 'a b': 'ü&\r\n' } }).send({ messages: [] })).toEqual(hello);
  expect(server.heads[0]?.split('\r\n')[0]).toEqual(
    'POST /v%C3%A9rsion/1/chat/completions?schl%C3%BCssel=w%C3%A9rt+&a+b=%C3%BC%26%0D%0A HTTP/1.1',
  );
});

test('an address of IPv6 is connected to without its brackets', async () => {
  // Nobody listens there, whether this machine has IPv6 or not.
  await expect(openai('m', { baseURL: 'http://[::1]:1/v1' }).send({ messages: [] })).rejects.toMatchObject({
    phase: 'connect',
    address: '[::1]:1',
    code: expect.stringMatching(/^network\.(refused|unreachable)$/),
  });
});
