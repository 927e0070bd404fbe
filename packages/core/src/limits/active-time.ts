import type { Clock } from '../base/clock.ts';
import { Deadline } from '../base/deadline.ts';

/** How long a run has been at work, all attempts at it together. Calls back when its time is over. */
export class ActiveTime {
  readonly #clock: Clock;
  readonly #maxMs: number;
  readonly #onOver: () => void;
  #since: number;
  #before = 0;
  #isOver = false;
  #deadline: Deadline;

  constructor(maxMs: number, { clock, onOver }: { readonly clock: Clock; readonly onOver: () => void }) {
    this.#clock = clock;
    this.#maxMs = maxMs;
    this.#onOver = onOver;
    this.#since = clock.now();
    this.#deadline = this.#start();
  }

  /** Milliseconds. Never less than the cap once the time is over, whatever a timer's rounding. */
  get activeMs(): number {
    const activeMs = this.#before + this.#clock.now() - this.#since;
    return this.#isOver ? Math.max(activeMs, this.#maxMs) : activeMs;
  }

  /** Takes over what an earlier attempt at the run had used. */
  restore(activeMs: number): void {
    this.#before = Math.max(this.#before, activeMs);
    this.#since = this.#clock.now();
    this.#deadline.end();
    this.#deadline = this.#start();
  }

  end(): void {
    this.#deadline.end();
  }

  #start(): Deadline {
    return new Deadline(this.#clock, this.#maxMs - this.#before, () => {
      this.#isOver = true;
      this.#onOver();
    });
  }
}
