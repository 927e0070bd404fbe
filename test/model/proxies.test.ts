import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { type ChatModel, type OpenAIOptions, openai } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { EnvHttpProxyAgent } from 'undici';
import { expect, onTestFinished, test, vi } from 'vitest';
import { hello, helloJson } from './hello.ts';
import { type Responder, serve } from './test-server.ts';

const refused: Responder = (response) => void response.writeHead(407).end('Who are you?');

interface Proxy {
  /** Contains a user name and a password. */
  readonly url: string;
  readonly host: string;
  readonly asked: readonly string[];
  readonly headers: readonly IncomingHttpHeaders[];
}

/** A proxy that responds to plain requests itself, and connects tunnels to `tunnel` or refuses them. */
async function proxy(answer: Responder, tunnel?: number): Promise<Proxy> {
  const asked: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  // By hand: `@pawl/testing` has no proxy.
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    request.resume();
    const sent = { url: request.url ?? '', headers: request.headers, port: undefined };
    void answer(response, { ...sent, body: { messages: [] }, text: '' });
  });
  server.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    headers.push(request.headers);
    if (tunnel === undefined) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const other = connect(tunnel, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      other.pipe(socket).pipe(other);
    });
    other.on('error', () => socket.destroy());
    socket.on('error', () => other.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`; // A listening TCP server has an address.
  return { url: `http://me:opensesame@${host}`, host, asked, headers };
}

/** Sets exactly these proxy variables during the test. */
function setVariables(variables: Readonly<Record<string, string>>): void {
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
    for (const each of [name, name.toUpperCase()]) vi.stubEnv(each, variables[each] ?? '');
  }
}

function at(baseURL: string): ChatModel {
  return openai('m', { baseURL, apiKey: 'sk-key' });
}

test.each(['http_proxy', 'HTTP_PROXY'])('sends requests through the proxy in %s', async (name) => {
  const { url, asked, headers } = await proxy(helloJson);
  setVariables({ [name]: url });
  const model = at('http://api.example.test:8080/v1');
  expect(await model.send({ messages: [] })).toEqual(hello);
  expect([asked, headers[0]?.['proxy-authorization'], headers[0]?.authorization]).toEqual([
    ['POST http://api.example.test:8080/v1/chat/completions'],
    `Basic ${Buffer.from('me:opensesame').toString('base64')}`,
    'Bearer sk-key',
  ]);
});

test('prefers the proxy variable in lower case', async () => {
  const { url, asked } = await proxy(helloJson);
  setVariables({ http_proxy: url, HTTP_PROXY: 'http://127.0.0.1:1' });
  await at('http://api.example.test/v1').send({ messages: [] });
  expect(asked.length).toEqual(1);
});

test('a request for https does not use HTTP_PROXY', async () => {
  const { url, asked } = await proxy(helloJson);
  setVariables({ http_proxy: url });
  await expect(at('https://nowhere.invalid/v1').send({ messages: [] })).rejects.toMatchObject({
    code: 'network.unknown_host',
  });
  expect(asked).toEqual([]);
});

test('reaches addresses in NO_PROXY and this machine directly', async () => {
  const { url, asked } = await proxy(helloJson);
  const server = await serve(helloJson);
  setVariables({ http_proxy: url, no_proxy: 'nowhere.invalid' });
  await expect(at('http://nowhere.invalid/v1').send({ messages: [] })).rejects.toMatchObject({
    code: 'network.unknown_host',
  });
  expect([await at(server.baseURL).send({ messages: [] }), asked]).toEqual([hello, []]);
});

test('opens a tunnel for https', async () => {
  const plain = await serve(helloJson);
  const { url, asked } = await proxy(helloJson, Number(plain.address.split(':')[1]));
  setVariables({ https_proxy: url });
  // The target has no TLS: its error shows that the bytes arrived.
  await expect(at('https://api.example.test/v1').send({ messages: [] })).rejects.toMatchObject({
    code: 'network.untrusted',
    message: expect.stringContaining('api.example.test:443'),
  });
  expect(asked).toEqual(['CONNECT api.example.test:443']);
});

test('names a proxy that refuses, but not its credentials', async () => {
  const { url, host } = await proxy(refused);
  setVariables({ https_proxy: url, http_proxy: url });
  const plain: unknown = await at('http://api.example.test/v1')
    .send({ messages: [] })
    .catch((error: unknown) => error);
  const tunnelled: unknown = await at('https://api.example.test/v1')
    .send({ messages: [] })
    .catch((error: unknown) => error);
  expect([plain, tunnelled]).toMatchObject([
    { name: 'NetworkError', code: 'network.proxy', message: expect.stringContaining(`through the proxy ${host}`) },
    { name: 'NetworkError', code: 'network.proxy', message: expect.stringContaining(`through the proxy ${host}`) },
  ]);
  const shown = inspect([plain, tunnelled], { depth: 20, showHidden: true });
  expect([shown.includes('opensesame'), shown.includes(Buffer.from('me:opensesame').toString('base64'))]).toEqual([
    false,
    false,
  ]);
});

test.each([
  ['the credentials as they are', (url: string) => url],
  ['the credentials of a variable without a scheme', (url: string) => url.replace('http://', '')],
  ['characters beyond ASCII', (url: string) => url.replace('opensesame', '%C3%B6ffne-dich')],
  ['a token in place of a name and a password', (url: string) => url.replace('me:opensesame', 'opensesame')],
  ['a password without a name', (url: string) => url.replace('me:opensesame', ':opensesame')],
])('errors contain no credentials that a proxy repeats: %s', async (_, variable) => {
  const repeated: string[] = [];
  const { url } = await proxy((response, { headers }) => {
    const basic = headers['proxy-authorization']?.replace('Basic ', '') ?? '';
    const [name = '', password = ''] = Buffer.from(basic, 'base64').toString().split(':');
    repeated.push(basic, password || name);
    response.writeHead(403).end(`You are not ${repeated.join(', ')}`);
  });
  setVariables({ http_proxy: variable(url) });
  const error: unknown = await at('http://api.example.test/v1')
    .send({ messages: [] })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'HttpError', status: 403, body: expect.stringContaining('You are not') });
  const shown = inspect(error, { depth: 20, showHidden: true });
  expect(repeated.filter((text) => text.length < 5 || shown.includes(text))).toEqual([]);
});

/** Compared with `EnvHttpProxyAgent` of undici. */
test.each([
  'nowhere.invalid',
  '.nowhere.invalid',
  '*.nowhere.invalid',
  '*nowhere.invalid',
  'NOWHERE.Invalid',
  'nowhere.invalid.',
  'nowhere.invalid:80',
  'nowhere.invalid:81',
  'other.invalid:8080',
  'other.invalid:80',
  'where.invalid',
  'a b\tc,,nowhere.invalid , d',
  '*',
  '*:80',
  '.',
])('NO_PROXY of %j exempts the same hostnames as undici', async (exempt) => {
  const { url, asked } = await proxy(helloJson);
  setVariables({ http_proxy: url, no_proxy: exempt });
  onTestFinished(() => void vi.restoreAllMocks());
  vi.spyOn(dns, 'lookup').mockImplementation(((_: string, __: object, callback: (error: Error) => void) => {
    callback(Object.assign(new Error('Nobody asks a name server.'), { code: 'ENOTFOUND' }));
  }) as never); // It has overloads.
  const dispatcher = new EnvHttpProxyAgent();
  onTestFinished(() => dispatcher.close());
  const isProxied = async (host: string, options: OpenAIOptions): Promise<boolean> => {
    const before = asked.length;
    await openai('m', { baseURL: `http://${host}/v1`, apiKey: 'k', ...options })
      .send({ messages: [] })
      .catch(() => undefined);
    return asked.length > before;
  };
  for (const host of ['nowhere.invalid', 'api.nowhere.invalid', 'nowhere.invalid.', 'other.invalid:8080']) {
    const expected = { host, isProxied: await isProxied(host, { dispatcher }) };
    expect({ host, isProxied: await isProxied(host, {}) }).toEqual(expected);
  }
});

test.each([
  ['nowhere.invalid', 'http://nowhere.invalid/v1'],
  ['other, .invalid', 'http://nowhere.invalid/v1'],
  ['*.invalid', 'http://nowhere.invalid/v1'],
  ['nowhere.invalid:80', 'http://nowhere.invalid/v1'],
  ['*', 'http://nowhere.invalid/v1'],
])('NO_PROXY of %j exempts %s from any proxy', async (exempt, baseURL) => {
  setVariables({ http_proxy: 'socks5://proxy', no_proxy: exempt });
  await expect(at(baseURL).send({ messages: [] })).rejects.toMatchObject({
    code: 'network.unknown_host',
    message: expect.not.stringContaining('proxy'),
  });
});

test.each([
  ['fd00::1', true],
  ['[fd00::1]', true],
  ['[FD00::1]:80', true],
  ['[fd00::1]:81', false],
  ['fd00::2', false],
])('NO_PROXY of %j exempts an IPv6 address: %s', (exempt, isExempt) => {
  setVariables({ http_proxy: 'socks5://proxy', no_proxy: exempt });
  const made = expect(() => at('http://[fd00::1]/v1'));
  if (isExempt) made.not.toThrow();
  else made.toThrow('The variable http_proxy is not the URL');
});

test('sends an IPv6 address to a proxy with brackets', async () => {
  const { url, asked, headers } = await proxy(helloJson);
  setVariables({ http_proxy: url, https_proxy: url });
  await at('http://[fd00::1]:8080/v1').send({ messages: [] });
  await expect(at('https://[fd00::1]/v1').send({ messages: [] })).rejects.toMatchObject({ code: 'network.proxy' });
  expect([asked, headers.map(({ host }) => host)]).toEqual([
    ['POST http://[fd00::1]:8080/v1/chat/completions', 'CONNECT [fd00::1]:443'],
    ['[fd00::1]:8080', '[fd00::1]'],
  ]);
});

test('the credentials of a proxy may contain any character', async () => {
  const { url, headers } = await proxy(helloJson);
  setVariables({ http_proxy: url.replace('me:opensesame', 'm%C3%A9:%E2%82%AC%3A%0D%0A%zz') });
  await at('http://api.example.test/v1').send({ messages: [] });
  expect(headers[0]?.['proxy-authorization']).toEqual(
    `Basic ${Buffer.from('mé:%E2%82%AC%3A%0D%0A%zz').toString('base64')}`,
  );
  setVariables({ http_proxy: url.replace('me:opensesame', 'm%C3%A9:%E2%82%AC%3A%0D%0A') });
  await at('http://api.example.test/v1').send({ messages: [] });
  expect(headers[1]?.['proxy-authorization']).toEqual(`Basic ${Buffer.from('mé:€:\r\n').toString('base64')}`);
});

test.each(['where.invalid', 'nowhere.invalid:81', ''])('NO_PROXY of %j does not', async (exempt) => {
  const { url, asked } = await proxy(helloJson);
  setVariables({ http_proxy: url.replace('http://', ''), no_proxy: exempt });
  await at('http://nowhere.invalid/v1').send({ messages: [] });
  expect(asked).toEqual(['POST http://nowhere.invalid/v1/chat/completions']);
});

test.each([
  ['nothing', () => undefined],
  ['only that the tunnel exists', (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n')],
])('ends the request and closes the connection if a proxy sends %s', async (_, say) => {
  const { server, closed } = await tunnelProxy(say);
  const clock = manualClock();
  const model = openai('m', { baseURL: 'https://api.example.test/v1', timeouts: { connectMs: 2000 } });
  const given = expect(model.send({ messages: [] }, { clock })).rejects.toMatchObject({ code: 'timeout.connect' });
  const [socket] = await once(server, 'connection');
  await once(socket, 'data');
  await clock.advance(2000);
  await given;
  await closed;
  expect(clock.running).toEqual([]);
});

test.each([
  ['redirects', 'HTTP/1.1 302 Found\r\nlocation: http://evil.test/\r\n\r\n', 'The proxy responded with 302.'],
  ['is not a proxy', 'SSH-2.0-OpenSSH_9.6\r\n', 'Expected HTTP/'],
  ['sends endless headers', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(17_000)}`, 'Headers Overflow'],
])('ends the request and closes the connection if a proxy %s', async (_, bytes, problem) => {
  const { closed } = await tunnelProxy((socket) => void socket.write(bytes));
  const error: unknown = await at('https://api.example.test/v1')
    .send({ messages: [] })
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'network.proxy',
    cause: { message: expect.stringContaining(problem), code: 'ERR_PROXY_TUNNEL' },
  });
  await closed;
});

test('does not trust a proxy that responds for the server before TLS, and closes the connection', async () => {
  const bytes = 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n';
  const { closed } = await tunnelProxy((socket) => void socket.write(bytes));
  await expect(at('https://api.example.test/v1').send({ messages: [] })).rejects.toMatchObject({
    code: 'network.untrusted',
  });
  await closed;
});

test.each([
  ['before it responds', ''],
  ['in the middle of its response', 'HTTP/1.1 200 O'],
  ['during the TLS handshake', 'HTTP/1.1 200 OK\r\n\r\n'],
])('a proxy that closes the connection %s is an ordinary error', async (_, bytes) => {
  for (const close of ['end', 'resetAndDestroy'] as const) {
    const { closed } = await tunnelProxy((socket) => void socket.write(bytes, () => socket[close]()));
    await expect(at('https://api.example.test/v1').send({ messages: [] })).rejects.toMatchObject({
      name: 'NetworkError',
      retryable: true,
      message: expect.stringContaining('through the proxy'),
    });
    await closed;
  }
});

/** A proxy that sends these bytes to the first tunnel request. */
async function tunnelProxy(
  say: (socket: Socket) => void,
): Promise<{ readonly server: Server; readonly closed: Promise<void> }> {
  const closed = Promise.withResolvers<void>();
  // By hand: it sends incomplete HTTP.
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined).on('close', () => closed.resolve());
    socket.once('data', () => say(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  setVariables({ https_proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return { server, closed: closed.promise };
}

test('names a proxy that is down', async () => {
  setVariables({ http_proxy: 'http://me:opensesame@127.0.0.1:1' });
  await expect(at('http://api.example.test/v1').send({ messages: [] })).rejects.toMatchObject({
    code: 'network.refused',
    message:
      'Could not connect to api.example.test:80 through the proxy 127.0.0.1:1 (ECONNREFUSED). Is the server running, and is baseURL right?',
  });
});

test('refuses an invalid proxy variable when the model is created, without quoting it', () => {
  setVariables({ http_proxy: 'socks5://me:opensesame@host' });
  expect(() => at('http://api.example.test/v1')).toThrow(
    'The variable http_proxy is not the URL of an http or https proxy. Set it to one such as "http://proxy:3128".',
  );
});
