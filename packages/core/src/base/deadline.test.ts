import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { Deadline } from './deadline.ts';

interface Scene {
  readonly name: string;
  /** What is done to a deadline of 100 ms, and when. */
  readonly script: readonly (readonly [atMs: number, act: 'pause' | 'resume' | 'restart' | 'end'])[];
  readonly expiresAt: readonly number[];
}

const scenes: readonly Scene[] = [
  { name: 'it expires once, when its time is over', script: [], expiresAt: [100] },
  {
    name: 'time at which it stands still does not count',
    script: [
      [40, 'pause'],
      [540, 'resume'],
    ],
    expiresAt: [600],
  },
  {
    name: 'to pause twice is to pause once',
    script: [
      [40, 'pause'],
      [50, 'pause'],
      [60, 'resume'],
      [70, 'resume'],
    ],
    expiresAt: [120],
  },
  {
    name: 'what it may stand still at several times adds up',
    script: [
      [40, 'pause'],
      [140, 'resume'],
      [150, 'pause'],
      [250, 'resume'],
    ],
    expiresAt: [300],
  },
  { name: 'one that stands still never expires', script: [[99, 'pause']], expiresAt: [] },
  { name: 'it starts over with the whole span', script: [[90, 'restart']], expiresAt: [190] },
  {
    name: 'it starts over with the whole span, also from a standstill',
    script: [
      [90, 'pause'],
      [300, 'restart'],
    ],
    expiresAt: [400],
  },
  { name: 'one that was ended never expires', script: [[50, 'end']], expiresAt: [] },
  {
    name: 'one that was ended is not brought back by whoever was late to hear of it',
    script: [
      [50, 'end'],
      [60, 'resume'],
      [70, 'restart'],
    ],
    expiresAt: [],
  },
  {
    name: 'one that has expired does so no second time',
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

test('one without end sets no timer at all', async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, Number.POSITIVE_INFINITY, () => expect.unreachable());
  deadline.pause();
  deadline.resume();
  deadline.restart();
  expect(clock.pending).toBe(0);
});

test('one whose time was over before it began expires at the next occasion, never in its maker', async () => {
  const clock = manualClock();
  const expired: number[] = [];
  new Deadline(clock, -5, () => expired.push(clock.now()));
  expect(expired).toEqual([]);
  await clock.advance(0);
  expect(expired).toEqual([0]);
});
