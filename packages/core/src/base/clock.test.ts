import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers({ now: 5_000 }));
afterEach(() => void vi.useRealTimers());

const never: AbortSignal = new AbortController().signal;
const A_MONTH_MS = 31 * 24 * 60 * 60 * 1000;

test('the system clock has the time of the machine', () => {
  expect(systemClock.now()).toBe(5_000);
});

test('the system clock calls back once, unless the callback is cancelled', async () => {
  const called: number[] = [];
  systemClock.after(20, () => called.push(systemClock.now()));
  systemClock.after(10, () => expect.unreachable())();
  await vi.advanceTimersByTimeAsync(100);
  expect(called).toEqual([5_020]);
});

test('a sleep resolves after its time and removes its listener', async () => {
  const woken = systemClock.sleep(20, never).then(() => systemClock.now());
  await vi.advanceTimersByTimeAsync(20);
  await expect(woken).resolves.toBe(5_020);
});

test('a sleep rejects immediately when its signal is aborted, and clears its timer', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(20, controller.signal);
  controller.abort('enough');
  await expect(sleep).rejects.toBe('enough');
  await expect(systemClock.sleep(20, controller.signal)).rejects.toBe('enough');
  expect(vi.getTimerCount()).toBe(0);
});

test('a delay that is too long for a timer does not end immediately', async () => {
  const ended: string[] = [];
  systemClock.after(A_MONTH_MS, () => ended.push('deadline'));
  void systemClock.sleep(A_MONTH_MS, never).then(() => ended.push('sleep')); // Its time is what is looked at.
  await vi.advanceTimersByTimeAsync(A_MONTH_MS / 2);
  expect(ended).toEqual([]);
});
