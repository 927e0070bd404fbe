import { readTextCalls, type TextCallScope, type TextWithCalls } from './read-text-calls.ts';
import { canStartWithCall, findOpening, measureOverlap } from './text-call-marks.ts';

/** How calls in a text are distinguished from quotes. */
export type TextCallOptions = Pick<TextCallScope, 'isQuoted'>;

/**
 * Holds back a text that comes in pieces from where a call may begin in it, so that no listener hears of a call's markup.
 *
 * Whether it is a call is decided at the end: only then it is known that no structured call comes.
 */
export class TextCalls {
  readonly #reading: TextCallScope;
  #state: 'start' | 'text' | 'holding' | 'ended' = 'start';
  #passed = '';
  #held = '';

  constructor(reading: TextCallScope) {
    this.#reading = reading;
  }

  /** What of the text so far is no part of a call. */
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

  /** The calls that were written, and what is left of the text that was held back. */
  end(): TextWithCalls {
    const isPossible = this.#state === 'start' || this.#state === 'holding';
    const found = isPossible ? readTextCalls(this.#passed + this.#held, this.#reading) : undefined;
    const held = this.release();
    if (found === undefined) return { calls: [], text: held, forms: [] };
    return { ...found, text: found.text.slice(this.#passed.length).trimEnd() };
  }

  /** The text that was held back, as there are no calls in it. */
  release(): string {
    const held = this.#held;
    this.#held = '';
    this.#state = 'ended';
    return held;
  }

  #pass(text: string): string {
    if (this.#state === 'start' && canStartWithCall(text, this.#reading.tools)) {
      const isLong = text.length > LONGEST_START;
      // A call goes on; blanks are text, so that a stream of them stays cheap.
      if (isLong) this.#state = text.trim() === '' ? 'text' : 'holding';
      if (this.#state !== 'text') return this.#hold(text, 0);
    }
    this.#state = 'text';
    const opening = findOpening(text);
    if (opening !== -1) this.#state = 'holding';
    return this.#hold(text, opening === -1 ? text.length - measureOverlap(text) : opening);
  }

  /** The blanks before a call are held back as well: without the call they would end the text. */
  #hold(text: string, from: number): string {
    let start = from;
    while (start > 0 && from - start < LONGEST_GAP && /\s/.test(text[start - 1] ?? '')) start--;
    this.#held = text.slice(start);
    const ready = text.slice(0, start);
    this.#passed += ready;
    return ready;
  }
}

/** From here on it is known what a text begins with. */
const LONGEST_START = 256;

/** More blanks than these are passed on, so that a stream of them stays cheap. */
const LONGEST_GAP = 64;
