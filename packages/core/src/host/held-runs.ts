import type { Clock } from '../base/clock.ts';
import { HostError } from '../base/errors.ts';
import type { Claim } from './run-store.ts';

/** A run that this host works on. */
export interface HeldRun {
  readonly claim: Claim;
  /** Aborts the run when it is cancelled, or does not stop in time while the host closes; `undefined` if the host cannot cancel runs. */
  readonly controller: AbortController | undefined;
}

/** The runs that a host works on. Once the host closes, no new step begins; running steps may finish. */
export class HeldRuns {
  readonly #clock: Clock;
  readonly #runs = new Map<string, HeldRun>();
  #isClosing = false;
  #onEmpty: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws HostError `host.closing` */
  checkOpen(): void {
    if (this.#isClosing) throw createClosingError();
  }

  /** A run that did not stop in time records nothing more. @throws HostError `host.closing` */
  checkHeld(run: HeldRun): void {
    if (this.#isClosing && this.#runs.get(run.claim.runId) !== run) throw createClosingError();
  }

  get(runId: string): HeldRun | undefined {
    return this.#runs.get(runId);
  }

  add(run: HeldRun): void {
    this.#runs.set(run.claim.runId, run);
  }

  /** Does nothing if the host already holds another attempt at the run. */
  remove(run: HeldRun): void {
    const { runId } = run.claim;
    if (this.#runs.get(runId) !== run) return;
    this.#runs.delete(runId);
    if (this.#runs.size === 0) this.#onEmpty?.();
  }

  /** Waits until the last run is removed, at most `graceMs`. Resolves the runs that remain. */
  async close(graceMs: number): Promise<readonly HeldRun[]> {
    this.#isClosing = true;
    if (this.#runs.size > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const stopTimer = this.#clock.after(graceMs, resolve);
        this.#onEmpty = () => {
          stopTimer();
          resolve();
        };
      });
    }
    return [...this.#runs.values()];
  }
}

export function createClosingError(): HostError {
  return new HostError('The host is closing and begins no new step. Resume the run by its id, on another host.', {
    code: 'host.closing',
  });
}
