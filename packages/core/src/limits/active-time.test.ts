import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { ActiveTime } from './active-time.ts';

test('time at work is counted from the beginning, and over at its cap', async () => {
  const { time, clock, over } = timed(100);
  await clock.advance(60);
  expect({ activeMs: time.activeMs, over: [...over] }).toEqual({ activeMs: 60, over: [] });
  await clock.advance(60);
  expect({ activeMs: time.activeMs, over }).toEqual({ activeMs: 120, over: [1_100] });
});

test('what an earlier attempt had used counts, the time between them does not', async () => {
  const { time, clock, over } = timed(100);
  await clock.advance(7);
  time.restore(40);
  time.restore(70);
  expect(time.activeMs).toBe(70);
  await clock.advance(29);
  expect(over).toEqual([]);
  await clock.advance(1);
  expect({ activeMs: time.activeMs, over }).toEqual({ activeMs: 100, over: [1_037] });
});

test('facts of side by side come in any order: time that was used is not given back', () => {
  const { time } = timed(100);
  time.restore(70);
  time.restore(40);
  expect(time.activeMs).toBe(70);
});

test('a run whose time was spent before is over at the next occasion', async () => {
  const { time, clock, over } = timed(100);
  time.restore(150);
  expect(over).toEqual([]);
  await clock.advance(0);
  expect({ activeMs: time.activeMs, over }).toEqual({ activeMs: 150, over: [1_000] });
});

test('once over, it is never less than the cap, whatever a timer’s rounding', () => {
  const over: string[] = [];
  let fire: () => void = () => {};
  const clock = {
    now: () => 99.6,
    after: (_: number, callback: () => void) => {
      fire = callback;
      return () => {};
    },
    sleep: () => Promise.resolve(),
  };
  const time = new ActiveTime(100, { clock, onOver: () => over.push('over') });
  fire();
  expect({ activeMs: time.activeMs, over }).toEqual({ activeMs: 100, over: ['over'] });
});

test.each([
  ['ended', 100],
  ['without a cap', Number.POSITIVE_INFINITY],
])('a run that is %s leaves no timer', (_, maxMs) => {
  const { time, clock } = timed(maxMs);
  time.restore(5);
  time.end();
  expect(clock.pending).toBe(0);
});

test('a run without a limit on time starts no timer', () => {
  const { time, clock } = timed(Number.POSITIVE_INFINITY);
  time.restore(5);
  expect(clock.pending).toBe(0);
});

test('what a run inside a run had used before is used by the run around it', async () => {
  const { time: around, clock } = timed(1_000);
  await clock.advance(50);
  const inner = new ActiveTime(100, { clock, onOver: () => {}, around });
  await clock.advance(5);
  inner.restore(20);
  expect(inner.activeMs).toBe(20);
  expect(around.activeMs).toBe(70);
});

function timed(maxMs: number) {
  const clock = manualClock({ startMs: 1_000 });
  const over: number[] = [];
  return { clock, over, time: new ActiveTime(maxMs, { clock, onOver: () => over.push(clock.now()) }) };
}
