import type { Clock } from '../base/clock.ts';
import { identifyPlace, identifyTimeline, isAlive, readMonotonicMs, readProcessStart } from './machine.ts';

/** Who works on a run. */
export interface Lease extends LeaseTime {
  /** Another one for each attempt at a run. */
  readonly token: string;
  /** The machine and its process namespace: where `pid` means something. */
  readonly place: string;
  readonly pid: number;
  /** When the process was started; `undefined` where the system does not tell. */
  readonly processStartedAt: number | undefined;
}

/** How long a lease holds. It is judged by the date only where the other time means nothing. */
export interface LeaseTime {
  readonly durationMs: number;
  /** What `until` counts from. */
  readonly timeline: string;
  readonly until: number;
  /** The same in milliseconds since 1970. */
  readonly untilDate: number;
}

export interface LeasesOptions {
  /** Its `monotonic` is the time of leases, where it has one. */
  readonly clock: Clock;
  readonly leaseMs: number;
}

/**
 * Makes leases and judges those of other processes, by time that the processes of a machine share and that no change of the date
 * moves. One process whose date jumps must not take the runs of all others.
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

  /** Milliseconds that no change of the date moves. */
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

  /** A lease's time from now on. */
  createLeaseTime(): LeaseTime {
    const durationMs = this.#leaseMs;
    const [until, untilDate] = [this.getTimeMs() + durationMs, this.#clock.now() + durationMs];
    return { durationMs, timeline: this.#timeline, until, untilDate };
  }

  /** Whether nobody holds the lease any more: its time is over, or its process is gone, which is seen at once on one machine. */
  isFree(lease: Lease | undefined): boolean {
    if (lease === undefined) return true;
    if (lease.place === this.#place && !this.#isAlive(lease)) return true;
    const { timeline, durationMs, until, untilDate } = lease;
    const leftMs = until - this.getTimeMs();
    if (timeline === this.#timeline && leftMs <= durationMs + TOLERANCE_MS) return leftMs <= 0;
    // The machine was started anew since, and the process is gone. The date may have been set meanwhile: no lease is that long.
    const leftByDateMs = untilDate - this.#clock.now();
    return leftByDateMs <= 0 || leftByDateMs > durationMs + TOLERANCE_MS;
  }

  #isAlive({ pid, processStartedAt: bornAt }: Lease): boolean {
    return pid === process.pid ? bornAt === this.#processStartedAt : isAlive(pid, bornAt);
  }
}

/** A lease that was just renewed has a little more than its duration left for whoever read the time before. */
const TOLERANCE_MS = 60_000;
