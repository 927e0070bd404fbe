import { onCancel } from './cancellation.ts';

export interface Entry {
  /** Goes alone. @defaultValue false */
  readonly exclusive?: boolean;
  /** Whoever is aborted waits no longer. */
  readonly signal?: AbortSignal;
}

/** Lets at most `width` through at once, in the order in which they came; one that is exclusive goes alone. */
export class Gate {
  readonly #width: number;
  readonly #waiting = new Set<{ readonly exclusive: boolean; readonly enter: () => void }>();
  #inside = 0;
  #closed = false;

  constructor(width: number) {
    this.#width = width;
  }

  async pass<T>(work: () => Promise<T>, entry: Entry = {}): Promise<T> {
    const waiting = this.enter(entry);
    if (waiting !== undefined) await waiting;
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /**
   * Takes a place, which `leave` gives back. `undefined`: there was one.
   *
   * @throws the reason of a signal that is aborted; the promise rejects with it.
   */
  enter({ exclusive = false, signal }: Entry): Promise<void> | undefined {
    signal?.throwIfAborted();
    if (this.#waiting.size === 0 && this.#hasRoom(exclusive)) {
      this.#enter(exclusive);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let stopListening: (() => void) | undefined;
      const visitor = {
        exclusive,
        enter: () => {
          stopListening?.();
          resolve();
        },
      };
      this.#waiting.add(visitor);
      if (signal === undefined) return;
      stopListening = onCancel(signal, () => {
        this.#waiting.delete(visitor);
        reject(signal.reason);
        this.#admit();
      });
    });
  }

  leave(): void {
    this.#inside--;
    this.#closed = false;
    this.#admit();
  }

  #admit(): void {
    for (const next of this.#waiting) {
      if (!this.#hasRoom(next.exclusive)) return;
      this.#waiting.delete(next);
      this.#enter(next.exclusive);
      next.enter();
    }
  }

  #hasRoom(exclusive: boolean): boolean {
    return !this.#closed && this.#inside < (exclusive ? 1 : this.#width);
  }

  #enter(exclusive: boolean): void {
    this.#inside++;
    this.#closed = exclusive;
  }
}
