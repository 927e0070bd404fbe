export interface SplitText {
  readonly reasoning: string;
  readonly text: string;
}

/** Takes `<think>…</think>` off the start of a text that comes in pieces, wherever those are cut. */
export class ThinkSplitter {
  #state: 'start' | 'thinking' | 'text' = 'start';
  /** What may turn out to be a tag. */
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
    let left = this.#held + piece;
    let reasoning = '';
    // One thought may follow another.
    while (this.#isThought(left)) {
      const thought = this.#state === 'start' ? left.trimStart().slice(OPENING.length) : left;
      this.#hasThought = true;
      const end = thought.indexOf(CLOSING);
      if (end === -1) return { reasoning: reasoning + this.#pushThought(thought), text: '' };
      this.#state = 'start';
      reasoning += thought.slice(0, end);
      left = thought.slice(end + CLOSING.length);
    }
    return { reasoning, text: this.#pushText(left) };
  }

  /** What was held back, once it is clear that no tag comes. */
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

  #pushText(given: string): string {
    const words = given.trimStart();
    // The blank lines between a thought and the answer belong to the tag.
    const text = this.#hasThought ? words : given;
    this.#held = this.#isNear(given) && OPENING.startsWith(words) ? text : '';
    if (this.#held !== '' || text === '') return '';
    this.#state = 'text';
    return text;
  }
}

const OPENING = '<think>';
const CLOSING = '</think>';

/** Blanks before the tag. With more of them it is text, so that a stream of blanks stays cheap. */
const LONGEST_INDENT = 64;

/** How much of the text's end may be the start of the closing tag. */
function measureClosing(text: string): number {
  for (let length = Math.min(CLOSING.length - 1, text.length); length > 0; length--) {
    if (CLOSING.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
