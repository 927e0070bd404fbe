import type { Repair } from './response.ts';

/** What was mended in one response: each thing once, in however many chunks it came. */
export class RepairList {
  #repairs: Map<string, Repair> | undefined;

  add(path: string, note: string): void {
    this.#repairs ??= new Map();
    this.#repairs.set(`${path}: ${note}`, { path, note });
  }

  get all(): readonly Repair[] {
    return this.#repairs === undefined ? NONE : [...this.#repairs.values()];
  }
}

const NONE: readonly Repair[] = [];
