import { alignEnd, alignStart } from '../base/whole-characters.ts';

export interface ShortenOptions {
  /** The most characters of the text that are shown; the line between is not counted. */
  readonly maxLength: number;
  /** How the rest can be read, told in the line between, such as `restOf(callId)`. */
  readonly rest?: string;
}

/** Head (two thirds) and tail of a text that is too long, and a line between that says what is left out. */
export function shortenMiddle(text: string, { maxLength, rest }: ShortenOptions): string {
  if (text.length <= maxLength) return text;
  const tailLength = Math.floor(maxLength / 3);
  const head = text.slice(0, alignEnd(text, maxLength - tailLength));
  const tail = text.slice(alignStart(text, text.length - tailLength));
  const left = text.length - head.length - tail.length;
  const how = rest === undefined ? '' : `, from ${head.length} on: ${rest}`;
  return `${head}\n[… ${left} ${left === 1 ? 'character' : 'characters'} left out${how} …]\n${tail}`;
}
