import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WireRequest } from '../model/wire-log.ts';
import { memoryWireLog, readBody } from './memory-wire-log.ts';

const NUMBERS = { path: '', turn: 1, attempt: 1, at: 0, method: 'POST', url: 'http://h/', headers: {} } as const;

function createRequest(body: string | Uint8Array, runId = 'r'): WireRequest {
  return { ...NUMBERS, runId, body: Buffer.from(body) };
}

type Log = ReturnType<typeof memoryWireLog>;

function receive(log: Log, request: WireRequest, bytes: string): void {
  log.received({ ...NUMBERS, runId: request.runId, request, bytes: Buffer.from(bytes) });
}

async function readBodies(log: Log, runId = 'r'): Promise<readonly (string | undefined)[]> {
  const exchanges = await log.read(runId);
  return exchanges.map((each) => {
    const body = readBody(each, exchanges);
    return body && Buffer.from(body).toString();
  });
}

const LONG = 'The settings and the tools, which every request begins with. '.repeat(40);

test('stores what a request adds to the one before it', async () => {
  const log = memoryWireLog();
  log.sent(createRequest(`${LONG}1]}`));
  log.sent(createRequest(`${LONG}1,2]}`));
  const [first, second] = await log.read('r');
  expect(first?.body).toEqual({ prefixOf: undefined, length: 0, suffix: new TextEncoder().encode(`${LONG}1]}`) });
  expect(second?.body).toMatchObject({ prefixOf: first?.id, length: LONG.length + 1 });
  expect(Buffer.from(second?.body?.suffix ?? []).toString()).toBe(',2]}');
  expect(await readBodies(log)).toEqual([`${LONG}1]}`, `${LONG}1,2]}`]);
});

test('finds the request with the longest common beginning behind requests of others', async () => {
  const log = memoryWireLog();
  log.sent(createRequest(`${LONG}a`));
  for (let other = 0; other < 5; other++) log.sent(createRequest(`${other} ${'Summarize. '.repeat(50)}`));
  log.sent(createRequest(`${LONG}ab`));
  const exchanges = await log.read('r');
  expect(exchanges.at(-1)?.body?.prefixOf).toBe(exchanges[0]?.id);
});

test('rebuilds every body, whatever the bodies have in common', async () => {
  const parts = fc.array(fc.constantFrom('a'.repeat(70), 'b'.repeat(90), 'c', 'é'), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(parts, { maxLength: 25 }), fc.integer({ min: 3_000, max: 30_000 }), async (all, max) => {
      const log = memoryWireLog({ maxBytesPerRun: max });
      const bodies = all.map((each) => each.join(''));
      for (const body of bodies) log.sent(createRequest(body));
      const kept = await readBodies(log);
      expect(kept).toEqual(kept.length === 0 ? [] : bodies.slice(-kept.length));
      expect(kept.length > 0).toBe(bodies.length > 0);
    }),
  );
});

test('deletes the oldest exchanges of a run above its limit, and keeps the bodies of the others whole', async () => {
  const log = memoryWireLog({ maxBytesPerRun: 20_000 });
  const bodies = Array.from({ length: 30 }, (_, index) => `${LONG}${'x'.repeat(100 * index)}`);
  for (const body of bodies) log.sent(createRequest(body));
  const kept = await readBodies(log);
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length).toBeLessThan(30);
  expect(kept).toEqual(bodies.slice(-kept.length));
});

test('counts the bytes of responses, and deletes older exchanges for them', async () => {
  const log = memoryWireLog({ maxBytesPerRun: 10_000 });
  const [first, second] = [createRequest('1'), createRequest('2')];
  log.sent(first);
  log.sent(second);
  receive(log, second, 'x'.repeat(8_500));
  receive(log, first, 'late');
  const exchanges = await log.read('r');
  expect(exchanges.map(({ id }) => id)).toEqual([2]);
  expect(exchanges[0]?.response.pieces).toHaveLength(1);
});

test('keeps an exchange that alone exceeds the limit without the bytes that exceed it', async () => {
  const log = memoryWireLog({ maxBytesPerRun: 5_000 });
  const large = createRequest('x'.repeat(6_000));
  log.sent(large);
  receive(log, large, 'y'.repeat(3_000));
  receive(log, large, 'z'.repeat(3_000));
  const exchanges = await log.read('r');
  expect(exchanges).toHaveLength(1);
  expect(exchanges[0]?.body).toBeUndefined();
  expect(exchanges[0] && readBody(exchanges[0], exchanges)).toBeUndefined();
  expect(exchanges[0]?.response).toMatchObject({ omittedBytes: 3_000 });
  log.sent(createRequest('small'));
  expect(await readBodies(log)).toEqual(['small']);
});

test('distinguishes two requests of one attempt', async () => {
  const log = memoryWireLog();
  const [first, second] = [createRequest('1'), createRequest('2')];
  log.sent(first);
  log.sent(second);
  receive(log, second, 'of 2');
  receive(log, first, 'of 1');
  const exchanges = await log.read('r');
  expect(exchanges.map(({ response }) => Buffer.from(response.pieces[0]?.bytes ?? []).toString())).toEqual([
    'of 1',
    'of 2',
  ]);
});

test('copies the bytes that it gets', async () => {
  const log = memoryWireLog();
  const request = createRequest('body');
  const piece = Buffer.from('piece');
  log.sent(request);
  log.received({ ...NUMBERS, runId: 'r', request, bytes: piece });
  request.body.fill(0);
  piece.fill(0);
  const [exchange] = await log.read('r');
  expect(await readBodies(log)).toEqual(['body']);
  expect(Buffer.from(exchange?.response.pieces[0]?.bytes ?? []).toString()).toBe('piece');
});

test('a list that was read does not change later', async () => {
  const log = memoryWireLog();
  const request = createRequest('body');
  log.sent(request);
  const before = await log.read('r');
  receive(log, request, 'x');
  log.received({ ...NUMBERS, runId: 'r', request, end: true, at: 7 });
  expect(before[0]?.response).toEqual({ omittedBytes: 0, pieces: [] });
  expect((await log.read('r'))[0]?.response.endedAt).toBe(7);
});

test('keeps the status, the headers and the error of a response', async () => {
  const log = memoryWireLog();
  const request = createRequest('body');
  const error = { name: 'Error', message: 'Cut.' };
  log.sent(request);
  log.received({ ...NUMBERS, runId: 'r', request, at: 3, status: 200, headers: { a: 'b' } });
  log.received({ ...NUMBERS, runId: 'r', request, at: 4, error });
  const [exchange] = await log.read('r');
  expect(exchange?.response).toEqual({
    at: 3,
    status: 200,
    headers: { a: 'b' },
    endedAt: 4,
    error,
    omittedBytes: 0,
    pieces: [],
  });
});

test('deletes a run, and keeps nothing more of its open exchanges', async () => {
  const log = memoryWireLog();
  const request = createRequest('body');
  log.sent(request);
  log.sent(createRequest('other', 'other'));
  await log.deleteRun('r');
  await log.deleteRun('unknown');
  receive(log, request, 'late');
  expect(await log.read('r')).toEqual([]);
  expect(await readBodies(log, 'other')).toEqual(['other']);
});

test('deletes the run whose last request is the oldest above maxRuns', async () => {
  const log = memoryWireLog({ maxRuns: 2 });
  for (const runId of ['a', 'b', 'a', 'c']) log.sent(createRequest(runId, runId));
  expect(await readBodies(log, 'a')).toEqual(['a', 'a']);
  expect(await log.read('b')).toEqual([]);
  expect(await readBodies(log, 'c')).toEqual(['c']);
});

test('a body is not rebuilt from a list without the exchange that it refers to', async () => {
  const log = memoryWireLog();
  log.sent(createRequest(`${LONG}1`));
  log.sent(createRequest(`${LONG}12`));
  const [, second] = await log.read('r');
  expect(second && readBody(second, [second])).toBeUndefined();
});

test('refuses numbers that are not whole and above 0', () => {
  expect(() => memoryWireLog({ maxBytesPerRun: 0 })).toThrow('memoryWireLog: maxBytesPerRun is 0.');
  expect(() => memoryWireLog({ maxRuns: 1.5 })).toThrow('memoryWireLog: maxRuns is 1.5.');
});
