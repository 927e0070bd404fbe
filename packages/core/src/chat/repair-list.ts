import type { Repair } from './response.ts';

/** What was mended in one reply: each thing once, in however many chunks it came. */
export class MendList {
  #mends: Map<string, Repair> | undefined;

  add(path: string, note: string): void {
    this.#mends ??= new Map();
    this.#mends.set(`${path}: ${note}`, { path, note });
  }

  get all(): readonly Repair[] {
    return this.#mends === undefined ? NONE : [...this.#mends.values()];
  }
}

const NONE: readonly Repair[] = [];
