/** Where a filter is in a control sequence: ECMA-48, section 8.3 (CSI, OSC, DCS, SOS, PM, APC). */
type FilterState = 'text' | 'escape' | 'sequence' | 'string' | 'string-escape';

/**
 * Removes what could control a terminal from text of models and tools: control characters except newline and tab, escape sequences, and
 * characters that change the direction of text. Sequences may be split between pieces.
 */
export class ControlFilter {
  #state: FilterState = 'text';
  #length = 0;

  push(piece: string): string {
    // Nearly all pieces are plain text.
    if (this.#state === 'text' && !CONTROL.test(piece)) return piece;
    let kept = '';
    for (const character of piece) kept += this.#filter(character);
    return kept;
  }

  #filter(character: string): string {
    const code = character.charCodeAt(0);
    this.#length++;
    // A sequence that never ends must not hide the rest of the text.
    if (this.#state !== 'text' && (character === '\n' || this.#length > MAX_SEQUENCE)) this.#state = 'text';
    switch (this.#state) {
      case 'text':
        return this.#begin(character, code);
      case 'escape':
        if (code >= 0x20 && code <= 0x2f) return '';
        this.#enter(character === '[' ? 'sequence' : STRINGS.includes(character) ? 'string' : 'text');
        return '';
      case 'sequence':
        if (code < 0x20 || code > 0x3f) this.#state = 'text';
        return '';
      case 'string':
        if (character === '\u0007' || character === '\u009c') this.#state = 'text';
        else if (character === '\u001b') this.#state = 'string-escape';
        return '';
      case 'string-escape':
        this.#state = character === '\\' ? 'text' : 'string';
        return '';
    }
  }

  #begin(character: string, code: number): string {
    if (code === 0x1b) this.#enter('escape');
    else if (code === 0x9b) this.#enter('sequence');
    else if (C1_STRINGS.includes(character)) this.#enter('string');
    else if (!CONTROL.test(character)) return character;
    return '';
  }

  #enter(state: FilterState): void {
    this.#state = state;
    this.#length = 0;
  }
}

/** Removes what could control a terminal from a whole text. */
export function stripControls(text: string): string {
  return new ControlFilter().push(text);
}

/** Shows what could control a terminal as `\u001b`. In JSON it is the same value. */
export function escapeControls(text: string): string {
  return text.replaceAll(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Returns a value as JSON that is safe on a terminal. */
export function toSafeJson(value: unknown, indent?: number): string {
  return escapeControls(JSON.stringify(value, undefined, indent) ?? 'null');
}

/** C0 without tab and newline, DEL, C1, and the embeddings, overrides and isolates of the bidirectional algorithm (UAX 9). */
const RANGES = '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069';
const CONTROL = new RegExp(`[${RANGES}]`);
const CONTROLS = new RegExp(`[${RANGES}]`, 'g');
/** The longest sequence that is removed as one. */
const MAX_SEQUENCE = 4_096;
/** After ESC: DCS, SOS, OSC, PM, APC. */
const STRINGS = 'PX]^_';
const C1_STRINGS = '\u0090\u0098\u009d\u009e\u009f';
