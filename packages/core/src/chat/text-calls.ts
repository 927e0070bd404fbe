import { readTextCalls, type TextCallScope, type TextWithCalls } from './read-text-calls.ts';
import { canStartWithCall, findOpening, measureOverlap } from './text-call-marks.ts';

/** How to distinguish calls in a text from quotes. */
export type TextCallOptions = Pick<TextCallScope, 'isQuoted'>;

/**
 * Holds back the end of a text from where a call can begin, so that no delta has a call's markup.
 *
 * `end` decides whether it is a call, because only then it is known that there is no structured call.
 */
export class TextCalls {
  readonly #scope: TextCallScope;
  #state: 'start' | 'text' | 'holding' | 'ended' = 'start';
  #passed = '';
  #held = '';

  constructor(scope: TextCallScope) {
    this.#scope = scope;
  }

  /** Adds a piece. Returns the text that is not a part of a call. */
  push(piece: string): string {
    switch (this.#state) {
      case 'ended':
        return piece;
      case 'holding':
        this.#held += piece;
        return '';
      case 'start':
      case 'text':
        return this.#pass(this.#held + piece);
    }
  }

  /** Returns the calls, and the rest of the text that was held back. */
  end(): TextWithCalls {
    const isPossible = this.#state === 'start' || this.#state === 'holding';
    const found = isPossible ? readTextCalls(this.#passed + this.#held, this.#scope) : undefined;
    const held = this.release();
    if (found === undefined) return { calls: [], text: held, forms: [] };
    return { ...found, text: found.text.slice(this.#passed.length).trimEnd() };
  }

  /** Returns the text that was held back, without looking for calls. */
  release(): string {
    const held = this.#held;
    this.#held = '';
    this.#state = 'ended';
    return held;
  }

  #pass(text: string): string {
    if (this.#state === 'start' && canStartWithCall(text, this.#scope.tools)) {
      const isLong = text.length > LONGEST_START;
      // Blanks only are text, so that a long run of blanks is not scanned again with each piece.
      if (isLong) this.#state = text.trim() === '' ? 'text' : 'holding';
      if (this.#state !== 'text') return this.#hold(text, 0);
    }
    this.#state = 'text';
    const opening = findOpening(text);
    if (opening !== -1) this.#state = 'holding';
    return this.#hold(text, opening === -1 ? text.length - measureOverlap(text) : opening);
  }

  /** Holds back the blanks before a call too, because without the call they would be at the end of the text. */
  #hold(text: string, from: number): string {
    let start = from;
    while (start > 0 && from - start < LONGEST_GAP && /\s/.test(text[start - 1] ?? '')) start--;
    this.#held = text.slice(start);
    const ready = text.slice(0, start);
    this.#passed += ready;
    return ready;
  }
}

/** After this many characters it is known how a text begins. */
const LONGEST_START = 256;

/** The maximum number of blanks that are held back, so that a long run of blanks is not scanned again with each piece. */
const LONGEST_GAP = 64;
