import { expect, test } from 'vitest';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';

test('at most so many are inside as the gate is wide, in the order in which they came', async () => {
  const { gate, journal, leave, settled } = visited(2);
  gate('a');
  gate('b');
  gate('c');
  gate('d');
  await settled();
  expect(journal).toEqual(['+a', '+b']);
  leave('b');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-b', '+c']);
  leave('a');
  leave('c');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-b', '+c', '-a', '-c', '+d']);
});

test('one that is exclusive waits for those inside, goes alone, and lets nobody past it', async () => {
  const { gate, journal, leave, settled } = visited(8);
  gate('a');
  gate('b');
  gate('alone', { exclusive: true });
  gate('c');
  leave('a');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-a']);
  leave('b');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-a', '-b', '+alone']);
  leave('alone');
  await settled();
  expect(journal).toEqual(['+a', '+b', '-a', '-b', '+alone', '-alone', '+c']);
});

test('two that are exclusive go one after the other', async () => {
  const { gate, journal, leave, settled } = visited(8);
  gate('first', { exclusive: true });
  gate('second', { exclusive: true });
  await settled();
  leave('first');
  await settled();
  expect(journal).toEqual(['+first', '-first', '+second']);
});

test('work that fails gives its place free, and its error to whoever sent it', async () => {
  const gate = new ConcurrencyLimiter(1);
  const results = await Promise.allSettled([
    gate.run(() => Promise.reject(new Error('broke')), { exclusive: true }),
    gate.run(() => {
      throw new Error('threw');
    }),
    gate.run(async () => 'fine'),
  ]);
  expect(results).toEqual([
    { status: 'rejected', reason: new Error('broke') },
    { status: 'rejected', reason: new Error('threw') },
    { status: 'fulfilled', value: 'fine' },
  ]);
});

test('work begins in the order in which it came, also where it takes no time', async () => {
  const gate = new ConcurrencyLimiter(3);
  const begun: number[] = [];
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  await Promise.all(
    numbers.map((number) =>
      gate.run(
        async () => {
          begun.push(number);
        },
        { exclusive: number % 4 === 1 },
      ),
    ),
  );
  expect(begun).toEqual(numbers);
});

test('whoever is aborted waits no longer, and holds up nobody behind', async () => {
  const gate = new ConcurrencyLimiter(2);
  const stopped = new AbortController();
  expect(gate.acquire({})).toBe(undefined);
  const alone = gate.acquire({ exclusive: true, signal: stopped.signal });
  const behind = gate.acquire({});
  stopped.abort('Stop.');
  await expect(alone).rejects.toBe('Stop.');
  await expect(behind).resolves.toBe(undefined);
  expect(() => gate.acquire({ signal: stopped.signal })).toThrow('Stop.');
});

/** A gate with visitors who stay until they are told to leave. */
function visited(width: number) {
  const gate = new ConcurrencyLimiter(width);
  const journal: string[] = [];
  const visits = new Map<string, PromiseWithResolvers<void>>();
  return {
    journal,
    gate(name: string, options?: { readonly exclusive: boolean }): void {
      const visit = Promise.withResolvers<void>();
      visits.set(name, visit);
      const stay = async (): Promise<void> => {
        journal.push(`+${name}`);
        await visit.promise;
        journal.push(`-${name}`);
      };
      void gate.run(stay, options); // Its end is seen in the journal.
    },
    leave: (name: string): void => visits.get(name)?.resolve(),
    async settled(): Promise<void> {
      for (let i = 0; i < 20; i++) await Promise.resolve();
    },
  };
}
