import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Lease, Leases } from './leases.ts';
import { readProcessStart } from './machine.ts';

const HOUR_MS = 3_600_000;
const START = 1_700_000_000_000;

/** A clock whose monotonic time and date are set by the test. */
class Times implements Clock {
  date = START;
  sinceBoot = 5_000;

  now(): number {
    return this.date;
  }

  monotonic(): number {
    return this.sinceBoot;
  }

  after = systemClock.after;
  sleep = systemClock.sleep;
}

function createLeases(clock: Clock): Leases {
  return new Leases({ clock, leaseMs: 10_000 });
}

test('a lease ends exactly when its time has passed', () => {
  const times = new Times();
  const leases = createLeases(times);
  const lease = leases.createLease('token');
  times.sinceBoot += 9_999;
  expect(leases.isFree(lease)).toBe(false);
  times.sinceBoot += 1;
  expect(leases.isFree(lease)).toBe(true);
});

test('a run without a lease is free', () => {
  expect(createLeases(new Times()).isFree(undefined)).toBe(true);
});

test.each([HOUR_MS, -HOUR_MS, 400 * 24 * HOUR_MS])(
  'a date that jumps by %s ms does not change when a lease ends',
  (jumpMs) => {
    const [holder, judge] = [new Times(), new Times()];
    const lease = createLeases(holder).createLease('token');
    judge.date += jumpMs;
    judge.sinceBoot += 9_999;
    expect(createLeases(judge).isFree(lease)).toBe(false);
    judge.sinceBoot += 1;
    expect(createLeases(judge).isFree(lease)).toBe(true);
  },
);

test('a lease that was just renewed is held, even if the other process read the time before', () => {
  const [holder, judge] = [new Times(), new Times()];
  holder.sinceBoot += 20;
  expect(createLeases(judge).isFree(createLeases(holder).createLease('token'))).toBe(false);
});

test('after a restart of the machine, the date decides when a lease ends', () => {
  const times = new Times();
  const before: Lease = { ...createLeases(times).createLease('token'), timeline: 'the machine before' };
  times.sinceBoot = 100;
  times.date += 9_999;
  expect(createLeases(times).isFree(before)).toBe(false);
  times.date += 1;
  expect(createLeases(times).isFree(before)).toBe(true);
});

test('after a restart that set the date back, a lease is free', () => {
  const times = new Times();
  const before: Lease = { ...createLeases(times).createLease('token'), timeline: 'the machine before' };
  times.date = 0;
  expect(createLeases(times).isFree(before)).toBe(true);
});

test('on a machine without a boot id, the date decides if the monotonic time has started again', () => {
  const times = new Times();
  times.sinceBoot = 40 * HOUR_MS;
  const before = createLeases(times).createLease('token');
  times.sinceBoot = 100;
  expect(createLeases(times).isFree(before)).toBe(false);
  times.date += 10_000;
  expect(createLeases(times).isFree(before)).toBe(true);
});

test('uses the monotonic time of the machine if the clock has none', () => {
  let date = START;
  const clock: Clock = { now: () => date, after: systemClock.after, sleep: systemClock.sleep };
  const lease = createLeases(clock).createLease('token');
  date += HOUR_MS;
  expect(createLeases(clock).isFree(lease)).toBe(false);
  expect(createLeases(systemClock).isFree(lease)).toBe(false);
});

test('the lease of an ended process is free at once', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const leases = createLeases(new Times());
  expect(leases.isFree({ ...leases.createLease('token'), pid, processStartedAt: undefined })).toBe(true);
});

test('ignores the process number in a lease of another machine', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const leases = createLeases(new Times());
  expect(leases.isFree({ ...leases.createLease('token'), pid, place: 'another machine' })).toBe(false);
});

test.runIf(readProcessStart(process.pid) !== undefined)(
  'distinguishes a process from an earlier one with the same number',
  () => {
    const leases = createLeases(new Times());
    const lease = leases.createLease('token');
    expect(leases.isFree(lease)).toBe(false);
    expect(leases.isFree({ ...lease, processStartedAt: 1 })).toBe(true); // As left by the previous process of a container, which always has the number 1.
    expect(leases.isFree({ ...lease, pid: process.ppid, processStartedAt: readProcessStart(process.ppid) })).toBe(
      false,
    );
    expect(leases.isFree({ ...lease, pid: process.ppid, processStartedAt: 1 })).toBe(true);
  },
);
