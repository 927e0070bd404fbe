import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { type DeadlineOptions, withDeadline } from './deadline.ts';

test.each([
  ['a value', () => 7],
  ['a promise', async () => 7],
])('resolves with the result of work that ends in time: %s', async (_, work) => {
  const { options, clock } = setting();
  await expect(withDeadline<unknown>(work, options)).resolves.toBe(7);
  expect(clock.pending).toBe(0);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('broke');
    },
  ],
  ['rejects', () => Promise.reject(new Error('broke'))],
])('rejects if the work %s in time', async (_, work) => {
  const { options, clock } = setting();
  await expect(withDeadline<unknown>(work, options)).rejects.toEqual(new Error('broke'));
  expect(clock.pending).toBe(0);
});

test('rejects after the timeout if the work ignores its signal, and passes the late value to onLateResult', async () => {
  const { options, clock, late } = setting();
  const work = Promise.withResolvers<string>();
  const aborted: unknown[] = [];
  const result = withDeadline<unknown>(({ signal }) => {
    signal.addEventListener('abort', () => aborted.push(signal.reason));
    return work.promise;
  }, options);
  const rejection = expect(result).rejects.toEqual(new Error('too late'));
  await clock.advance(100);
  await rejection;
  expect({ aborted, late }).toEqual({ aborted: [new Error('too late')], late: [] });
  work.resolve('after all');
  await settled();
  expect(late).toEqual([{ status: 'fulfilled', value: 'after all' }]);
});

test('passes a late rejection to onLateResult and leaves it handled', async () => {
  const { options, late, controller } = setting();
  const work = Promise.withResolvers<string>();
  const result = withDeadline<unknown>(() => work.promise, options);
  controller.abort('enough');
  await expect(result).rejects.toBe('enough');
  work.reject(new Error('after all'));
  await settled();
  expect(late).toEqual([{ status: 'rejected', reason: new Error('after all') }]);
});

test('a late rejection without onLateResult is not unhandled', async () => {
  const { options, controller } = setting();
  const work = Promise.withResolvers<string>();
  const { onLateResult: _, ...silent } = options;
  const result = withDeadline<unknown>(() => work.promise, silent);
  controller.abort('enough');
  work.reject(new Error('after all'));
  await expect(result).rejects.toBe('enough');
});

test('an outer abort cancels the work with its reason and clears the timer', async () => {
  const { options, clock, controller } = setting();
  const reasons: unknown[] = [];
  const result = withDeadline<unknown>(({ signal }) => {
    signal.addEventListener('abort', () => reasons.push(signal.reason));
    return new Promise(() => {});
  }, options);
  controller.abort('enough');
  await expect(result).rejects.toBe('enough');
  expect({ reasons, timers: clock.pending }).toEqual({ reasons: ['enough'], timers: 0 });
});

test('does not start work with a deadline if the signal is already aborted', async () => {
  const { options, clock } = setting();
  const begun: string[] = [];
  const result = withDeadline<unknown>(() => begun.push('work'), { ...options, signal: AbortSignal.abort('enough') });
  await expect(result).rejects.toBe('enough');
  expect({ begun, timers: clock.pending }).toEqual({ begun: [], timers: 0 });
});

test('the work can pause and restart its deadline', async () => {
  const { options, clock } = setting();
  const ends: string[] = [];
  const result = withDeadline<unknown>(({ deadline }) => {
    clock.after(90, () => deadline.pause());
    clock.after(500, () => deadline.restart());
    return new Promise(() => {});
  }, options).catch(() => ends.push(`at ${clock.now()}`));
  await clock.advance(1000);
  await result;
  expect(ends).toEqual(['at 600']);
});

test('cancelled work cannot start a timer again', async () => {
  const { options, clock, controller } = setting();
  const result = withDeadline<unknown>(({ signal, deadline }) => {
    signal.addEventListener('abort', () => deadline.restart());
    return new Promise(() => {});
  }, options);
  controller.abort('enough');
  await expect(result).rejects.toBe('enough');
  expect(clock.pending).toBe(0);
});

function setting() {
  const clock = manualClock();
  const controller = new AbortController();
  const late: unknown[] = [];
  const options: DeadlineOptions<unknown> = {
    clock,
    signal: controller.signal,
    timeoutMs: 100,
    timeoutError: () => new Error('too late'),
    onLateResult: (settled) => late.push(settled),
  };
  return { clock, controller, late, options };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
