import { expect, test } from 'vitest';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';

test('runs at most the given number of works, in the order of arrival', async () => {
  const { start, journal, finish, settled } = startWorks(2);
  start('a');
  start('b');
  start('c');
  start('d');
  await settled();
  expect(journal).toEqual(['+a', '+b']);
  finish('b');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-b', '+c']);
  finish('a');
  finish('c');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-b', '+c', '-a', '-c', '+d']);
});

test('an exclusive work waits for running works, runs alone, and keeps its place in the queue', async () => {
  const { start, journal, finish, settled } = startWorks(8);
  start('a');
  start('b');
  start('alone', { exclusive: true });
  start('c');
  finish('a');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-a']);
  finish('b');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-a', '-b', '+alone']);
  finish('alone');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-a', '-b', '+alone', '-alone', '+c']);
});

test('exclusive works run one after another', async () => {
  const { start, journal, finish, settled } = startWorks(8);
  start('first', { exclusive: true });
  start('second', { exclusive: true });
  await settled();
  finish('first');
  await settled();
  expect(journal).toEqual(['+first', '-first', '+second']);
});

test('a failed work releases its slot and rejects with its error', async () => {
  const limiter = new ConcurrencyLimiter(1);
  const results = await Promise.allSettled([
    limiter.run(() => Promise.reject(new Error('broke')), { exclusive: true }),
    limiter.run(() => {
      throw new Error('threw');
    }),
    limiter.run(async () => 'fine'),
  ]);
  expect(results).toEqual([
    { status: 'rejected', reason: new Error('broke') },
    { status: 'rejected', reason: new Error('threw') },
    { status: 'fulfilled', value: 'fine' },
  ]);
});

test('works start in the order of arrival, even if they take no time', async () => {
  const limiter = new ConcurrencyLimiter(3);
  const begun: number[] = [];
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  await Promise.all(
    numbers.map((number) =>
      limiter.run(
        async () => {
          begun.push(number);
        },
        { exclusive: number % 4 === 1 },
      ),
    ),
  );
  expect(begun).toEqual(numbers);
});

test('an aborted work stops waiting and does not block later works', async () => {
  const limiter = new ConcurrencyLimiter(2);
  const stopped = new AbortController();
  expect(limiter.acquire({})).toBe(undefined);
  const alone = limiter.acquire({ exclusive: true, signal: stopped.signal });
  const behind = limiter.acquire({});
  stopped.abort('Stop.');
  await expect(alone).rejects.toBe('Stop.');
  await expect(behind).resolves.toBe(undefined);
  expect(() => limiter.acquire({ signal: stopped.signal })).toThrow('Stop.');
});

/** A limiter whose works run until they are released. */
function startWorks(maxConcurrent: number) {
  const limiter = new ConcurrencyLimiter(maxConcurrent);
  const journal: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  return {
    journal,
    start(name: string, options?: { readonly exclusive: boolean }): void {
      const end = Promise.withResolvers<void>();
      ends.set(name, end);
      const work = async (): Promise<void> => {
        journal.push(`+${name}`);
        await end.promise;
        journal.push(`-${name}`);
      };
      void limiter.run(work, options); // Its end is seen in the journal.
    },
    finish: (name: string): void => ends.get(name)?.resolve(),
    async settled(): Promise<void> {
      for (let i = 0; i < 20; i++) await Promise.resolve();
    },
  };
}
