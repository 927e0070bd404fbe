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
    for (let at = 0; at < piece.length && this.#extent !== 'beyond'; at++) this.#look(piece.charCodeAt(at));
  }

  #look(code: number): void {
    if (this.#isQuoted) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) this.#isQuoted = false;
    } else if (!isBlank(code)) this.#count(code);
  }

  #count(code: number): void {
    // A text that begins otherwise is no object, and what is closed does not go on.
    const isBeyond = this.#extent === 'closed' || (this.#extent === 'before' && code !== OPENING_BRACE);
    this.#isQuoted = code === QUOTE;
    if (code === OPENING_BRACE || code === OPENING_BRACKET) this.#depth++;
    if (code === CLOSING_BRACE || code === CLOSING_BRACKET) this.#depth--;
    if (isBeyond) this.#extent = 'beyond';
    else this.#extent = this.#depth === 0 ? 'closed' : 'inside';
  }
}

const QUOTE = 0x22;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Space, tab, and the ends of lines. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function isObject(text: string): boolean {
  const parsed = parseJson(text);
  return parsed.ok && isRecord(parsed.value);
}
