/** Values on their way from a writer to one reader. Above its mark it asks the writer to wait. */
export class Channel<T> implements AsyncIterator<T, undefined> {
  readonly #highWaterMark: number;
  readonly #onReturn: () => void;
  #queue: T[] = [];
  #head = 0;
  #isClosed = false;
  /** Why the writer ended early; the reader gets it once, after the last value. */
  #failure: { readonly error: unknown } | undefined;
  #pendingReads: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  #drain: PromiseWithResolvers<void> | undefined;
  #hasBackpressure = true;

  /** `onReturn` is called when the reader goes away before the end. */
  constructor(mark: number, onReturn: () => void) {
    this.#highWaterMark = mark;
    this.#onReturn = onReturn;
  }

  /** A promise means: the reader is behind; it resolves when the queue is short again. */
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

  /** The writer never waits from now on: somebody waits for the end, who may be the reader itself. */
  disableBackpressure(): void {
    this.#hasBackpressure = false;
    this.#releaseWriter();
  }

  /** No more values; the reader gets those that are left. */
  close(): void {
    this.#isClosed = true;
    this.#releaseWriter();
    for (const reader of this.#pendingReads) reader.resolve({ done: true, value: undefined });
    this.#pendingReads = [];
  }

  /** No more values, because of an error: the reader gets the values that are left, then the error, then the end. */
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

  /** Takes from the front without moving the rest each time. */
  #take(): T {
    const value = this.#queue[this.#head] as T; // The caller has looked: there is one.
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
