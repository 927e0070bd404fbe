/**
 * Reads JSON in pieces. After each piece it says whether the text can still become JSON and whether it is complete. A piece
 * costs time in proportion to its own length.
 */
export class JsonPrefix {
  #next: ExpectedToken = 'value';
  /** The token that is being read; `undefined` between two tokens. */
  #token: 'string' | 'escape' | 'hex' | 'word' | 'number' | undefined;
  #part: NumberPart = 'minus';
  /** The characters of a word that are still expected. */
  #rest = '';
  #hexDigits = 0;
  /** For each open bracket, whether it is a brace. */
  readonly #open: boolean[] = [];
  #isBroken = false;

  /** No continuation can make the text JSON. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The text is one complete value. A number at the root is not complete, because another digit can follow. */
  get isWhole(): boolean {
    return this.#next === 'end' && this.#token === undefined && !this.#isBroken;
  }

  add(piece: string): void {
    let position = 0;
    while (position < piece.length && !this.#isBroken) position = this.#read(piece, position);
  }

  /** Reads a value that starts at a position. Returns the position after its end; `undefined` if the value is not complete. */
  readValue(text: string, start: number): number | undefined {
    let position = start;
    while (position < text.length && !this.#isBroken && !this.isWhole) position = this.#read(text, position);
    return this.isWhole ? position : undefined;
  }

  #read(text: string, position: number): number {
    if (this.#token === 'string') return this.#readString(text, position);
    this.#step(text.charCodeAt(position));
    return position + 1;
  }

  /** A separate fast path, because most characters are part of a string. */
  #readString(text: string, start: number): number {
    for (let position = start; position < text.length; position++) {
      const code = text.charCodeAt(position);
      if (code === QUOTE) this.#token = undefined;
      else if (code === BACKSLASH) this.#token = 'escape';
      else if (code < SPACE) this.#isBroken = true;
      else continue;
      return position + 1;
    }
    return text.length;
  }

  #step(code: number): void {
    switch (this.#token) {
      case undefined:
        if (!isBlank(code)) this.#beginToken(code);
        return;
      case 'string': // Read by `#readString`.
        return;
      case 'escape':
        this.#hexDigits = 0;
        if (code === 0x75) this.#token = 'hex';
        else if (ESCAPES.has(code)) this.#token = 'string';
        else this.#isBroken = true;
        return;
      case 'hex':
        this.#isBroken = !isHexDigit(code);
        if (++this.#hexDigits === 4) this.#token = 'string';
        return;
      case 'word':
        this.#isBroken = code !== this.#rest.charCodeAt(0);
        this.#rest = this.#rest.slice(1);
        if (this.#rest === '') this.#token = undefined;
        return;
      case 'number':
        this.#stepNumber(code);
    }
  }

  #stepNumber(code: number): void {
    const next = advanceNumber(this.#part, code);
    if (next !== undefined) {
      this.#part = next;
      return;
    }
    this.#token = undefined;
    if (!ENDS.has(this.#part)) this.#isBroken = true;
    else if (!isBlank(code)) this.#beginToken(code);
  }

  /** Reads the first character of a token. */
  #beginToken(code: number): void {
    if (code === QUOTE) this.#beginString();
    else if (code === COMMA || code === COLON) this.#separate(code);
    else if (code === 0x7d || code === 0x5d) this.#close(code === 0x7d);
    else this.#beginValue(code);
  }

  #beginString(): void {
    this.#token = 'string';
    if (this.#next === 'first' || this.#next === 'key') this.#next = 'colon';
    else this.#endValue();
  }

  #separate(code: number): void {
    if (code === COLON && this.#next === 'colon') this.#next = 'value';
    else if (code === COMMA && this.#next === 'more') this.#next = this.#open.at(-1) === true ? 'key' : 'value';
    else this.#isBroken = true;
  }

  #close(isBrace: boolean): void {
    const isAllowed = this.#next === 'more' || this.#next === (isBrace ? 'first' : 'element');
    if (!isAllowed || this.#open.pop() !== isBrace) this.#isBroken = true;
    else this.#next = this.#open.length === 0 ? 'end' : 'more';
  }

  #beginValue(code: number): void {
    const isBrace = code === 0x7b;
    const rest = WORDS.get(code);
    if (isBrace || code === 0x5b) {
      if (this.#next !== 'value' && this.#next !== 'element') this.#isBroken = true;
      this.#open.push(isBrace);
      this.#next = isBrace ? 'first' : 'element';
      return;
    }
    this.#endValue();
    if (rest !== undefined) {
      this.#token = 'word';
      this.#rest = rest;
      return;
    }
    const part = advanceNumber('start', code);
    if (part === undefined) {
      this.#isBroken = true;
      return;
    }
    this.#token = 'number';
    this.#part = part;
  }

  /** Sets what can follow a value without brackets. */
  #endValue(): void {
    if (this.#next !== 'value' && this.#next !== 'element') this.#isBroken = true;
    this.#next = this.#open.length === 0 ? 'end' : 'more';
  }
}

/** What can come next: `first` is a key or the end of an object, `element` is a value or the end of an array. */
type ExpectedToken = 'value' | 'first' | 'key' | 'colon' | 'element' | 'more' | 'end';

type NumberPart = 'minus' | 'zero' | 'integer' | 'point' | 'fraction' | 'exponent' | 'sign' | 'power';

/** The parts after which a number can end. */
const ENDS: ReadonlySet<NumberPart> = new Set(['zero', 'integer', 'fraction', 'power']);

function advanceNumber(part: NumberPart | 'start', code: number): NumberPart | undefined {
  const isDigit = code >= ZERO && code <= 0x39;
  const isExponent = code === 0x65 || code === 0x45;
  switch (part) {
    case 'start':
      if (code === 0x2d) return 'minus';
      return isDigit ? advanceNumber('minus', code) : undefined;
    case 'minus':
      if (!isDigit) return undefined;
      return code === ZERO ? 'zero' : 'integer';
    case 'integer':
      if (isDigit) return 'integer';
      return advanceNumber('zero', code);
    case 'zero':
      if (code === 0x2e) return 'point';
      return isExponent ? 'exponent' : undefined;
    case 'point':
      return isDigit ? 'fraction' : undefined;
    case 'fraction':
      if (isDigit) return 'fraction';
      return isExponent ? 'exponent' : undefined;
    case 'exponent':
      if (code === 0x2b || code === 0x2d) return 'sign';
      return isDigit ? 'power' : undefined;
    case 'sign':
    case 'power':
      return isDigit ? 'power' : undefined;
  }
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** The remaining characters of each word, by its first character. */
const WORDS: ReadonlyMap<number, string> = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), word.slice(1)]),
);

/** What can follow a backslash, besides `u`. */
const ESCAPES: ReadonlySet<number> = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));

/** Space, tab, line feed, carriage return. */
function isBlank(code: number): boolean {
  return code === SPACE || code === 0x09 || code === 0x0a || code === 0x0d;
}

function isHexDigit(code: number): boolean {
  return (code >= ZERO && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}
