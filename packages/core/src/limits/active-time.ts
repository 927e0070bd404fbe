import type { Clock } from '../base/clock.ts';
import { Deadline } from '../base/deadline.ts';

export interface ActiveTimeOptions {
  readonly clock: Clock;
  readonly onOver: () => void;
  /** Of the run around this one, where it is one inside a run. */
  readonly around?: ActiveTime;
}

/** How long a run has been at work, all attempts at it together. Calls back when its time is over. */
export class ActiveTime {
  readonly #clock: Clock;
  readonly #maxMs: number;
  readonly #onOver: () => void;
  readonly #around: ActiveTime | undefined;
  /** How long the run around this one had been at work when this one began. */
  readonly #aroundMs: number;
  #since: number;
  #before = 0;
  #isOver = false;
  #deadline: Deadline;

  constructor(maxMs: number, { clock, onOver, around }: ActiveTimeOptions) {
    this.#clock = clock;
    this.#maxMs = maxMs;
    this.#onOver = onOver;
    this.#around = around;
    this.#aroundMs = around?.activeMs ?? 0;
    this.#since = clock.now();
    this.#deadline = this.#start();
  }

  /** Milliseconds. Never less than the cap once the time is over, whatever a timer's rounding. */
  get activeMs(): number {
    const activeMs = this.#before + this.#clock.now() - this.#since;
    return this.#isOver ? Math.max(activeMs, this.#maxMs) : activeMs;
  }

  /** Takes over what an earlier attempt at the run had used. It was used by the run around it as well. */
  restore(activeMs: number): void {
    this.#around?.restore(this.#aroundMs + activeMs);
    this.#before = Math.max(this.#before + this.#clock.now() - this.#since, activeMs);
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
