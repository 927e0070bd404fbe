import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { ActiveTime } from './active-time.ts';

test('counts active time from the start and expires at the limit', async () => {
  const { time, clock, over } = timed(100);
  await clock.advance(60);
  expect({ activeMs: time.activeMs, over: [...over] }).toEqual({ activeMs: 60, over: [] });
  await clock.advance(60);
  expect({ activeMs: time.activeMs, over }).toEqual({ activeMs: 120, over: [1_100] });
});

test('counts the time of an earlier attempt, but not the time between attempts', async () => {
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

test('keeps used time when parallel events arrive out of order', () => {
  const { time } = timed(100);
  time.restore(70);
  time.restore(40);
  expect(time.activeMs).toBe(70);
});

test('expires on the next timer if an earlier attempt used all the time', async () => {
  const { time, clock, over } = timed(100);
  time.restore(150);
  expect(over).toEqual([]);
  await clock.advance(0);
  expect({ activeMs: time.activeMs, over }).toEqual({ activeMs: 150, over: [1_000] });
});

test('reports at least the limit once expired, even if the timer fires early', () => {
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
  const time = new ActiveTime(100, { clock, onExpire: () => over.push('over') });
  fire();
  expect({ activeMs: time.activeMs, over }).toEqual({ activeMs: 100, over: ['over'] });
});

test.each([
  ['ended', 100],
  ['without a limit', Number.POSITIVE_INFINITY],
])('leaves no timer for a run that is %s', (_, maxMs) => {
  const { time, clock } = timed(maxMs);
  time.restore(5);
  time.end();
  expect(clock.pending).toBe(0);
});

test('starts no timer without a duration limit', () => {
  const { time, clock } = timed(Number.POSITIVE_INFINITY);
  time.restore(5);
  expect(clock.pending).toBe(0);
});

test('charges the restored time of a nested run to its outer run', async () => {
  const { time: around, clock } = timed(1_000);
  await clock.advance(50);
  const inner = new ActiveTime(100, { clock, onExpire: () => {}, outer: around });
  await clock.advance(5);
  inner.restore(20);
  expect(inner.activeMs).toBe(20);
  expect(around.activeMs).toBe(70);
});

function timed(maxMs: number) {
  const clock = manualClock({ startMs: 1_000 });
  const over: number[] = [];
  return { clock, over, time: new ActiveTime(maxMs, { clock, onExpire: () => over.push(clock.now()) }) };
}
