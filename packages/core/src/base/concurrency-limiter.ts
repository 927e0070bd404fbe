import { onCancel } from './cancellation.ts';

export interface AcquireOptions {
  /** Goes alone. @defaultValue false */
  readonly exclusive?: boolean;
  /** Whoever is aborted waits no longer. */
  readonly signal?: AbortSignal;
}

/** Lets at most `width` through at once, in the order in which they came; one that is exclusive goes alone. */
export class ConcurrencyLimiter {
  readonly #maxConcurrent: number;
  readonly #waiting = new Set<{ readonly exclusive: boolean; readonly acquire: () => void }>();
  #activeCount = 0;
  #hasExclusive = false;

  constructor(width: number) {
    this.#maxConcurrent = width;
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
   * Takes a place, which `leave` gives back. `undefined`: there was one.
   *
   * @throws the reason of a signal that is aborted; the promise rejects with it.
   */
  acquire({ exclusive = false, signal }: AcquireOptions): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.#waiting.size === 0 && this.#hasRoom(exclusive)) {
      this.#take(exclusive);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let stopListening: (() => void) | undefined;
      const visitor = {
        exclusive,
        acquire: () => {
          stopListening?.();
          resolve();
        },
      };
      this.#waiting.add(visitor);
      if (signal === undefined) return;
      stopListening = onCancel(signal, () => {
        this.#waiting.delete(visitor);
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
