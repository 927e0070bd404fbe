import { alignEnd, alignStart } from '../base/whole-characters.ts';

export interface ShortenOptions {
  /** Maximum characters of head and tail together; the line between them is not counted. */
  readonly maxLength: number;
  /** How to read the omitted part, for the line between, such as `describeRest(toolCallId)`. */
  readonly rest?: string;
}

/** Shortens a text to its head (two thirds) and its tail, with a line between that says what is omitted. */
export function shortenMiddle(text: string, { maxLength, rest }: ShortenOptions): string {
  if (text.length <= maxLength) return text;
  const tailLength = Math.floor(maxLength / 3);
  const head = text.slice(0, alignEnd(text, maxLength - tailLength));
  const tail = text.slice(alignStart(text, text.length - tailLength));
  const omitted = text.length - head.length - tail.length;
  const advice = rest === undefined ? '' : `, from ${head.length} on: ${rest}`;
  return `${head}\n[… ${omitted} ${omitted === 1 ? 'character' : 'characters'} omitted${advice} …]\n${tail}`;
}
