import { isRecord, parseJson } from '../base/json.ts';

/** The text of a call as it grows. Whether it is one whole JSON object is known after each piece, at the cost of that piece. */
export class CallText {
  #text = '';
  #extent: 'before' | 'inside' | 'closed' | 'beyond' = 'before';
  #depth = 0;
  #isQuoted = false;
  #isEscaped = false;
  #isObject: boolean | undefined;

  get text(): string {
    return this.#text;
  }

  /** Whether nothing can be added to these arguments. */
  get isWhole(): boolean {
    if (this.#extent !== 'closed') return false;
    // Asked once: only blanks may have come since.
    this.#isObject ??= isObject(this.#text);
    return this.#isObject;
  }

  add(piece: string): void {
    this.#text += piece;
    for (let at = 0; at < piece.length && this.#extent !== 'beyond'; at++) this.#look(piece.charAt(at));
  }

  #look(character: string): void {
    if (this.#isQuoted) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (character === '\\') this.#isEscaped = true;
      else if (character === '"') this.#isQuoted = false;
    } else if (!BLANKS.includes(character)) this.#count(character);
  }

  #count(character: string): void {
    // A text that begins otherwise is no object, and what is closed does not go on.
    const isBeyond = this.#extent === 'closed' || (this.#extent === 'before' && character !== '{');
    this.#isQuoted = character === '"';
    if (character === '{' || character === '[') this.#depth++;
    if (character === '}' || character === ']') this.#depth--;
    if (isBeyond) this.#extent = 'beyond';
    else this.#extent = this.#depth === 0 ? 'closed' : 'inside';
  }
}

const BLANKS = ' \t\n\r';

function isObject(text: string): boolean {
  const parsed = parseJson(text);
  return parsed.ok && isRecord(parsed.value);
}
