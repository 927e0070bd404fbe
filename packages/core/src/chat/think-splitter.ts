export interface SplitText {
  readonly reasoning: string;
  readonly text: string;
}

/** Splits `<think>…</think>` from the start of a text. The pieces of the text can be cut anywhere. */
export class ThinkSplitter {
  #state: 'start' | 'thinking' | 'text' = 'start';
  /** Text that can be the beginning of a tag. */
  #held = '';
  #hasThought = false;

  get hasThought(): boolean {
    return this.#hasThought;
  }

  get isClosed(): boolean {
    return this.#state !== 'thinking';
  }

  push(piece: string): SplitText {
    if (this.#state === 'text') return { reasoning: '', text: piece };
    let rest = this.#held + piece;
    let reasoning = '';
    // Several thoughts can follow each other.
    while (this.#isThought(rest)) {
      const thought = this.#state === 'start' ? rest.trimStart().slice(OPENING.length) : rest;
      this.#hasThought = true;
      const end = thought.indexOf(CLOSING);
      if (end === -1) return { reasoning: reasoning + this.#pushThought(thought), text: '' };
      this.#state = 'start';
      reasoning += thought.slice(0, end);
      rest = thought.slice(end + CLOSING.length);
    }
    return { reasoning, text: this.#pushText(rest) };
  }

  /** Returns the text that was held back, when it is clear that no tag comes. */
  flush(): SplitText {
    const held = this.#held;
    this.#held = '';
    if (this.#state === 'start' && held !== '') this.#state = 'text';
    return this.#state === 'thinking' ? { reasoning: held, text: '' } : { reasoning: '', text: held };
  }

  #isThought(text: string): boolean {
    return this.#state === 'thinking' || (this.#isNear(text) && text.trimStart().startsWith(OPENING));
  }

  #isNear(text: string): boolean {
    return this.#hasThought || text.length - text.trimStart().length <= LONGEST_INDENT;
  }

  #pushThought(text: string): string {
    const kept = text.length - measureClosing(text);
    this.#state = 'thinking';
    this.#held = text.slice(kept);
    return text.slice(0, kept);
  }

  #pushText(added: string): string {
    const trimmed = added.trimStart();
    // The blank lines after a thought belong to the tag.
    const text = this.#hasThought ? trimmed : added;
    this.#held = this.#isNear(added) && OPENING.startsWith(trimmed) ? text : '';
    if (this.#held !== '' || text === '') return '';
    this.#state = 'text';
    return text;
  }
}

const OPENING = '<think>';
const CLOSING = '</think>';

/** The maximum number of blanks before the tag, so that a long run of blanks is not scanned again with each piece. */
const LONGEST_INDENT = 64;

/** Returns the length of the end of a text that can be the start of the closing tag. */
function measureClosing(text: string): number {
  for (let length = Math.min(CLOSING.length - 1, text.length); length > 0; length--) {
    if (CLOSING.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
