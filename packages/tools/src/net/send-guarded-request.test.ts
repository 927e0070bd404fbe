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

async function serving(listener: RequestListener): Promise<TestSite> {
  const made = await startSite(listener);
  closing.push(() => made.close());
  return made;
}

/** A server that writes bytes as they are. */
async function writing(write: (socket: import('node:net').Socket) => void): Promise<string> {
  const server = createRawServer((socket) => {
    socket.on('error', () => undefined); // Whoever asked has gone.
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

describe('where a name leads', () => {
  test('is asked once, and the connection goes there', async () => {
    const { port, requests } = await serving(hello);
    const names = await startNameServer({ 'site.test': [['127.0.0.1'], ['127.0.0.2']] });
    closing.push(() => names.close());
    const { body } = await get(`http://site.test:${port}/`, { resolve: names.resolve });
    expect([String(body), names.queries, requests[0]?.headers.host]).toEqual([
      'hello',
      ['site.test'],
      `site.test:${port}`,
    ]);
  });

  test('is refused where it is not public, also where it was public a moment ago', async () => {
    const { port, requests } = await serving(hello);
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
        'not public',
      );
    }
    // The first answer passes, and is what is connected to: nobody asks for a second one.
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

  test.skipIf(process.platform !== 'linux')(
    'is asked again for a redirect, and refused where it leads elsewhere by then',
    async () => {
      const inner = await serving(hello);
      const names = await startNameServer({ 'changing.test': [['127.0.0.2'], ['127.0.0.1']] });
      closing.push(() => names.close());
      // At the second address, and at the same port: what is allowed.
      const outer = createServer((_, response) => void response.writeHead(302, { location: '/secret' }).end());
      await new Promise<void>((resolve) => outer.listen(inner.port, '127.0.0.2', resolve));
      closing.push(() => outer.close());
      const addresses = new AddressRule(['127.0.0.2'], 'test');
      const url = `http://changing.test:${inner.port}/`;
      await expect(get(url, { resolve: names.resolve, addresses })).rejects.toThrow('not public');
      expect([names.queries, inner.requests]).toEqual([['changing.test', 'changing.test'], []]);
    },
  );

  test.each(['localhost', 'localhost.', 'LOCALHOST'])('%s is not reached', async (name) => {
    const { port, requests } = await serving(hello);
    // Not every resolver knows the second form.
    await expect(get(`http://${name}:${port}/`, { addresses: new AddressRule([], 'test') })).rejects.toThrow(
      /not public|not known/,
    );
    expect(requests).toEqual([]);
  });

  test.each([
    ['nothing', async () => []],
    ['no addresses', async () => ['localhost', 7]],
    ['an address in a zone that nobody can name', async () => ['2606:4700:4700::1111%eth-0']],
    [
      'an error at once',
      () => {
        throw new Error('no');
      },
    ],
  ])('a resolver that gives %s leads nowhere', async (_, resolve) => {
    await expect(get('http://site.test/', { resolve: resolve as NetOptions['resolve'] })).rejects.toThrow(ToolError);
  });

  test('a name that is not known is told so', async () => {
    await expect(get('http://nowhere.invalid/')).rejects.toThrow(ToolError);
  });
});

describe('a redirect', () => {
  const to = (location: string, status = 302): RequestListener => {
    return (_, response) => void response.writeHead(status, { location }).end('look there');
  };

  test.each([
    ['metadata', 'http://169.254.169.254/latest/meta-data/', 'not public'],
    ['loopback in another form', 'http://2130706434/', 'not public'],
    ['a file', 'file:///etc/passwd', 'file:'],
    ['a user', 'http://a:b@127.0.0.1/', 'user name'],
    ['another port', 'http://127.0.0.1:22/', 'Port 22'],
    ['nothing that is an address', 'http://', 'no address'],
  ])('to %s is not followed', async (_, location, told) => {
    const { origin } = await serving(to(location));
    await expect(get(`${origin}/`)).rejects.toThrow(told);
  });

  test('to itself ends after so many', async () => {
    const { origin, requests } = await serving(to('/'));
    await expect(get(`${origin}/`)).rejects.toThrow('more than 3 times');
    expect(requests).toHaveLength(4);
  });

  test('to another page of the same site is followed', async () => {
    const { origin } = await serving((incoming, response) =>
      incoming.url === '/' ? to('./there')(incoming, response) : hello(incoming, response),
    );
    const { url, body } = await get(`${origin}/`);
    expect([url.pathname, String(body)]).toEqual(['/there', 'hello']);
  });
});

describe('an answer', () => {
  const text = 'Grüße '.repeat(100);

  test.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
  ])('that is encoded as %s is decoded', async (encoding, body) => {
    const { origin } = await serving(
      (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body),
    );
    expect(String((await get(`${origin}/`)).body)).toBe(text);
  });

  const zeros = Buffer.alloc(64 * 2 ** 20);
  test.each([
    ['gzip', () => gzipSync(zeros)],
    ['br', () => brotliCompressSync(zeros, { params: { 1: 4 } })],
    ['gzip, gzip', () => gzipSync(gzipSync(zeros))],
  ])('that is a bomb of %s is cut, and fills no memory', async (encoding, body) => {
    const bomb = body();
    const { origin } = await serving(
      (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
    );
    const before = process.memoryUsage().rss;
    const answered = await get(`${origin}/`);
    expect([answered.isCut, answered.body.length]).toEqual([true, 100_000]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test('without end is cut, and fills no memory', async () => {
    const before = process.memoryUsage().rss;
    const { origin } = await serving((_, response) => {
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
    ['an encoding that nobody knows', 'HTTP/1.1 200 OK\r\ncontent-encoding: rot13\r\n\r\nx', 'rot13'],
    [
      'an encoding that it does not have',
      'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello',
      'could not be',
    ],
    ['headers without end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`, 'bytes of headers'],
    ['one huge header', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 'bytes of headers'],
    ['chunks that are none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nhello', 'could not be'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!', 'could not be'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      'could not be',
    ],
    ['less than its length', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello', 'could not be'],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\nx',
      'another protocol',
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
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'could not be'],
    ['nothing', '', 'could not be'],
  ])('of %s is told as what it is', async (_, bytes, told) => {
    const url = await writing((socket) => socket.end(bytes));
    await expect(get(url)).rejects.toThrow(told);
  });

  test.each([
    [
      'a drop at a time',
      (socket: import('node:net').Socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
        const timer = setInterval(() => socket.write('x'), 10);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    ['never', () => undefined],
    [
      'behind announcements without end',
      (socket: import('node:net').Socket) => {
        const more = (): void => {
          while (!socket.destroyed && socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)));
        };
        socket.on('drain', more);
        more();
      },
    ],
    [
      'without end of its headers',
      (socket: import('node:net').Socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write('x: y\r\n'), 10);
        socket.on('close', () => clearInterval(timer));
      },
    ],
  ])('that comes %s is given up when the signal says so, with its socket', async (_, write) => {
    let isClosed = false;
    const url = await writing((socket) => {
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
