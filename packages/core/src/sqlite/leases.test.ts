import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Lease, Leases } from './leases.ts';
import { readProcessStart } from './machine.ts';

const HOUR_MS = 3_600_000;
const START = 1_700_000_000_000;

/** A machine's time and a date that are set by hand. */
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

function leasesOf(clock: Clock): Leases {
  return new Leases({ clock, leaseMs: 10_000 });
}

test('a lease is over when its time has passed, and not before', () => {
  const times = new Times();
  const leases = leasesOf(times);
  const lease = leases.createLease('token');
  times.sinceBoot += 9_999;
  expect(leases.isFree(lease)).toBe(false);
  times.sinceBoot += 1;
  expect(leases.isFree(lease)).toBe(true);
});

test('no lease is a free one', () => {
  expect(leasesOf(new Times()).isFree(undefined)).toBe(true);
});

test.each([HOUR_MS, -HOUR_MS, 400 * 24 * HOUR_MS])('a date that jumps by %s ms moves no lease', (jumpMs) => {
  const [holder, judge] = [new Times(), new Times()];
  const lease = leasesOf(holder).createLease('token');
  judge.date += jumpMs;
  judge.sinceBoot += 9_999;
  expect(leasesOf(judge).isFree(lease)).toBe(false);
  judge.sinceBoot += 1;
  expect(leasesOf(judge).isFree(lease)).toBe(true);
});

test('a lease of a process that was renewed just now is held, whichever process reads the time first', () => {
  const [holder, judge] = [new Times(), new Times()];
  holder.sinceBoot += 20;
  expect(leasesOf(judge).isFree(leasesOf(holder).createLease('token'))).toBe(false);
});

test('after a restart of the machine a lease is judged by the date', () => {
  const times = new Times();
  const before: Lease = { ...leasesOf(times).createLease('token'), timeline: 'the machine before' };
  times.sinceBoot = 100;
  times.date += 9_999;
  expect(leasesOf(times).isFree(before)).toBe(false);
  times.date += 1;
  expect(leasesOf(times).isFree(before)).toBe(true);
});

test('after a restart that set the date back a lease is over, rather than held for years', () => {
  const times = new Times();
  const before: Lease = { ...leasesOf(times).createLease('token'), timeline: 'the machine before' };
  times.date = 0;
  expect(leasesOf(times).isFree(before)).toBe(true);
});

test('a machine without a name for its starts judges by the date where its time has begun anew', () => {
  const times = new Times();
  times.sinceBoot = 40 * HOUR_MS;
  const before = leasesOf(times).createLease('token');
  times.sinceBoot = 100;
  expect(leasesOf(times).isFree(before)).toBe(false);
  times.date += 10_000;
  expect(leasesOf(times).isFree(before)).toBe(true);
});

test('without a monotonic clock of its own a host goes by the machine’s', () => {
  let date = START;
  const clock: Clock = { now: () => date, after: systemClock.after, sleep: systemClock.sleep };
  const lease = leasesOf(clock).createLease('token');
  date += HOUR_MS;
  expect(leasesOf(clock).isFree(lease)).toBe(false);
  expect(leasesOf(systemClock).isFree(lease)).toBe(false);
});

test('the lease of a process that has ended is free at once', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const leases = leasesOf(new Times());
  expect(leases.isFree({ ...leases.createLease('token'), pid, processStartedAt: undefined })).toBe(true);
});

test('the lease of a process on another machine is not judged by its number', () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const leases = leasesOf(new Times());
  expect(leases.isFree({ ...leases.createLease('token'), pid, place: 'another machine' })).toBe(false);
});

test.runIf(readProcessStart(process.pid) !== undefined)(
  'a process that was given the number of a dead one is not that one',
  () => {
    const leases = leasesOf(new Times());
    const lease = leases.createLease('token');
    expect(leases.isFree(lease)).toBe(false);
    expect(leases.isFree({ ...lease, processStartedAt: 1 })).toBe(true); // As of the process before, in a container that is process 1 each time.
    expect(leases.isFree({ ...lease, pid: process.ppid, processStartedAt: readProcessStart(process.ppid) })).toBe(
      false,
    );
    expect(leases.isFree({ ...lease, pid: process.ppid, processStartedAt: 1 })).toBe(true);
  },
);
