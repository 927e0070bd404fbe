/** Values on their way from a writer to one reader. Above its mark it asks the writer to wait. */
export class Channel<T> implements AsyncIterator<T, undefined> {
  readonly #mark: number;
  readonly #onReturn: () => void;
  #queue: T[] = [];
  #head = 0;
  #isClosed = false;
  /** Why the writer ended early; the reader gets it once, after the last value. */
  #failure: { readonly error: unknown } | undefined;
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  #drained: PromiseWithResolvers<void> | undefined;
  #isPatient = true;

  /** `onReturn` is called when the reader goes away before the end. */
  constructor(mark: number, onReturn: () => void) {
    this.#mark = mark;
    this.#onReturn = onReturn;
  }

  /** A promise means: the reader is behind; it resolves when the queue is short again. */
  push(value: T): Promise<void> | undefined {
    if (this.#isClosed) return undefined;
    const reader = this.#waiting.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value });
      return undefined;
    }
    this.#queue.push(value);
    if (!this.#isPatient || this.#queue.length - this.#head <= this.#mark) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** The writer never waits from now on: somebody waits for the end, who may be the reader itself. */
  hurry(): void {
    this.#isPatient = false;
    this.#letWrite();
  }

  /** No more values; the reader gets those that are left. */
  close(): void {
    this.#isClosed = true;
    this.#letWrite();
    for (const reader of this.#waiting) reader.resolve({ done: true, value: undefined });
    this.#waiting = [];
  }

  /** No more values, because of an error: the reader gets the values that are left, then the error, then the end. */
  fail(error: unknown): void {
    if (this.#isClosed) return;
    const reader = this.#waiting.shift();
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
    this.#waiting.push(reader);
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
    if (this.#head > this.#mark) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (this.#queue.length - this.#head <= this.#mark) this.#letWrite();
    return value;
  }

  #letWrite(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
