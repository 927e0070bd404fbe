import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Agent, openai } from '@pawl/core';
import { afterEach, expect, test } from 'vitest';
import { manualClock } from '../clock/manual-clock.ts';
import { reply } from '../script/build-reply.ts';
import { offlineServer } from '../server/offline-server.ts';
import { blockNetwork } from './block-network.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test('nothing reaches another machine: not fetch, nor a socket, nor an agent', async () => {
  ends.push(blockNetwork());
  // 192.0.2.1 is kept free for documentation (RFC 5737): were it not blocked, it would hang.
  const refused = await fetch('https://192.0.2.1/').catch((error: Error) => error.cause);
  expect(refused).toMatchObject({ code: 'ERR_NETWORK_BLOCKED', message: expect.stringContaining('192.0.2.1:443') });
  const socket = connect(80, '192.0.2.1');
  const failed = await new Promise((resolve) => socket.once('error', resolve));
  expect(failed).toMatchObject({ name: 'NetworkBlockedError' });
  const model = openai('any', { baseURL: 'http://192.0.2.1/v1', apiKey: 'none' });
  const outcome = await new Agent({ model, clock: manualClock() }).run('Hi').outcome();
  expect(outcome).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('192.0.2.1') } });
});

test('servers of this machine are reached as before, by name and by number', async () => {
  ends.push(blockNetwork());
  const server = await offlineServer({ script: [reply.text('Here.'), reply.text('Here, too.')] });
  const run = (baseURL: string) => new Agent({ model: openai('any', { baseURL }) }).run('Hi');
  expect((await run(server.baseURL)).text).toBe('Here.');
  expect((await run(server.baseURL.replace('127.0.0.1', 'localhost'))).text).toBe('Here, too.');
  await server.close();
});

test('a host that is allowed is reached, until the last one who blocked has ended it', async () => {
  const server = createServer((_, response) => response.end('reached')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const reached = (host: string): Promise<string> =>
    new Promise((resolve) => {
      // Resolved by hand: what counts is the name that was asked for.
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
