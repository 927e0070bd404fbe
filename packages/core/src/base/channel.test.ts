import { expect, test } from 'vitest';
import { Channel } from './channel.ts';

test('a reader gets the values in order, then the end', async () => {
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

test('a waiting reader gets a value when it is written', async () => {
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

test('asks the writer to wait above the high-water mark, until the queue is short again', async () => {
  const channel = quiet<number>(2);
  expect([channel.push(1), channel.push(2)]).toEqual([undefined, undefined]);
  const log: string[] = [];
  const waits = [channel.push(3), channel.push(4)];
  void Promise.all(waits).then(() => log.push('go on')); // Its time is what is looked at.
  await channel.next();
  await settled();
  expect(log).toEqual([]);
  await channel.next();
  await settled();
  expect(log).toEqual(['go on']);
  expect(channel.push(5)).toBeInstanceOf(Promise);
});

test('reading a value makes room for the writer', async () => {
  const channel = quiet<number>(2);
  for (const value of [1, 2, 3, 4, 5]) {
    expect(channel.push(value)).toBeUndefined();
    if (value > 1) await channel.next();
  }
});

test.each([
  ['the end', (channel: Channel<number>) => channel.close()],
  ['disableBackpressure', (channel: Channel<number>) => channel.disableBackpressure()],
  ['a return of the reader', (channel: Channel<number>) => channel.return()],
])('a waiting writer continues after %s', async (_, act) => {
  const channel = quiet<number>(0);
  const wait = channel.push(1);
  expect(wait).toBeInstanceOf(Promise);
  await act(channel);
  await expect(wait).resolves.toBeUndefined();
});

test('never asks the writer to wait without backpressure, and loses no value', async () => {
  const channel = quiet<number>(1);
  channel.disableBackpressure();
  const waits = Array.from({ length: 100 }, (_, value) => channel.push(value));
  channel.close();
  expect(waits.every((wait) => wait === undefined)).toBe(true);
  await expect(rest(channel)).resolves.toEqual(Array.from({ length: 100 }, (_, value) => value));
});

test('waiting readers get the end', async () => {
  const channel = quiet<number>(1);
  const waiting = [channel.next(), channel.next()];
  channel.close();
  await expect(Promise.all(waiting)).resolves.toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test('ignores values that are written after the end', async () => {
  const channel = quiet<number>(0);
  channel.close();
  expect(channel.push(1)).toBeUndefined();
  await expect(rest(channel)).resolves.toEqual([]);
});

test('calls onReturn when the reader returns early, which then reads nothing more', async () => {
  const left: string[] = [];
  const channel = new Channel<number>(1, () => left.push('left'));
  for (const value of [1, 2, 3]) void channel.push(value); // Nobody to wait for.
  await channel.next();
  await expect(channel.return()).resolves.toEqual({ done: true, value: undefined });
  await expect(channel.next()).resolves.toEqual({ done: true, value: undefined });
  expect(left).toEqual(['left']);
});

test('does not call onReturn when the reader reads to the end', async () => {
  const left: string[] = [];
  const channel = new Channel<number>(1, () => left.push('left'));
  void channel.push(1); // Nobody to wait for.
  channel.close();
  await rest(channel);
  expect(left).toEqual([]);
});

test('keeps the order of interleaved reads and writes for every high-water mark', async () => {
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
