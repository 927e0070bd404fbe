/** Values on their way from a writer to one reader. Above its mark it asks the writer to wait. */
export class Channel<T> implements AsyncIterator<T, undefined> {
  readonly #mark: number;
  readonly #onReturn: () => void;
  #queue: T[] = [];
  #head = 0;
  #isClosed = false;
  #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
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
      reader({ done: false, value });
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
    for (const reader of this.#waiting) reader({ done: true, value: undefined });
    this.#waiting = [];
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#head < this.#queue.length) return { done: false, value: this.#take() };
    if (this.#isClosed) return { done: true, value: undefined };
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#queue = [];
    this.#head = 0;
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
