import type { Mend } from './reply.ts';

/** What was mended in one reply: each thing once, in however many chunks it came. */
export class MendList {
  readonly #mends = new Map<string, Mend>();

  add(path: string, note: string): void {
    this.#mends.set(`${path}: ${note}`, { path, note });
  }

  get all(): readonly Mend[] {
    return [...this.#mends.values()];
  }
}
