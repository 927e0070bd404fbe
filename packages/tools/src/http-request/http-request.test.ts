import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { testTool } from '@pawl/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { callTool } from '../files/sandbox.fixture.ts';
import { startSite, type TestSite } from '../net/site.fixture.ts';
import { OutputStore } from '../output/output-store.ts';
import { readOutput } from '../read-output/read-output.ts';
import { type HttpRequestOptions, httpRequest } from './http-request.ts';

const KEY = 'Bearer key-that-nobody-may-read';
let api: TestSite;
let listener: RequestListener;
let bodies: Promise<string>[];

beforeEach(async () => {
  bodies = [];
  listener = (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
  api = await startSite((incoming, response) => {
    bodies.push(text(incoming));
    listener(incoming, response);
  });
});
afterEach(() => api.close());

const ALL = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

function tool(options: Partial<HttpRequestOptions> = {}) {
  return httpRequest({
    allow: [{ hostname: '127.0.0.1', methods: ALL }],
    allowAddresses: ['127.0.0.1'],
    ports: [api.port],
    secrets: { api: { hostnames: ['127.0.0.1'], plaintext: 'accept', value: () => KEY } },
    ...options,
  });
}

const ask = (input: object, options: Partial<HttpRequestOptions> = {}) =>
  callTool(tool(options), { url: `${api.origin}/v1/users`, ...input });
const last = (): IncomingMessage => api.requests.at(-1) as IncomingMessage; // There is one where this is asked.

/** Without the marks, which are others each time. */
const inner = (said: string): string => said.replaceAll(/^\[(begin|end) of untrusted content.*\]\n?/gm, '').trim();

describe('a request', () => {
  test('gives status, some headers and the body, whatever the status is', async () => {
    expect(inner(await ask({}))).toBe('200 OK\ncontent-type: application/json\n{"ok":true}');
    listener = (_, response) => void response.writeHead(404, { 'set-cookie': 'a=b' }).end('not here');
    expect(inner(await ask({}))).toBe('404 Not Found\nnot here');
    listener = (_, response) => void response.writeHead(204).end();
    expect(await ask({ method: 'DELETE' })).toBe('204 No Content\n[no body]');
  });

  test('is authorised by name, at the last moment, and nothing of the secret is told', async () => {
    listener = (incoming, response) => {
      const given = String(incoming.headers.authorization);
      response.end(
        JSON.stringify({
          header: given,
          bare: given.slice(7),
          base64: Buffer.from(given).toString('base64'),
          url: encodeURIComponent(given),
        }),
      );
    };
    const said = await ask({ auth: 'api' });
    expect(last().headers.authorization).toBe(KEY);
    expect(said).not.toContain('key-that-nobody');
    expect(said).not.toContain(Buffer.from(KEY).toString('base64'));
    expect(inner(said)).toContain('"bare":"[redacted]"');
    expect(await ask({})).not.toContain('[redacted]');
    expect(last().headers.authorization).toBeUndefined();
  });

  test('that changes something carries the call’s key for idempotency, one that reads does not', async () => {
    await ask({ method: 'POST', body: '{"name":"Ada"}' });
    expect(last().headers).toMatchObject({ 'idempotency-key': 'run/tool:1.0', 'content-type': 'application/json' });
    expect(await bodies.at(-1)).toBe('{"name":"Ada"}');
    await ask({ method: 'POST', body: 'plain' });
    expect(last().headers['content-type']).toBe('text/plain');
    await ask({});
    expect(last().headers['idempotency-key']).toBeUndefined();
  });

  test('of a body that is long or no text is told in part, or as what it is', async () => {
    listener = (_, response) => void response.end('x'.repeat(5_000));
    expect(await ask({}, { maxLength: 300 })).toContain('characters left out');
    expect(await ask({}, { maxBytes: 100 })).toContain('its end is missing');
    listener = (_, response) => void response.end(Buffer.from([0, 1, 2, 255]));
    expect(await ask({})).toContain('[a binary body of 4 bytes, which is not shown]');
  });

  test.each([
    ['GET', 'writes', 'finished'],
    ['HEAD', 'writes', 'finished'],
    ['POST', 'writes', 'pending'],
    ['DELETE', 'writes', 'pending'],
    ['GET', 'always', 'pending'],
    ['DELETE', 'never', 'finished'],
  ] as const)('by %s waits for a person or not, as approval "%s" says: %s', async (method, approval, status) => {
    const called = await testTool(tool({ approval })).call({ url: `${api.origin}/v1/users`, method });
    expect(called.status).toBe(status);
    expect(api.requests).toHaveLength(status === 'pending' ? 0 : 1);
  });

  test('is shown to that person as it would go, with what could deceive an eye written out', async () => {
    const preview = await tool().preview?.(
      { url: 'https://a.test/\u202egnp.exe', method: 'POST', headers: { accept: 'b' }, body: 'hello', auth: 'api' },
      {} as never,
    );
    expect(preview).toBe('POST https://a.test/\\u{202e}gnp.exe\naccept: b\n[authorised as api]\n\nhello');
    expect(JSON.stringify(preview)).not.toContain('key-that');
  });
});

describe('what is not allowed', () => {
  const some = { allow: [{ hostname: '127.0.0.1', methods: ['GET'], paths: ['/v1/users/*', '/open/**'] }] };

  test.each([
    ['/v1/users/7', 'GET', true],
    ['/open', 'GET', true],
    ['/open/a/b/c', 'GET', true],
    ['/v1/users/7?admin=1', 'GET', true],
    ['/v1/users', 'GET', false],
    ['/v1/users/7/keys', 'GET', false],
    ['/v1/users/7', 'POST', false],
    ['/v1/users/../admin', 'GET', false],
    ['/v1/users/%2e%2e/admin', 'GET', false],
    ['/v1/users/..%2fadmin', 'GET', false],
    ['/v1/users/%2e%2e%2fadmin', 'GET', false],
    ['/v1/users/..\\admin', 'GET', false],
    ['/v1/users/%5c..%5cadmin', 'GET', false],
    ['/v1/users//7', 'GET', false],
    ['/v1/users/7;admin', 'GET', false],
    ['/v1/users/%00', 'GET', false],
    ['/v1/users/%252e%252e', 'GET', false],
    ['/open/../v1/admin', 'GET', false],
    ['/admin/open/x', 'GET', false],
    ['/V1/users/7', 'GET', false],
  ])('%s by %s: %j', async (path, method, isAllowed) => {
    const said = await ask({ url: api.origin + path, method }, some);
    if (isAllowed) expect(said).toMatch(/^200 OK/);
    else expect(said).toMatch(/^refused: |^invalid: /);
    expect(api.requests).toHaveLength(isAllowed ? 1 : 0);
  });

  test.each([
    ['a host that is not named', { url: 'http://other.test/' }],
    ['a host that only begins so', { url: 'http://127.0.0.1.evil.test/' }],
    ['a host behind a user', { url: 'http://127.0.0.1@evil.test/' }],
    ['another scheme', { url: 'file:///etc/passwd' }],
    ['a method of its own', { method: 'TRACE' }],
    ['CONNECT', { method: 'CONNECT' }],
    ['a method in small letters', { method: 'post' }],
    ['host', { headers: { Host: 'evil.test' } }],
    ['authorization', { headers: { Authorization: 'Bearer mine' } }],
    ['cookie', { headers: { cookie: 'a=b' } }],
    ['content-length', { headers: { 'content-length': '0' } }],
    ['transfer-encoding', { headers: { 'transfer-encoding': 'chunked' } }],
    ['connection', { headers: { connection: 'upgrade' } }],
    ['upgrade', { headers: { upgrade: 'h2c' } }],
    ['another method by a header', { headers: { 'X-HTTP-Method-Override': 'DELETE' } }],
    ['another path by a header', { headers: { 'X-Original-URL': '/admin' } }],
    ['another address by a header', { headers: { forwarded: 'for=127.0.0.1' } }],
    ['a header that nobody has allowed', { headers: { 'x-api-version': '1' } }],
    ['a body of a GET', { body: '{"query":"all"}' }],
    ['a body of a HEAD', { method: 'HEAD', body: 'x' }],
    ['x-forwarded-for', { headers: { 'x-forwarded-for': '127.0.0.1' } }],
    ['idempotency-key', { headers: { 'Idempotency-Key': '1' } }],
    ['a line break in a value', { headers: { accept: 'b\r\nx-evil: 1' } }],
    ['a line break alone', { headers: { accept: 'b\nx-evil: 1' } }],
    ['a line break in a name', { headers: { 'accept: b\r\nx-evil': '1' } }],
    ['a NUL in a value', { headers: { accept: 'b\0' } }],
    ['letters that become others', { headers: { accept: 'b\u010a' } }],
    ['an empty name', { headers: { '': 'b' } }],
    ['an auth that is not there', { auth: 'other' }],
    ['an auth from the prototype', { auth: 'constructor' }],
  ])('%s', async (_, input) => {
    expect(await ask(input)).toMatch(/^refused: |^invalid: /);
    expect(api.requests).toEqual([]);
  });

  test('a secret that a server gives back is covered, also where the answer is cut through it, and in a refusal', async () => {
    const half = Math.floor(KEY.length / 2);
    listener = (_, response) => void response.end('x'.repeat(100 - half) + KEY.repeat(200));
    for (const maxLength of [150, 151, 160]) {
      const said = await ask({ auth: 'api' }, { maxLength });
      for (let from = 0; from + half <= KEY.length; from++) expect(said).not.toContain(KEY.slice(from, from + half));
    }
    listener = (_, response) => void response.writeHead(302, { location: `/admin/${KEY}` }).end();
    const allow = [{ hostname: '127.0.0.1', paths: ['/v1/**'] }];
    expect(await ask({ auth: 'api' }, { allow })).toContain('may not be asked for /admin/[redacted]');
  });

  test('a password that a server gives back as it reads it is covered as well', async () => {
    const value = () => `Basic ${Buffer.from('ada:lovelace').toString('base64')}`;
    listener = (_, response) => void response.end('You are ada:lovelace, with the password lovelace.');
    const said = await ask(
      { auth: 'api' },
      { secrets: { api: { hostnames: ['127.0.0.1'], plaintext: 'accept', value } } },
    );
    expect(inner(said)).toContain('You are [redacted], with the password [redacted].');
  });

  test('an auth goes by https: only, unless its developer says otherwise', async () => {
    const secrets = { api: { hostnames: ['127.0.0.1'], value: () => KEY } };
    expect(await ask({ auth: 'api' }, { secrets })).toContain('auth "api" goes by https: only');
    expect(api.requests).toEqual([]);
  });

  test('an auth goes to its own hosts only', async () => {
    const secrets = { other: { hostnames: ['api.example.com'], plaintext: 'accept', value: () => KEY } } as const;
    expect(await ask({ auth: 'other' }, { secrets })).toContain('auth "other" is not for 127.0.0.1');
    expect(api.requests).toEqual([]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error(KEY);
      },
    ],
    ['is empty', () => ''],
    ['has a line break', () => `${KEY}\r\nx: y`],
  ])('an auth whose value %s sends nothing and tells nothing', async (_, value) => {
    const said = await ask(
      { auth: 'api' },
      { secrets: { api: { hostnames: ['127.0.0.1'], plaintext: 'accept', value } } },
    );
    expect(said).toContain('has no value here');
    expect(said).not.toContain('key-that');
    expect(api.requests).toEqual([]);
  });
});

test('headers that the developer allows go along, and to no other origin by a redirect', async () => {
  const other = await startSite((_, response) => void response.end('there'));
  const headers = { 'X-Api-Version': '2', 'X-Tenant': 'acme', Accept: 'text/plain' };
  const options = { headers: ['x-api-version', 'x-tenant'], ports: [api.port, other.port] };
  await ask({ headers }, options);
  expect(last().headers).toMatchObject({ 'x-api-version': '2', 'x-tenant': 'acme', accept: 'text/plain' });
  listener = (_, response) => void response.writeHead(302, { location: `${other.origin}/` }).end();
  await ask({ headers }, options);
  expect(other.requests[0]?.headers).toMatchObject({ accept: 'text/plain', 'user-agent': 'Pawl' });
  expect(other.requests[0]?.headers).not.toHaveProperty('x-tenant');
  expect(other.requests[0]?.headers).not.toHaveProperty('x-api-version');
  await other.close();
});

test('what a long answer leaves out can be read on, without the secret', async () => {
  listener = (_, response) => void response.end(`${'x'.repeat(500)}${KEY}${'y'.repeat(500)}`);
  const outputs = new OutputStore();
  const said = await ask({ auth: 'api' }, { outputs, maxLength: 300 });
  expect(said).toContain('read_output has them, with call "call_1"');
  const rest = await callTool(readOutput(outputs), { call: 'call_1', from: 400 });
  expect(rest).toBe(`${'x'.repeat(100)}[redacted]${'y'.repeat(500)}`);
});

describe('a redirect', () => {
  test('to another origin goes without what proves who asks', async () => {
    const other = await startSite((_, response) => void response.end('there'));
    listener = (_, response) => void response.writeHead(303, { location: `${other.origin}/` }).end();
    const said = await ask({ auth: 'api', method: 'PUT', body: 'x' }, { ports: [api.port, other.port] });
    expect(inner(said)).toContain('there');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('idempotency-key');
    await other.close();
  });

  test('that takes what was to be written to another origin is not followed', async () => {
    const other = await startSite((_, response) => void response.end('there'));
    listener = (_, response) => void response.writeHead(307, { location: `${other.origin}/` }).end();
    const said = await ask({ method: 'PUT', body: 'x' }, { ports: [api.port, other.port] });
    expect(said).toContain(`leads this PUT to ${other.origin}`);
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test('to what is not allowed is not followed', async () => {
    const allow = [{ hostname: '127.0.0.1', paths: ['/v1/**'] }];
    listener = (_, response) => void response.writeHead(302, { location: '/admin' }).end();
    expect(await ask({}, { allow })).toContain('may not be asked for /admin');
    listener = (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    expect(await ask({}, { ports: [api.port, 80] })).toContain('not public');
  });

  test('of a POST becomes a GET without a body, unless the server says otherwise', async () => {
    let count = 0;
    listener = (_, response) =>
      void (count++ === 0 ? response.writeHead(303, { location: '/v1/done' }).end() : response.end('done'));
    await ask({ method: 'POST', body: 'x' });
    expect([last().method, await bodies.at(-1)]).toEqual(['GET', '']);
  });
});
