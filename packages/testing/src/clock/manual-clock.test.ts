import { expect, test } from 'vitest';
import { manualClock } from './manual-clock.ts';

const never: AbortSignal = new AbortController().signal;

test('fires timers in order of time, and timers of the same time in order of setting', async () => {
  const clock = manualClock({ startMs: 1000 });
  const fired: [string, number][] = [];
  for (const [name, ms] of [
    ['late', 30],
    ['first', 10],
    ['second', 10],
    ['never', 31],
  ] as const) {
    clock.after(ms, () => fired.push([name, clock.now()]));
  }
  await clock.advance(30);
  expect({ fired, now: clock.now(), pending: clock.pending }).toEqual({
    fired: [
      ['first', 1010],
      ['second', 1010],
      ['late', 1030],
    ],
    now: 1030,
    pending: 1,
  });
});

test('fires a timer that another timer sets within the same advance', async () => {
  const clock = manualClock();
  const fired: number[] = [];
  clock.after(10, () => {
    void Promise.resolve().then(() => clock.after(10, () => fired.push(clock.now())));
  });
  await clock.advance(25);
  expect(fired).toEqual([20]);
});

test('never fires a cancelled timer and does not count it as pending', async () => {
  const clock = manualClock();
  const fired: string[] = [];
  const cancel = clock.after(5, () => fired.push('cancelled'));
  cancel();
  await clock.advance(10);
  expect({ fired, pending: clock.pending }).toEqual({ fired: [], pending: 0 });
});

test('advances by a sleep and fires the timers that it passes', async () => {
  const clock = manualClock();
  const fired: number[] = [];
  clock.after(50, () => fired.push(clock.now()));
  clock.after(500, () => fired.push(clock.now()));
  await clock.sleep(100, never);
  await clock.sleep(20, never);
  expect({ fired, now: clock.now(), slept: clock.slept, pending: clock.pending }).toEqual({
    fired: [50],
    now: 120,
    slept: [100, 20],
    pending: 1,
  });
});

test('rejects a sleep at the time of the deadline that aborts it', async () => {
  const clock = manualClock();
  const deadline = new AbortController();
  clock.after(40, () => deadline.abort(new Error('too late')));
  await expect(clock.sleep(100, deadline.signal)).rejects.toThrow('too late');
  expect({ now: clock.now(), pending: clock.pending }).toEqual({ now: 40, pending: 0 });
});

test('holds a sleep until advance', async () => {
  const clock = manualClock({ sleeps: 'held' });
  const woken: number[] = [];
  const sleep = clock.sleep(100, never).then(() => woken.push(clock.now()));
  await clock.advance(99);
  expect({ woken: [...woken], pending: clock.pending }).toEqual({ woken: [], pending: 1 });
  await clock.advance(1);
  await sleep;
  expect({ woken, pending: clock.pending, slept: clock.slept }).toEqual({ woken: [100], pending: 0, slept: [100] });
});

test('rejects an aborted held sleep with the reason and leaves no timer', async () => {
  const clock = manualClock({ sleeps: 'held' });
  const controller = new AbortController();
  const sleep = clock.sleep(100, controller.signal);
  controller.abort(new Error('stop'));
  await expect(sleep).rejects.toThrow('stop');
  expect(clock.pending).toBe(0);
});

test.each(['at-once', 'held'] as const)(
  'rejects a sleep on an aborted signal and does not count it (%s)',
  async (sleeps) => {
    const clock = manualClock({ sleeps });
    await expect(clock.sleep(5, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect({ slept: clock.slept, now: clock.now(), pending: clock.pending }).toEqual({ slept: [], now: 0, pending: 0 });
  },
);
