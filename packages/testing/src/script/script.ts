import type { ChatRequest } from '@pawl/core';
import { ScriptError } from './errors.ts';

/** Looks at a request, then says what to answer. */
export type Respond<R> = (request: ChatRequest) => R | Promise<R>;

/** Replies in order, one for each request; or one function for all requests. */
export type ScriptEntries<R> = readonly (R | Respond<R>)[] | Respond<R>;

/** Where a script has got to. */
export class Script<R extends { readonly type: string }> {
  readonly #entries: ScriptEntries<R>;
  #asked = 0;

  constructor(entries: ScriptEntries<R>) {
    this.#entries = entries;
  }

  /** @throws ScriptError when every entry was used. */
  async next(request: ChatRequest): Promise<R> {
    const at = this.#asked++;
    const entry = typeof this.#entries === 'function' ? this.#entries : this.#entries[at];
    if (entry === undefined) throw usedUp(this.#entries.length, at + 1);
    return typeof entry === 'function' ? await entry(request) : entry;
  }

  /** @throws ScriptError unless every entry was used. A function is always done. */
  assertDone(): void {
    if (typeof this.#entries === 'function' || this.#asked >= this.#entries.length) return;
    const left = this.#entries
      .slice(this.#asked)
      .map((entry) => (typeof entry === 'function' ? 'function' : entry.type));
    throw new ScriptError(
      `The script has ${left.length} of ${this.#entries.length} replies left: ${left.join(', ')}. Take them out, or make the run ask for them.`,
      { code: 'script.left' },
    );
  }
}

function usedUp(length: number, request: number): ScriptError {
  return new ScriptError(
    `The script is used up: it has ${length} ${length === 1 ? 'reply' : 'replies'}, and this is request ${request}. Add a reply, or find out why the run asks once more.`,
    { code: 'script.used_up' },
  );
}
