import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers({ now: 5_000 }));
afterEach(() => void vi.useRealTimers());

const never: AbortSignal = new AbortController().signal;
const A_MONTH_MS = 31 * 24 * 60 * 60 * 1000;

test('it tells the time of the machine', () => {
  expect(systemClock.now()).toBe(5_000);
});

test('it calls back once, unless that is cancelled', async () => {
  const called: number[] = [];
  systemClock.after(20, () => called.push(systemClock.now()));
  systemClock.after(10, () => expect.unreachable())();
  await vi.advanceTimersByTimeAsync(100);
  expect(called).toEqual([5_020]);
});

test('a sleep is over when its time is, and leaves no listener', async () => {
  const woken = systemClock.sleep(20, never).then(() => systemClock.now());
  await vi.advanceTimersByTimeAsync(20);
  await expect(woken).resolves.toBe(5_020);
});

test('a sleep ends at once when its signal is aborted, and leaves no timer', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(20, controller.signal);
  controller.abort('enough');
  await expect(sleep).rejects.toBe('enough');
  await expect(systemClock.sleep(20, controller.signal)).rejects.toBe('enough');
  expect(vi.getTimerCount()).toBe(0);
});

test('a span that no timer can hold does not end at once', async () => {
  const ended: string[] = [];
  systemClock.after(A_MONTH_MS, () => ended.push('deadline'));
  void systemClock.sleep(A_MONTH_MS, never).then(() => ended.push('sleep')); // Its time is what is looked at.
  await vi.advanceTimersByTimeAsync(A_MONTH_MS / 2);
  expect(ended).toEqual([]);
});
