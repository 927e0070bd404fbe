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
    if (this.#waiting.length > 0 || !this.#hasRoom(exclusive)) {
      await new Promise<void>((enter) => this.#waiting.push({ exclusive, enter }));
    } else this.#enter(exclusive);
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
      if (next === undefined || !this.#hasRoom(next.exclusive)) return;
      this.#waiting.shift();
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
