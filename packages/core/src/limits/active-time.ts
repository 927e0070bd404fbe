import type { Clock } from '../base/clock.ts';
import { Deadline } from '../base/deadline.ts';

export interface ActiveTimeOptions {
  readonly clock: Clock;
  readonly onExpire: () => void;
  /** The active time of the outer run, if this run is nested. */
  readonly outer?: ActiveTime;
}

/** Measures how long a run has been active, over all attempts at it. Calls `onExpire` when the limit is reached. */
export class ActiveTime {
  readonly #clock: Clock;
  readonly #maxMs: number;
  readonly #onExpire: () => void;
  readonly #outer: ActiveTime | undefined;
  /** The active time of the outer run when this run began. */
  readonly #outerMsAtStart: number;
  #measuredSince: number;
  #earlierMs = 0;
  #isExpired = false;
  #deadline: Deadline;

  constructor(maxMs: number, { clock, onExpire, outer }: ActiveTimeOptions) {
    this.#clock = clock;
    this.#maxMs = maxMs;
    this.#onExpire = onExpire;
    this.#outer = outer;
    this.#outerMsAtStart = outer?.activeMs ?? 0;
    this.#measuredSince = clock.now();
    this.#deadline = this.#start();
  }

  /** In milliseconds. At least the limit once the time has expired, because a timer can fire a fraction early. */
  get activeMs(): number {
    const activeMs = this.#earlierMs + this.#clock.now() - this.#measuredSince;
    return this.#isExpired ? Math.max(activeMs, this.#maxMs) : activeMs;
  }

  /** Adds the time that an earlier attempt at the run used, also to the outer run. */
  restore(activeMs: number): void {
    this.#outer?.restore(this.#outerMsAtStart + activeMs);
    this.#earlierMs = Math.max(this.#earlierMs + this.#clock.now() - this.#measuredSince, activeMs);
    this.#measuredSince = this.#clock.now();
    this.#deadline.end();
    this.#deadline = this.#start();
  }

  end(): void {
    this.#deadline.end();
  }

  #start(): Deadline {
    return new Deadline(this.#clock, this.#maxMs - this.#earlierMs, () => {
      this.#isExpired = true;
      this.#onExpire();
    });
  }
}
