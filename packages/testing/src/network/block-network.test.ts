import { createSocket } from 'node:dgram';
import { lookup, resolve4 } from 'node:dns';
import { lookup as lookUp, resolve4 as resolve4ByPromise } from 'node:dns/promises';
import { createServer, get } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Agent, openai } from '@pawl/core';
import { afterEach, expect, test } from 'vitest';
import { manualClock } from '../clock/manual-clock.ts';
import { respond } from '../script/respond.ts';
import { offlineServer } from '../server/offline-server.ts';
import { blockNetwork } from './block-network.ts';
import { isThisMachine } from './targets.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test('blocks fetch, sockets and agents from other machines', async () => {
  ends.push(blockNetwork());
  // 192.0.2.1 is reserved for documentation (RFC 5737): without the block, the connection would hang.
  const refused = await fetch('https://192.0.2.1/').catch((error: Error) => error.cause);
  expect(refused).toMatchObject({ code: 'ERR_NETWORK_BLOCKED', message: expect.stringContaining('192.0.2.1:443') });
  const socket = connect(80, '192.0.2.1');
  const failed = await new Promise((resolve) => socket.once('error', resolve));
  expect(failed).toMatchObject({ name: 'NetworkBlockedError' });
  const model = openai('any', { baseURL: 'http://192.0.2.1/v1', apiKey: 'none' });
  const outcome = await new Agent({ model, clock: manualClock() }).run('Hi').outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('192.0.2.1') } });
});

test('blocks TLS and HTTP to other machines', async () => {
  ends.push(blockNetwork());
  const failures = [connectTls(443, 'example.test'), get('http://example.test/')].map((one) => {
    return new Promise((done) => one.once('error', done));
  });
  expect(await Promise.all(failures)).toMatchObject([
    { name: 'NetworkBlockedError', message: expect.stringContaining('example.test:443') },
    { name: 'NetworkBlockedError', message: expect.stringContaining('example.test:80') },
  ]);
});

test('blocks lookups of names of other machines and allows those of this machine', async () => {
  ends.push(blockNetwork());
  const failures = [
    new Promise((done) => lookup('example.test', done)),
    new Promise((done) => resolve4('example.test', done)),
  ];
  for (const failure of failures) expect(await failure).toMatchObject({ name: 'NetworkBlockedError' });
  await expect(lookUp('example.test')).rejects.toThrow('A test tried to reach example.test.');
  await expect(resolve4ByPromise('example.test')).rejects.toThrow('A test tried to reach example.test.');
  expect((await lookUp('localhost')).address).toMatch(/^(127\.0\.0\.1|::1)$/);
});

test('sends datagrams to this machine and no other', async () => {
  ends.push(blockNetwork());
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
    const sent = (address: string) => new Promise((done) => socket.send('Hi.', socket.address().port, address, done));
    expect(await sent('192.0.2.1')).toMatchObject({ name: 'NetworkBlockedError' });
    const heard = new Promise((done) => socket.once('message', (message) => done(String(message))));
    expect(await sent('127.0.0.1')).toBe(null);
    expect(await heard).toBe('Hi.');
    const error = new Promise((done) => socket.once('error', done));
    socket.connect(9, '192.0.2.1');
    expect(await error).toMatchObject({ name: 'NetworkBlockedError' });
  } finally {
    socket.close();
  }
});

test.each(['127.0.0.1', '127.8.8.8', 'localhost', 'api.localhost', '::1', '[::1]', '::ffff:127.0.0.1', '0.0.0.0'])(
  'treats %s as this machine',
  (host) => expect(isThisMachine(host)).toBe(true),
);

test.each(['192.0.2.1', 'localhost.example.test', '127.example.test', '::ffff:192.0.2.1', '10.0.0.1'])(
  'treats %s as another machine',
  (host) => expect(isThisMachine(host)).toBe(false),
);

test('keeps servers of this machine reachable, by name and by address', async () => {
  ends.push(blockNetwork());
  const server = await offlineServer({ script: [respond.text('Here.'), respond.text('Here, too.')] });
  const run = (baseURL: string) => new Agent({ model: openai('any', { baseURL }) }).run('Hi');
  expect((await run(server.baseURL)).text).toBe('Here.');
  expect((await run(server.baseURL.replace('127.0.0.1', 'localhost'))).text).toBe('Here, too.');
  await server.close();
});

test('keeps an allowed hostname reachable until the last block has ended', async () => {
  // By hand: the test needs a plain TCP server.
  const server = createServer((_, response) => response.end('reached')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const reached = (host: string): Promise<string> =>
    new Promise((resolve) => {
      // Resolved by hand: the block checks the requested name.
      const lookup = (_: string, __: object, done: (error: null, found: string, family: number) => void): void =>
        done(null, '127.0.0.1', 4);
      const socket = connect({ host, port, lookup: lookup as never, autoSelectFamily: false });
      socket.once('connect', () => resolve('reached'));
      socket.once('error', ({ name }) => resolve(name));
      socket.once('connect', () => socket.destroy());
    });
  const first = blockNetwork({ allow: ['db.test'] });
  const second = blockNetwork();
  expect([await reached('db.test'), await reached('other.test')]).toEqual(['reached', 'NetworkBlockedError']);
  first();
  expect(await reached('db.test')).toBe('NetworkBlockedError');
  second();
  expect(await reached('other.test')).toBe('reached');
  await new Promise((resolve) => server.close(resolve));
});
