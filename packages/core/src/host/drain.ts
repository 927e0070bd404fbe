import type { Clock } from '../base/clock.ts';
import { DurableError } from '../base/errors.ts';

/** The runs that a process works on, and how it stops doing so: no new step begins, those at work may end. */
export class Drain {
  readonly #clock: Clock;
  readonly #runIds = new Set<string>();
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws DurableError `host.closing` */
  checkOpen(): void {
    if (!this.#isClosing) return;
    throw new DurableError('The host is closing: no step begins any more. Resume the run by its id, on another host.', {
      code: 'host.closing',
    });
  }

  add(runId: string): void {
    this.#runIds.add(runId);
  }

  remove(runId: string): void {
    this.#runIds.delete(runId);
    if (this.#runIds.size === 0) this.#onEmpty?.();
  }

  /** Resolves when the last run has stopped, or the time is over; gives those that had not. */
  async close(graceMs: number): Promise<readonly string[]> {
    this.#isClosing = true;
    if (this.#runIds.size > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(graceMs, resolve);
        this.#onEmpty = () => {
          cancel();
          resolve();
        };
      });
    }
    return [...this.#runIds];
  }
}
