import { createServer, type RequestListener } from 'node:http';
import { createServer as createRawServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { ToolError } from '@pawl/core';
import { afterEach, describe, expect, test } from 'vitest';
import { AddressRule } from './address-rule.ts';
import { checkUrl } from './check-url.ts';
import { resolveBySystem } from './lookup-hostname.ts';
import { type NetOptions, sendGuardedRequest } from './send-guarded-request.ts';
import { startNameServer, startSite, type TestSite } from './site.fixture.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<TestSite> {
  const site = await startSite(listener);
  closing.push(() => site.close());
  return site;
}

/** Starts a server that writes raw bytes. Returns its address. */
async function serveBytes(write: (socket: import('node:net').Socket) => void): Promise<string> {
  const server = createRawServer((socket) => {
    socket.on('error', () => undefined); // The client has gone.
    socket.once('data', () => write(socket));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closing.push(() => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
}

function options(url: string, changes: Partial<NetOptions> = {}): NetOptions {
  const ports = [80, 443, Number(new URL(url).port)];
  const addresses = new AddressRule(['127.0.0.1'], 'test');
  return { addresses, ports, resolve: resolveBySystem, maxBytes: 100_000, maxRedirects: 3, ...changes };
}

function get(url: string, { signal, ...changes }: Partial<NetOptions> & { readonly signal?: AbortSignal } = {}) {
  const net = options(url, changes);
  return sendGuardedRequest(
    { url: checkUrl(url, net), method: 'GET', headers: {} },
    { ...net, signal: signal ?? new AbortController().signal, followRedirect: (next) => next },
  );
}

const hello: RequestListener = (_, response) => void response.end('hello');

describe('the addresses of a hostname', () => {
  test('are looked up once, and the connection uses the checked one', async () => {
    const { port, requests } = await serve(hello);
    const names = await startNameServer({ 'site.test': [['127.0.0.1'], ['127.0.0.2']] });
    closing.push(() => names.close());
    const { body } = await get(`http://site.test:${port}/`, { resolve: names.resolve });
    expect([String(body), names.queries, requests[0]?.headers.host]).toEqual([
      'hello',
      ['site.test'],
      `site.test:${port}`,
    ]);
  });

  test('are refused if one is private, and are not looked up a second time', async () => {
    const { port, requests } = await serve(hello);
    const names = await startNameServer({
      'private.test': [['127.0.0.1']],
      'changing.test': [['93.184.215.14'], ['127.0.0.1']],
      'both.test': [['93.184.215.14', '127.0.0.1']],
      'metadata.test': [['169.254.169.254']],
    });
    closing.push(() => names.close());
    const addresses = new AddressRule([], 'test');
    for (const name of ['private', 'both', 'metadata']) {
      await expect(get(`http://${name}.test:${port}/`, { resolve: names.resolve, addresses })).rejects.toThrow(
        'private network',
      );
    }
    // The first answer is public, and the connection uses it without a second lookup.
    const reached: string[] = [];
    const resolve: NetOptions['resolve'] = async (name) => {
      const found = await names.resolve(name);
      reached.push(...found);
      throw Object.assign(new Error('no way there from here'), { code: 'EHOSTUNREACH' });
    };
    await expect(get(`http://changing.test:${port}/`, { resolve, addresses })).rejects.toThrow(ToolError);
    expect([reached, names.queries.filter((name) => name === 'changing.test')]).toEqual([
      ['93.184.215.14'],
      ['changing.test'],
    ]);
    expect(requests).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')('are looked up and checked again for a redirect', async () => {
    const inner = await serve(hello);
    const names = await startNameServer({ 'changing.test': [['127.0.0.2'], ['127.0.0.1']] });
    closing.push(() => names.close());
    // Listens on the allowed address, at the same port.
    const outer = createServer((_, response) => void response.writeHead(302, { location: '/secret' }).end());
    await new Promise<void>((resolve) => outer.listen(inner.port, '127.0.0.2', resolve));
    closing.push(() => outer.close());
    const addresses = new AddressRule(['127.0.0.2'], 'test');
    const url = `http://changing.test:${inner.port}/`;
    await expect(get(url, { resolve: names.resolve, addresses })).rejects.toThrow('private network');
    expect([names.queries, inner.requests]).toEqual([['changing.test', 'changing.test'], []]);
  });

  test.each(['localhost', 'localhost.', 'LOCALHOST'])('of %s are refused', async (name) => {
    const { port, requests } = await serve(hello);
    // Some resolvers do not know the second form.
    await expect(get(`http://${name}:${port}/`, { addresses: new AddressRule([], 'test') })).rejects.toThrow(
      /private network|is unknown/,
    );
    expect(requests).toEqual([]);
  });

  test.each([
    ['an empty list', async () => []],
    ['invalid addresses', async () => ['localhost', 7]],
    ['an address with an invalid zone', async () => ['2606:4700:4700::1111%eth-0']],
    [
      'an exception',
      () => {
        throw new Error('no');
      },
    ],
  ])('from a resolver with %s are refused', async (_, resolve) => {
    await expect(get('http://site.test/', { resolve: resolve as NetOptions['resolve'] })).rejects.toThrow(ToolError);
  });

  test('of an unknown name are reported as a ToolError', async () => {
    await expect(get('http://nowhere.invalid/')).rejects.toThrow(ToolError);
  });
});

describe('a redirect', () => {
  const to = (location: string, status = 302): RequestListener => {
    return (_, response) => void response.writeHead(status, { location }).end('look there');
  };

  test.each([
    ['metadata', 'http://169.254.169.254/latest/meta-data/', 'private network'],
    ['loopback in another form', 'http://2130706434/', 'private network'],
    ['a file', 'file:///etc/passwd', 'file:'],
    ['a user', 'http://a:b@127.0.0.1/', 'user name'],
    ['another port', 'http://127.0.0.1:22/', 'Port 22'],
    ['an invalid address', 'http://', 'invalid address'],
  ])('to %s is not followed', async (_, location, message) => {
    const { origin } = await serve(to(location));
    await expect(get(`${origin}/`)).rejects.toThrow(message);
  });

  test('to itself is followed at most maxRedirects times', async () => {
    const { origin, requests } = await serve(to('/'));
    await expect(get(`${origin}/`)).rejects.toThrow('more than 3 times');
    expect(requests).toHaveLength(4);
  });

  test('to another page of the same site is followed', async () => {
    const { origin } = await serve((incoming, response) =>
      incoming.url === '/' ? to('./there')(incoming, response) : hello(incoming, response),
    );
    const { url, body } = await get(`${origin}/`);
    expect([url.pathname, String(body)]).toEqual(['/there', 'hello']);
  });
});

describe('a response', () => {
  const text = 'Grüße '.repeat(100);

  test.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
  ])('that is encoded as %s is decoded', async (encoding, body) => {
    const { origin } = await serve(
      (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body),
    );
    expect(String((await get(`${origin}/`)).body)).toBe(text);
  });

  const zeros = Buffer.alloc(64 * 2 ** 20);
  test.each([
    ['gzip', () => gzipSync(zeros)],
    ['br', () => brotliCompressSync(zeros, { params: { 1: 4 } })],
    ['gzip, gzip', () => gzipSync(gzipSync(zeros))],
  ])('that is a decompression bomb of %s is cut', async (encoding, body) => {
    const bomb = body();
    const { origin } = await serve(
      (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
    );
    const before = process.memoryUsage().rss;
    const { isCut, body: received } = await get(`${origin}/`);
    expect([isCut, received.length]).toEqual([true, 100_000]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test('without end is cut', async () => {
    const before = process.memoryUsage().rss;
    const { origin } = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, 97)));
      };
      response.on('drain', more);
      more();
    });
    const { isCut, body } = await get(`${origin}/`);
    expect([isCut, body.length]).toEqual([true, 100_000]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test.each([
    ['three encodings', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip, gzip\r\n\r\nx', 'encoded 3 times'],
    ['an unknown encoding', 'HTTP/1.1 200 OK\r\ncontent-encoding: rot13\r\n\r\nx', 'rot13'],
    ['a wrong encoding', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello', 'could not be'],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`, 'bytes of headers'],
    ['one huge header', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 'bytes of headers'],
    ['invalid chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nhello', 'could not be'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!', 'could not be'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      'could not be',
    ],
    ['less than its length', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello', 'could not be'],
    [
      'an upgrade',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\nx',
      'protocol other than HTTP',
    ],
    [
      'one huge extension of a chunk',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;${'x'.repeat(100_000)}`,
      'could not be',
    ],
    [
      'trailers without end',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'x: y\r\n'.repeat(10_000)}`,
      /could not be|bytes of headers/,
    ],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'could not be'],
    ['an empty response', '', 'could not be'],
  ])('with %s is reported as a ToolError', async (_, bytes, message) => {
    const url = await serveBytes((socket) => socket.end(bytes));
    await expect(get(url)).rejects.toThrow(message);
  });

  test.each([
    [
      'slowly',
      (socket: import('node:net').Socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
        const timer = setInterval(() => socket.write('x'), 10);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    ['never', () => undefined],
    [
      'after endless informational responses',
      (socket: import('node:net').Socket) => {
        const more = (): void => {
          while (!socket.destroyed && socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)));
        };
        socket.on('drain', more);
        more();
      },
    ],
    [
      'with endless headers',
      (socket: import('node:net').Socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('x: y\r\n'), 10);
        socket.on('close', () => clearInterval(timer));
      },
    ],
  ])('that comes %s is aborted with its socket by the signal', async (_, write) => {
    let isClosed = false;
    const url = await serveBytes((socket) => {
      socket.on('close', () => {
        isClosed = true;
      });
      write(socket);
    });
    const before = process.memoryUsage().rss;
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 60);
    await expect(get(url, { signal: controller.signal })).rejects.toThrow('enough');
    await expect.poll(() => isClosed).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });
});
