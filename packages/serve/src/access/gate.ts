import { HttpProblem } from '../protocol/problem.ts';

/** How many at once. */
export interface Caps {
  readonly total: number;
  readonly perPrincipal: number;
}

/** Counts what runs at the same time, for all principals and for each. */
export class Gate {
  readonly #caps: Caps;
  readonly #what: string;
  #total = 0;
  readonly #perOwner = new Map<string, number>();

  constructor(caps: Caps, what: string) {
    this.#caps = caps;
    this.#what = what;
  }

  /**
   * Counts one more. Returns the function that counts it back, once.
   *
   * @throws HttpProblem 429
   */
  enter(owner: string): () => void {
    const own = this.#perOwner.get(owner) ?? 0;
    if (own >= this.#caps.perPrincipal) throw createTooManyError(`You have ${own} ${this.#what} already.`);
    if (this.#total >= this.#caps.total)
      throw createTooManyError(`The server has ${this.#total} ${this.#what} already.`);
    this.#total++;
    this.#perOwner.set(owner, own + 1);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#release(owner);
    };
  }

  #release(owner: string): void {
    this.#total--;
    const own = (this.#perOwner.get(owner) ?? 1) - 1;
    if (own === 0) this.#perOwner.delete(owner);
    else this.#perOwner.set(owner, own);
  }
}

function createTooManyError(reason: string): HttpProblem {
  return new HttpProblem(`${reason} Try again later.`, {
    status: 429,
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': '1', 'retry-after-ms': '1000' },
  });
}
