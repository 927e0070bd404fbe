import type { Clock } from '../base/clock.ts';
import { identifyPlace, identifyTimeline, isAlive, readMonotonicMs, readProcessStart } from './machine.ts';

/** The right of one attempt to work on a run, with its process. */
export interface Lease extends LeaseTime {
  /** Unique to the attempt. */
  readonly token: string;
  /** The machine and its process namespace, in which `pid` is valid. */
  readonly place: string;
  readonly pid: number;
  /** When the process was started; `undefined` if the system does not report it. */
  readonly processStartedAt: number | undefined;
}

/** How long a lease holds. The date counts only if the monotonic time cannot be compared. */
export interface LeaseTime {
  readonly durationMs: number;
  /** Identifies what `until` counts from. */
  readonly timeline: string;
  readonly until: number;
  /** The end of the lease in milliseconds since 1970. */
  readonly untilDate: number;
}

export interface LeasesOptions {
  /** Leases use its `monotonic`, if it has one. */
  readonly clock: Clock;
  readonly leaseMs: number;
}

/**
 * Creates leases and checks those of other processes. Uses a clock that all processes of the machine share and the date does not move: a
 * process whose date jumps must not take the runs of all others.
 */
export class Leases {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #place = identifyPlace();
  readonly #processStartedAt = readProcessStart(process.pid);
  readonly #timeline: string;

  constructor({ clock, leaseMs }: LeasesOptions) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#timeline = clock.monotonic === undefined ? identifyTimeline() : 'given';
  }

  /** Returns milliseconds of a clock that the date does not move. */
  getTimeMs(): number {
    return this.#clock.monotonic?.() ?? readMonotonicMs();
  }

  createLease(token: string): Lease {
    return {
      token,
      place: this.#place,
      pid: process.pid,
      processStartedAt: this.#processStartedAt,
      ...this.createLeaseTime(),
    };
  }

  /** Creates the time of a lease that begins or is renewed now. */
  createLeaseTime(): LeaseTime {
    const durationMs = this.#leaseMs;
    const [until, untilDate] = [this.getTimeMs() + durationMs, this.#clock.now() + durationMs];
    return { durationMs, timeline: this.#timeline, until, untilDate };
  }

  /** Whether a run can be claimed: there is no lease, its time is over, or its process on this machine has ended. */
  isFree(lease: Lease | undefined): boolean {
    if (lease === undefined) return true;
    if (lease.place === this.#place && !this.#isAlive(lease)) return true;
    const { timeline, durationMs, until, untilDate } = lease;
    const remainingMs = until - this.getTimeMs();
    if (timeline === this.#timeline && remainingMs <= durationMs + TOLERANCE_MS) return remainingMs <= 0;
    // The machine was restarted since, so the process has ended. A lease longer than its duration means that the date was changed.
    const remainingByDateMs = untilDate - this.#clock.now();
    return remainingByDateMs <= 0 || remainingByDateMs > durationMs + TOLERANCE_MS;
  }

  #isAlive({ pid, processStartedAt }: Lease): boolean {
    return pid === process.pid ? processStartedAt === this.#processStartedAt : isAlive(pid, processStartedAt);
  }
}

/** Tolerates a clock that was read shortly before another process renewed the lease. */
const TOLERANCE_MS = 60_000;
