import { onCancel } from './cancellation.ts';

export interface AcquireOptions {
  /** Whether no other work may run at the same time. @defaultValue false */
  readonly exclusive?: boolean;
  /** Ends the wait when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Runs at most `maxConcurrent` works at a time, in the order of arrival. An exclusive work runs alone. */
export class ConcurrencyLimiter {
  readonly #maxConcurrent: number;
  readonly #waiting = new Set<{ readonly exclusive: boolean; readonly acquire: () => void }>();
  #activeCount = 0;
  #hasExclusive = false;

  constructor(maxConcurrent: number) {
    this.#maxConcurrent = maxConcurrent;
  }

  async run<T>(work: () => Promise<T>, entry: AcquireOptions = {}): Promise<T> {
    const waiting = this.acquire(entry);
    if (waiting !== undefined) await waiting;
    try {
      return await work();
    } finally {
      this.release();
    }
  }

  /**
   * Takes a slot until `release`. Returns `undefined` if one was free, otherwise a promise that resolves when one is.
   *
   * @throws the signal's reason if it is already aborted. If it is aborted later, the promise rejects with the reason.
   */
  acquire({ exclusive = false, signal }: AcquireOptions): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.#waiting.size === 0 && this.#hasRoom(exclusive)) {
      this.#take(exclusive);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let stopListening: (() => void) | undefined;
      const waiter = {
        exclusive,
        acquire: () => {
          stopListening?.();
          resolve();
        },
      };
      this.#waiting.add(waiter);
      if (signal === undefined) return;
      stopListening = onCancel(signal, () => {
        this.#waiting.delete(waiter);
        reject(signal.reason);
        this.#startWaiting();
      });
    });
  }

  release(): void {
    this.#activeCount--;
    this.#hasExclusive = false;
    this.#startWaiting();
  }

  #startWaiting(): void {
    for (const next of this.#waiting) {
      if (!this.#hasRoom(next.exclusive)) return;
      this.#waiting.delete(next);
      this.#take(next.exclusive);
      next.acquire();
    }
  }

  #hasRoom(exclusive: boolean): boolean {
    return !this.#hasExclusive && this.#activeCount < (exclusive ? 1 : this.#maxConcurrent);
  }

  #take(exclusive: boolean): void {
    this.#activeCount++;
    this.#hasExclusive = exclusive;
  }
}
