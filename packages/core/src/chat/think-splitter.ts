export interface Thought {
  readonly reasoning: string;
  readonly text: string;
}

/** Takes `<think>…</think>` off the start of a text that comes in pieces, wherever those are cut. */
export class ThinkSplitter {
  #state: 'start' | 'thinking' | 'behind' | 'text' = 'start';
  /** What may turn out to be a tag. */
  #held = '';
  #hasThought = false;

  get hasThought(): boolean {
    return this.#hasThought;
  }

  get isClosed(): boolean {
    return this.#state === 'behind' || this.#state === 'text';
  }

  push(piece: string): Thought {
    switch (this.#state) {
      case 'start':
        return this.#start(this.#held + piece);
      case 'thinking':
        return this.#think(this.#held + piece);
      case 'behind':
        return this.#behind(piece);
      case 'text':
        return { reasoning: '', text: piece };
    }
  }

  /** What was held back, once it is clear that no tag comes. */
  settle(): Thought {
    const held = this.#held;
    this.#held = '';
    if (this.#state === 'start' && held !== '') this.#state = 'text';
    return this.#state === 'thinking' ? { reasoning: held, text: '' } : { reasoning: '', text: held };
  }

  #start(text: string): Thought {
    const words = text.trimStart();
    const isNear = text.length - words.length <= LONGEST_INDENT;
    if (isNear && words.startsWith(OPENING)) {
      this.#state = 'thinking';
      this.#hasThought = true;
      return this.#think(words.slice(OPENING.length));
    }
    this.#held = isNear && OPENING.startsWith(words) ? text : '';
    if (this.#held !== '' || text === '') return NOTHING;
    this.#state = 'text';
    return { reasoning: '', text };
  }

  #think(text: string): Thought {
    const end = text.indexOf(CLOSING);
    if (end !== -1) {
      this.#held = '';
      this.#state = 'behind';
      return { ...this.#behind(text.slice(end + CLOSING.length)), reasoning: text.slice(0, end) };
    }
    const kept = text.length - overlap(text);
    this.#held = text.slice(kept);
    return { reasoning: text.slice(0, kept), text: '' };
  }

  /** The blank lines before the answer belong to the tag. */
  #behind(piece: string): Thought {
    const text = piece.trimStart();
    if (text !== '') this.#state = 'text';
    return { reasoning: '', text };
  }
}

const OPENING = '<think>';
const CLOSING = '</think>';
const NOTHING: Thought = { reasoning: '', text: '' };

/** Blanks before the tag. With more of them it is text, so that a stream of blanks stays cheap. */
const LONGEST_INDENT = 64;

/** How much of the text's end may be the start of the closing tag. */
function overlap(text: string): number {
  for (let length = Math.min(CLOSING.length - 1, text.length); length > 0; length--) {
    if (CLOSING.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
