/** A queue from a writer to one reader. When it has more values than the high-water mark, it asks the writer to wait. */
export class Channel<T> implements AsyncIterator<T, undefined> {
  readonly #highWaterMark: number;
  readonly #onReturn: () => void;
  #queue: T[] = [];
  #head = 0;
  #isClosed = false;
  /** The error of the writer. The reader gets it once, after the last value. */
  #failure: { readonly error: unknown } | undefined;
  #pendingReads: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  #drain: PromiseWithResolvers<void> | undefined;
  #hasBackpressure = true;

  /** @param onReturn - called when the reader stops before the end */
  constructor(mark: number, onReturn: () => void) {
    this.#highWaterMark = mark;
    this.#onReturn = onReturn;
  }

  /** Adds a value. Returns a promise if the reader is behind; it resolves when the queue is short again. */
  push(value: T): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    const reader = this.#pendingReads.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value });
      return undefined;
    }
    this.#queue.push(value);
    if (!this.#hasBackpressure || this.#queue.length - this.#head <= this.#highWaterMark) return undefined;
    this.#drain ??= Promise.withResolvers<void>();
    return this.#drain.promise;
  }

  /** `push` never asks the writer to wait again. Otherwise a reader that awaits the end of the run would wait forever. */
  disableBackpressure(): void {
    this.#hasBackpressure = false;
    this.#releaseWriter();
  }

  /** Ends the queue. The reader still gets the values in it. */
  close(): void {
    this.#isClosed = true;
    this.#releaseWriter();
    for (const reader of this.#pendingReads) reader.resolve({ done: true, value: undefined });
    this.#pendingReads = [];
  }

  /** Ends the queue with an error. The reader gets the values in it, then the error, then the end. */
  fail(error: unknown): void {
    if (this.#isClosed) return;
    const reader = this.#pendingReads.shift();
    if (reader === undefined) this.#failure = { error };
    else reader.reject(error);
    this.close();
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#head < this.#queue.length) return { done: false, value: this.#take() };
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
    if (this.#isClosed) return { done: true, value: undefined };
    const reader = Promise.withResolvers<IteratorResult<T, undefined>>();
    this.#pendingReads.push(reader);
    return reader.promise;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#queue = [];
    this.#head = 0;
    this.#failure = undefined;
    this.close();
    this.#onReturn();
    return { done: true, value: undefined };
  }

  /** Removes the first value. The array is cut only now and then, because each cut copies the rest. */
  #take(): T {
    const value = this.#queue[this.#head] as T; // The caller has checked that there is one.
    this.#head++;
    if (this.#head > this.#highWaterMark) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (this.#queue.length - this.#head <= this.#highWaterMark) this.#releaseWriter();
    return value;
  }

  #releaseWriter(): void {
    this.#drain?.resolve();
    this.#drain = undefined;
  }
}
