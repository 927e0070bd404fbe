/** Runs work that may ignore its signal: after an abort it rejects at once, and releases what the work holds or is still to open. */
export class AbortableWork {
  readonly #signal: AbortSignal;
  #release: (() => void) | undefined;
  #isAborted = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether nobody waits for the result any more. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Rejects with the signal's reason if it is aborted first. What the work throws after that is ignored. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const signal = this.#signal;
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#isAborted = true;
        reject(signal.reason);
        this.#release?.();
      };
      signal.addEventListener('abort', abort, { once: true });
      const detach = (): void => signal.removeEventListener('abort', abort);
      work().then(
        (value) => {
          detach();
          resolve(value);
        },
        (error: unknown) => {
          detach();
          reject(error);
        },
      );
    });
  }

  /** Sets what to call on an abort. Calls it at once if the abort was before. */
  onAbort(release: () => void): void {
    this.#release = release;
    if (this.#isAborted) release();
  }
}
