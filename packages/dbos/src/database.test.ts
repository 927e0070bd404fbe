import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Postgres, startPostgres } from '../../../scripts/postgres.ts';
import { PostgresProxy } from '../../../test/dbos/postgres-proxy.ts';
import { Database, toDatabaseError } from './database.ts';

let postgres: Postgres;
let direct: string;

beforeAll(async () => {
  postgres = await startPostgres();
  direct = await postgres.createDatabase();
});

afterAll(() => postgres.stop());

/** Opens a database through a proxy. Statements time out after 200 ms. */
async function open() {
  const { proxy, url } = await PostgresProxy.start(direct);
  const database = new Database(url, { connections: 2, statementTimeoutMs: 200 });
  onTestFinished(async () => {
    await database.close();
    await proxy.stop();
  });
  return { proxy, database };
}

/** Ends every connection of Pawl, as an administrator does. */
async function terminateAll(): Promise<void> {
  const admin = new Database(direct, { connections: 1 });
  await admin.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pawl%' AND pid <> pg_backend_pid()",
  );
  await admin.close();
}

const UNREACHABLE = { name: 'HostError', code: 'host.unreachable' };

test.each<[cause: string, end: (proxy: PostgresProxy) => Promise<void> | void]>([
  ['terminated by the server', terminateAll],
  ['cut', (proxy) => proxy.cut()],
])('rejects whatever uses a connection that is %s, and opens another connection', async (_, end) => {
  const { proxy, database } = await open();
  await database.query('SELECT 1'); // The connection is idle from now on.
  await end(proxy);
  const inTransaction = database.runTransaction(async (client) => {
    await client.query('SELECT 1');
    await end(proxy); // The connection is checked out, without a running statement.
    await client.query('SELECT 2');
  });
  await expect(inTransaction).rejects.toMatchObject(UNREACHABLE);
  const underWay = database.runTransaction(async (client) => {
    const sleeping = client.query('SELECT pg_sleep(0.15)');
    sleeping.catch(() => undefined);
    await end(proxy);
    await sleeping;
  });
  await expect(underWay).rejects.toMatchObject(UNREACHABLE);
  expect((await database.query('SELECT 3 AS three')).rows).toEqual([{ three: 3 }]);
});

test('rejects statements, transactions and connections in time if the server hangs', async () => {
  const { proxy, database } = await open();
  await database
    .runTransaction(async (client) => {
      await client.query('SELECT 1');
      proxy.pauseTraffic();
      await client.query('SELECT 2');
    })
    .then(
      () => expect.unreachable(),
      (error) =>
        expect(error).toMatchObject({
          ...UNREACHABLE,
          message: expect.stringContaining('did not answer within 0.2 s'),
        }),
    );
  proxy.resumeTraffic();
  await database.query('SELECT 1');
  proxy.pauseTraffic();
  await expect(database.query('SELECT 2')).rejects.toMatchObject(UNREACHABLE);
  proxy.resumeTraffic();
  expect((await database.query('SELECT 3 AS three')).rows).toEqual([{ three: 3 }]);
});

test('reports a server that refuses connections, and uses it again when it accepts them', async () => {
  const { proxy, database } = await open();
  await database.query('SELECT 1');
  const accept = await proxy.refuse();
  await expect(database.query('SELECT 1')).rejects.toMatchObject(UNREACHABLE);
  await expect(database.runTransaction(() => Promise.resolve())).rejects.toMatchObject(UNREACHABLE);
  await expect(database.openSession(() => undefined)).rejects.toMatchObject(UNREACHABLE);
  await accept();
  expect((await database.query('SELECT 3 AS three')).rows).toEqual([{ three: 3 }]);
});

test.each<[cause: string, end: (proxy: PostgresProxy) => Promise<void> | void]>([
  ['terminated by the server', terminateAll],
  ['cut', (proxy) => proxy.cut()],
])('a session that is %s calls onEnd once', async (_, end) => {
  const { proxy, database } = await open();
  const ended: unknown[] = [];
  const session = await database.openSession((which) => ended.push(which));
  await end(proxy);
  await expect.poll(() => ended).toEqual([session]);
  await expect(session.query('SELECT 1')).rejects.toMatchObject(UNREACHABLE);
  await session.end();
  expect(ended).toEqual([session]);
});

test('a session ends if the server does not answer a statement', async () => {
  const { proxy, database } = await open();
  const ended: unknown[] = [];
  const session = await database.openSession((which) => ended.push(which));
  proxy.pauseTraffic();
  await expect(session.query('SELECT 1')).rejects.toMatchObject(UNREACHABLE);
  await expect.poll(() => ended).toEqual([session]);
});

test('ends a session without waiting for a server that hangs', async () => {
  const { proxy, database } = await open();
  const session = await database.openSession(() => undefined);
  proxy.pauseTraffic();
  await session.end();
  proxy.resumeTraffic();
});

test.each<[error: unknown, code: string]>([
  [new Error('Connection terminated unexpectedly'), 'host.unreachable'],
  [new Error('timeout exceeded when trying to connect'), 'host.unreachable'],
  [Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'host.unreachable'],
  [Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' }), 'host.unreachable'],
  [Object.assign(new Error('terminating connection'), { code: '57P01' }), 'host.unreachable'],
  [Object.assign(new Error('idle'), { code: '25P03' }), 'host.unreachable'],
  [Object.assign(new Error('deadlock'), { code: '40P01' }), 'host.locked'],
  [Object.assign(new Error('too many clients'), { code: '53300' }), 'host.full'],
  [Object.assign(new Error('password'), { code: '28P01' }), 'host.refused'],
  [Object.assign(new Error('standby'), { code: '25006' }), 'host.read_only'],
  [Object.assign(new Error('no such column'), { code: '42703' }), 'host.failed'],
  [new TypeError('x is not a function'), 'host.failed'],
])('converts %s to %s', (error, code) => {
  expect(toDatabaseError(error)).toMatchObject({ name: 'HostError', code });
});
