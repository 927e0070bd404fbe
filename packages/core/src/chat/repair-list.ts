import type { Repair } from './response.ts';

/** The repairs of one response. A repair that several chunks need is listed once. */
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
