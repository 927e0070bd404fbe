/** Lets at most `width` through at once, in the order in which they came; one that is exclusive goes alone. */
export class Gate {
  readonly #width: number;
  readonly #waiting: { readonly exclusive: boolean; readonly enter: () => void }[] = [];
  #inside = 0;
  #closed = false;

  constructor(width: number) {
    this.#width = width;
  }

  async pass<T>(work: () => Promise<T>, { exclusive = false }: { readonly exclusive?: boolean } = {}): Promise<T> {
    await new Promise<void>((enter) => {
      this.#waiting.push({ exclusive, enter });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      this.#inside--;
      if (exclusive) this.#closed = false;
      this.#admit();
    }
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined || this.#closed || this.#inside >= this.#width) return;
      if (next.exclusive && this.#inside > 0) return;
      this.#waiting.shift();
      this.#inside++;
      this.#closed = next.exclusive;
      next.enter();
    }
  }
}
