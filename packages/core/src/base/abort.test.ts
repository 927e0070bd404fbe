import { expect, test } from 'vitest';
import { untilAborted } from './abort.ts';

const never: AbortSignal = new AbortController().signal;

test.each([
  ['a value', () => 7, 7],
  ['a promise', async () => 7, 7],
])('what settles first is the work: %s', async (_, work, value) => {
  await expect(untilAborted(never, work)).resolves.toBe(value);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('broke');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broke'))],
])('work that %s is a rejection', async (_, work) => {
  await expect(untilAborted(never, work)).rejects.toEqual(new Error('broke'));
});

test('work that ignores an abort is left at once, with the reason', async () => {
  const controller = new AbortController();
  const left = untilAborted(controller.signal, () => new Promise(() => {}));
  controller.abort('enough');
  await expect(left).rejects.toBe('enough');
});

test('nothing begins once the signal is aborted', async () => {
  const begun: string[] = [];
  await expect(untilAborted(AbortSignal.abort('enough'), () => begun.push('work'))).rejects.toBe('enough');
  expect(begun).toEqual([]);
});

test('work that rejects after it was left hurts nobody', async () => {
  const controller = new AbortController();
  const work = Promise.withResolvers<never>();
  const left = untilAborted(controller.signal, () => work.promise);
  controller.abort('enough');
  work.reject(new Error('too late to matter'));
  await expect(left).rejects.toBe('enough');
});

test.each(['fulfilled', 'rejected'])('no listener stays on the signal when the work is %s', async (how) => {
  const signal = countingSignal();
  await untilAborted(signal, () => (how === 'fulfilled' ? 1 : Promise.reject(new Error('broke')))).catch(() => {});
  await Promise.resolve();
  expect(signal.listening).toBe(0);
});

function countingSignal(): AbortSignal & { readonly listening: number } {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  return Object.defineProperties(signal, {
    addEventListener: {
      value: (...given: Parameters<typeof add>) => {
        listeners.add(given[1]);
        add(...given);
      },
    },
    removeEventListener: {
      value: (...given: Parameters<typeof remove>) => {
        listeners.delete(given[1]);
        remove(...given);
      },
    },
    listening: { get: () => listeners.size },
  }) as AbortSignal & { readonly listening: number };
}
