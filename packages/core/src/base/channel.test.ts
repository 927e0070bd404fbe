import { expect, test } from 'vitest';
import { Channel } from './channel.ts';

test('values come in the order in which they were written, then the end', async () => {
  const channel = quiet<number>(2);
  for (const value of [1, 2, 3, 4, 5]) void channel.push(value); // Nobody to wait for.
  channel.close();
  const read: unknown[] = [];
  for (let i = 0; i < 7; i++) read.push(await channel.next());
  expect(read).toEqual([
    ...[1, 2, 3, 4, 5].map((value) => ({ done: false, value })),
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test('a reader who asks first gets the value as it is written', async () => {
  const channel = quiet<string>(1);
  const first = channel.next();
  const second = channel.next();
  expect(channel.push('a')).toBeUndefined();
  expect(channel.push('b')).toBeUndefined();
  await expect(Promise.all([first, second])).resolves.toEqual([
    { done: false, value: 'a' },
    { done: false, value: 'b' },
  ]);
});

test('above its mark the writer is asked to wait until the queue is short again', async () => {
  const channel = quiet<number>(2);
  expect([channel.push(1), channel.push(2)]).toEqual([undefined, undefined]);
  const told: string[] = [];
  const waits = [channel.push(3), channel.push(4)];
  void Promise.all(waits).then(() => told.push('go on')); // Its time is what is looked at.
  await channel.next();
  await settled();
  expect(told).toEqual([]);
  await channel.next();
  await settled();
  expect(told).toEqual(['go on']);
  expect(channel.push(5)).toBeInstanceOf(Promise);
});

test('what was read makes room', async () => {
  const channel = quiet<number>(2);
  for (const value of [1, 2, 3, 4, 5]) {
    expect(channel.push(value)).toBeUndefined();
    if (value > 1) await channel.next();
  }
});

test.each([
  ['the end', (channel: Channel<number>) => channel.close()],
  ['hurry', (channel: Channel<number>) => channel.disableBackpressure()],
  ['a reader who leaves', (channel: Channel<number>) => channel.return()],
])('a writer who waits goes on at %s', async (_, act) => {
  const channel = quiet<number>(0);
  const wait = channel.push(1);
  expect(wait).toBeInstanceOf(Promise);
  await act(channel);
  await expect(wait).resolves.toBeUndefined();
});

test('once it hurries the writer never waits, and nothing is lost', async () => {
  const channel = quiet<number>(1);
  channel.disableBackpressure();
  const waits = Array.from({ length: 100 }, (_, value) => channel.push(value));
  channel.close();
  expect(waits.every((wait) => wait === undefined)).toBe(true);
  await expect(rest(channel)).resolves.toEqual(Array.from({ length: 100 }, (_, value) => value));
});

test('readers who wait are told of the end', async () => {
  const channel = quiet<number>(1);
  const waiting = [channel.next(), channel.next()];
  channel.close();
  await expect(Promise.all(waiting)).resolves.toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test('what is written after the end goes nowhere', async () => {
  const channel = quiet<number>(0);
  channel.close();
  expect(channel.push(1)).toBeUndefined();
  await expect(rest(channel)).resolves.toEqual([]);
});

test('a reader who leaves early is told of, and reads nothing more', async () => {
  const left: string[] = [];
  const channel = new Channel<number>(1, () => left.push('left'));
  for (const value of [1, 2, 3]) void channel.push(value); // Nobody to wait for.
  await channel.next();
  await expect(channel.return()).resolves.toEqual({ done: true, value: undefined });
  await expect(channel.next()).resolves.toEqual({ done: true, value: undefined });
  expect(left).toEqual(['left']);
});

test('a reader who reads to the end has not left early', async () => {
  const left: string[] = [];
  const channel = new Channel<number>(1, () => left.push('left'));
  void channel.push(1); // Nobody to wait for.
  channel.close();
  await rest(channel);
  expect(left).toEqual([]);
});

test('what is read meanwhile and what is written keep their order, whatever the mark', async () => {
  for (const mark of [0, 1, 2, 7]) {
    const channel = quiet<number>(mark);
    const read: number[] = [];
    for (let value = 0; value < 60; value++) {
      void channel.push(value); // This writer does not wait.
      if (value % 3 !== 0) read.push((await channel.next()).value ?? -1);
    }
    channel.close();
    expect([...read, ...(await rest(channel))]).toEqual(Array.from({ length: 60 }, (_, value) => value));
  }
});

function quiet<T>(mark: number): Channel<T> {
  return new Channel<T>(mark, () => {});
}

async function rest<T>(channel: Channel<T>): Promise<readonly T[]> {
  const values: T[] = [];
  for await (const value of { [Symbol.asyncIterator]: () => channel }) values.push(value);
  return values;
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
