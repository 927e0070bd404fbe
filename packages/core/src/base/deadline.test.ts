import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { Deadline } from './deadline.ts';

interface Scene {
  readonly name: string;
  /** The calls to a deadline of 100 ms, with their times. */
  readonly script: readonly (readonly [atMs: number, act: 'pause' | 'resume' | 'restart' | 'end'])[];
  readonly expiresAt: readonly number[];
}

const scenes: readonly Scene[] = [
  { name: 'a deadline expires once, when its time is over', script: [], expiresAt: [100] },
  {
    name: 'the time of a pause does not count',
    script: [
      [40, 'pause'],
      [540, 'resume'],
    ],
    expiresAt: [600],
  },
  {
    name: 'a second pause has no effect',
    script: [
      [40, 'pause'],
      [50, 'pause'],
      [60, 'resume'],
      [70, 'resume'],
    ],
    expiresAt: [120],
  },
  {
    name: 'the times of several pauses add up',
    script: [
      [40, 'pause'],
      [140, 'resume'],
      [150, 'pause'],
      [250, 'resume'],
    ],
    expiresAt: [300],
  },
  { name: 'a paused deadline does not expire', script: [[99, 'pause']], expiresAt: [] },
  { name: 'a restart uses the whole span', script: [[90, 'restart']], expiresAt: [190] },
  {
    name: 'a restart during a pause uses the whole span',
    script: [
      [90, 'pause'],
      [300, 'restart'],
    ],
    expiresAt: [400],
  },
  { name: 'an ended deadline does not expire', script: [[50, 'end']], expiresAt: [] },
  {
    name: 'an ended deadline stays ended after pause, resume and restart',
    script: [
      [50, 'end'],
      [60, 'resume'],
      [70, 'restart'],
    ],
    expiresAt: [],
  },
  {
    name: 'an expired deadline does not expire again',
    script: [
      [150, 'pause'],
      [160, 'resume'],
      [170, 'restart'],
    ],
    expiresAt: [100],
  },
];

test.each(scenes)('$name', async ({ script, expiresAt }) => {
  const clock = manualClock();
  const expired: number[] = [];
  const deadline = new Deadline(clock, 100, () => expired.push(clock.now()));
  for (const [atMs, act] of script) {
    await clock.advance(atMs - clock.now());
    deadline[act]();
  }
  await clock.advance(10_000);
  expect({ expired, timers: clock.pending }).toEqual({ expired: expiresAt, timers: 0 });
});

test('a deadline of Infinity sets no timer', async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, Number.POSITIVE_INFINITY, () => expect.unreachable());
  deadline.pause();
  deadline.resume();
  deadline.restart();
  expect(clock.pending).toBe(0);
});

test('a deadline whose time is already over expires asynchronously, not in the constructor', async () => {
  const clock = manualClock();
  const expired: number[] = [];
  new Deadline(clock, -5, () => expired.push(clock.now()));
  expect(expired).toEqual([]);
  await clock.advance(0);
  expect(expired).toEqual([0]);
});
