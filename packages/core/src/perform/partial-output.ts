import type { Json } from '../base/json.ts';
import { partialJson } from '../base/partial-json.ts';

/** What there is so far of an output that is coming in pieces. */
export class PartialOutput {
  readonly #unwrap: (value: unknown) => unknown;
  #text = '';
  #toldAt = 0;

  constructor(unwrap: (value: unknown) => unknown) {
    this.#unwrap = unwrap;
  }

  /** The output with this piece; `undefined` where there is nothing new to tell. */
  push(delta: string): Json | undefined {
    this.#text += delta;
    // The whole is read each time: a long text is told less often, so that its cost stays in proportion.
    if ((this.#text.length - this.#toldAt) * STEPS < this.#text.length) return undefined;
    this.#toldAt = this.#text.length;
    const value = this.#unwrap(partialJson(this.#text.replace(/^\s*```\w*\s*\n/, '')));
    return value as Json | undefined; // JSON.parse gives nothing else.
  }
}

const STEPS = 64;
