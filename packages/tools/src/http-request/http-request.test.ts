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
const last = (): IncomingMessage => api.requests.at(-1) as IncomingMessage; // Called only after a request.

/** Removes the marks, which are random. */
const removeMarks = (result: string): string =>
  result.replaceAll(/^\[(begin|end) of untrusted content.*\]\n?/gm, '').trim();

describe('a request', () => {
  test('returns status, some headers and the body for any status', async () => {
    expect(removeMarks(await ask({}))).toBe('200 OK\ncontent-type: application/json\n{"ok":true}');
    listener = (_, response) => void response.writeHead(404, { 'set-cookie': 'a=b' }).end('not here');
    expect(removeMarks(await ask({}))).toBe('404 Not Found\nnot here');
    listener = (_, response) => void response.writeHead(204).end();
    expect(await ask({ method: 'DELETE' })).toBe('204 No Content\n[no body]');
  });

  test('is authorized by the name of a secret, whose value never reaches the model', async () => {
    listener = (incoming, response) => {
      const header = String(incoming.headers.authorization);
      response.end(
        JSON.stringify({
          header,
          bare: header.slice(7),
          base64: Buffer.from(header).toString('base64'),
          url: encodeURIComponent(header),
        }),
      );
    };
    const result = await ask({ auth: 'api' });
    expect(last().headers.authorization).toBe(KEY);
    expect(result).not.toContain('key-that-nobody');
    expect(result).not.toContain(Buffer.from(KEY).toString('base64'));
    expect(removeMarks(result)).toContain('"bare":"[redacted]"');
    expect(await ask({})).not.toContain('[redacted]');
    expect(last().headers.authorization).toBeUndefined();
  });

  test('that writes carries the call’s idempotency key, and one that reads does not', async () => {
    await ask({ method: 'POST', body: '{"name":"Ada"}' });
    expect(last().headers).toMatchObject({ 'idempotency-key': 'run/tool:1.0', 'content-type': 'application/json' });
    expect(await bodies.at(-1)).toBe('{"name":"Ada"}');
    await ask({ method: 'POST', body: 'plain' });
    expect(last().headers['content-type']).toBe('text/plain');
    await ask({});
    expect(last().headers['idempotency-key']).toBeUndefined();
  });

  test('with a long or binary body returns a part or a description', async () => {
    listener = (_, response) => void response.end('x'.repeat(5_000));
    expect(await ask({}, { maxLength: 300 })).toContain('characters omitted');
    expect(await ask({}, { maxBytes: 100 })).toContain('its end is missing');
    listener = (_, response) => void response.end(Buffer.from([0, 1, 2, 255]));
    expect(await ask({})).toContain('[a binary body of 4 bytes, not shown]');
  });

  test.each([
    ['GET', 'writes', 'finished'],
    ['HEAD', 'writes', 'finished'],
    ['POST', 'writes', 'pending'],
    ['DELETE', 'writes', 'pending'],
    ['GET', 'always', 'pending'],
    ['DELETE', 'never', 'finished'],
  ] as const)('by %s with approval "%s" is %s', async (method, approval, status) => {
    const called = await testTool(tool({ approval })).call({ url: `${api.origin}/v1/users`, method });
    expect(called.status).toBe(status);
    expect(api.requests).toHaveLength(status === 'pending' ? 0 : 1);
  });

  test('has a preview with escaped misleading characters and without the secret', async () => {
    const preview = await tool().preview?.(
      { url: 'https://a.test/\u202egnp.exe', method: 'POST', headers: { accept: 'b' }, body: 'hello', auth: 'api' },
      {} as never,
    );
    expect(preview).toBe('POST https://a.test/\\u{202e}gnp.exe\naccept: b\n[authorized as api]\n\nhello');
    expect(JSON.stringify(preview)).not.toContain('key-that');
  });
});

describe('a request that is not allowed', () => {
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
  ])('to %s by %s is allowed: %j', async (path, method, isAllowed) => {
    const result = await ask({ url: api.origin + path, method }, some);
    if (isAllowed) expect(result).toMatch(/^200 OK/);
    else expect(result).toMatch(/^refused: |^invalid: /);
    expect(api.requests).toHaveLength(isAllowed ? 1 : 0);
  });

  test.each([
    ['a hostname that is not listed', { url: 'http://other.test/' }],
    ['a hostname with a listed one as its prefix', { url: 'http://127.0.0.1.evil.test/' }],
    ['a hostname after a user name', { url: 'http://127.0.0.1@evil.test/' }],
    ['another scheme', { url: 'file:///etc/passwd' }],
    ['an unknown method', { method: 'TRACE' }],
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
    ['a header that is not allowed', { headers: { 'x-api-version': '1' } }],
    ['a body of a GET', { body: '{"query":"all"}' }],
    ['a body of a HEAD', { method: 'HEAD', body: 'x' }],
    ['x-forwarded-for', { headers: { 'x-forwarded-for': '127.0.0.1' } }],
    ['idempotency-key', { headers: { 'Idempotency-Key': '1' } }],
    ['a line break in a value', { headers: { accept: 'b\r\nx-evil: 1' } }],
    ['a line feed alone', { headers: { accept: 'b\nx-evil: 1' } }],
    ['a line break in a name', { headers: { 'accept: b\r\nx-evil': '1' } }],
    ['a NUL in a value', { headers: { accept: 'b\0' } }],
    ['characters that are not ASCII', { headers: { accept: 'b\u010a' } }],
    ['an empty name', { headers: { '': 'b' } }],
    ['an unknown auth', { auth: 'other' }],
    ['an auth from the prototype', { auth: 'constructor' }],
  ])('with %s is refused', async (_, input) => {
    expect(await ask(input)).toMatch(/^refused: |^invalid: /);
    expect(api.requests).toEqual([]);
  });

  test('never reveals a secret that a server returns, also if the response is cut or redirected', async () => {
    const half = Math.floor(KEY.length / 2);
    listener = (_, response) => void response.end('x'.repeat(100 - half) + KEY.repeat(200));
    for (const maxLength of [150, 151, 160]) {
      const result = await ask({ auth: 'api' }, { maxLength });
      for (let from = 0; from + half <= KEY.length; from++) expect(result).not.toContain(KEY.slice(from, from + half));
    }
    listener = (_, response) => void response.writeHead(302, { location: `/admin/${KEY}` }).end();
    const allow = [{ hostname: '127.0.0.1', paths: ['/v1/**'] }];
    expect(await ask({ auth: 'api' }, { allow })).toContain('The path /admin/[redacted] is not allowed');
  });

  test('redacts a password that a server returns decoded', async () => {
    const value = () => `Basic ${Buffer.from('ada:lovelace').toString('base64')}`;
    listener = (_, response) => void response.end('You are ada:lovelace, with the password lovelace.');
    const result = await ask(
      { auth: 'api' },
      { secrets: { api: { hostnames: ['127.0.0.1'], plaintext: 'accept', value } } },
    );
    expect(removeMarks(result)).toContain('You are [redacted], with the password [redacted].');
  });

  test('refuses to send a secret over http: by default', async () => {
    const secrets = { api: { hostnames: ['127.0.0.1'], value: () => KEY } };
    expect(await ask({ auth: 'api' }, { secrets })).toContain('auth "api" requires https:');
    expect(api.requests).toEqual([]);
  });

  test('refuses to send a secret to another hostname', async () => {
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
  ])('sends nothing if the value of a secret %s', async (_, value) => {
    const result = await ask(
      { auth: 'api' },
      { secrets: { api: { hostnames: ['127.0.0.1'], plaintext: 'accept', value } } },
    );
    expect(result).toContain('has no value');
    expect(result).not.toContain('key-that');
    expect(api.requests).toEqual([]);
  });
});

test('sends allowed headers, but not to another origin after a redirect', async () => {
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

test('stores a long response without the secret for read_output', async () => {
  listener = (_, response) => void response.end(`${'x'.repeat(500)}${KEY}${'y'.repeat(500)}`);
  const outputs = new OutputStore();
  const result = await ask({ auth: 'api' }, { outputs, maxLength: 300 });
  expect(result).toContain('read them with read_output, call "call_1"');
  const rest = await callTool(readOutput(outputs), { call: 'call_1', from: 400 });
  expect(rest).toBe(`${'x'.repeat(100)}[redacted]${'y'.repeat(500)}`);
});

describe('a redirect', () => {
  test('to another origin is followed without the secret', async () => {
    const other = await startSite((_, response) => void response.end('there'));
    listener = (_, response) => void response.writeHead(303, { location: `${other.origin}/` }).end();
    const result = await ask({ auth: 'api', method: 'PUT', body: 'x' }, { ports: [api.port, other.port] });
    expect(removeMarks(result)).toContain('there');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('idempotency-key');
    await other.close();
  });

  test('that sends a body to another origin is not followed', async () => {
    const other = await startSite((_, response) => void response.end('there'));
    listener = (_, response) => void response.writeHead(307, { location: `${other.origin}/` }).end();
    const result = await ask({ method: 'PUT', body: 'x' }, { ports: [api.port, other.port] });
    expect(result).toContain(`redirects this PUT to another origin, ${other.origin}`);
    expect(other.requests).toEqual([]);
    await other.close();
  });

  test('to an address that is not allowed is not followed', async () => {
    const allow = [{ hostname: '127.0.0.1', paths: ['/v1/**'] }];
    listener = (_, response) => void response.writeHead(302, { location: '/admin' }).end();
    expect(await ask({}, { allow })).toContain('The path /admin is not allowed');
    listener = (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    expect(await ask({}, { ports: [api.port, 80] })).toContain('private network');
  });

  test('of a POST by status 303 becomes a GET without a body', async () => {
    let count = 0;
    listener = (_, response) =>
      void (count++ === 0 ? response.writeHead(303, { location: '/v1/done' }).end() : response.end('done'));
    await ask({ method: 'POST', body: 'x' });
    expect([last().method, await bodies.at(-1)]).toEqual(['GET', '']);
  });
});
