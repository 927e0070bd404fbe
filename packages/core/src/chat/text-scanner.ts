import { parseJson } from '../base/json.ts';
import { JsonPrefix } from '../base/json-prefix.ts';

/** A JSON value in a text: its text and the parsed value. */
export interface ScannedJson {
  readonly text: string;
  readonly value: unknown;
}

/** Reads a text from a position. If the wanted item is not next, a method returns `undefined` and the position stays. */
export class TextScanner {
  readonly text: string;
  position: number;

  constructor(text: string, position = 0) {
    this.text = text;
    this.position = position;
  }

  get isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  skipBlanks(): void {
    this.match(/\s*/y);
  }

  isAt(mark: string): boolean {
    return this.text.startsWith(mark, this.position);
  }

  take(mark: string): boolean {
    if (!this.isAt(mark)) return false;
    this.position += mark.length;
    return true;
  }

  takeAny(marks: readonly string[]): boolean {
    return marks.some((mark) => this.take(mark));
  }

  /** Takes the text up to a mark, and the mark. A mark after `maxLength` characters does not count. */
  takeUntil(mark: string, maxLength: number = Number.POSITIVE_INFINITY): string | undefined {
    const end = this.text.indexOf(mark, this.position);
    if (end === -1 || end - this.position > maxLength) return undefined;
    const found = this.text.slice(this.position, end);
    this.position = end + mark.length;
    return found;
  }

  /** @param pattern - sticky */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  /** Takes a JSON object or array. */
  takeJson(): ScannedJson | undefined {
    if (!/[{[]/.test(this.text[this.position] ?? '')) return undefined;
    const end = new JsonPrefix().readValue(this.text, this.position);
    const text = end === undefined ? undefined : this.text.slice(this.position, end);
    const parsed = text === undefined ? undefined : parseJson(text);
    if (end === undefined || text === undefined || parsed?.ok !== true) return undefined;
    this.position = end;
    return { text, value: parsed.value };
  }
}
