/** An abort from within, for one reader: what an engine's own controllers do, at the price of an object. */
export class Cancel {
  #callback: (() => void) | undefined;
  #isOver = false;
  #reason: unknown;
  #controller: AbortController | undefined;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What it was cancelled with. */
  get reason(): unknown {
    return this.#reason;
  }

  /** The same as a signal, for whoever needs one. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isOver) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  /** Called once, when it is cancelled; at once where it is already. There is one at a time. */
  onCancel(callback: (() => void) | undefined): void {
    this.#callback = callback;
    if (this.#isOver) callback?.();
  }

  /** Only the first time counts. */
  cancel(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#callback?.();
  }
}
