/** Counts the columns that a text takes in a terminal: emoji and East Asian wide characters take two, combining marks none. */
export function countColumns(text: string): number {
  let columns = 0;
  for (const { segment } of getSegmenter().segment(text)) columns += countSegment(segment);
  return columns;
}

/** Shortens a text to a number of columns, with `…` for what is missing. */
export function shortenToColumns(text: string, max: number): string {
  // A character has at least one code unit, and most texts are short.
  const [head, hasMore] = text.length > max * MAX_UNITS ? [text.slice(0, max * MAX_UNITS), true] : [text, false];
  if (!hasMore && countColumns(head) <= max) return head;
  let kept = '';
  let columns = 0;
  for (const { segment } of getSegmenter().segment(head)) {
    columns += countSegment(segment);
    if (columns > max - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function fillToColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - countColumns(text)));
}

let segmenter: Intl.Segmenter | undefined;

/** Making one takes longer than all else that the help does. */
function getSegmenter(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter;
}

/** Enough for a grapheme with marks. */
const MAX_UNITS = 8;

function countSegment(segment: string): number {
  if (/^\p{Emoji_Presentation}/u.test(segment) || segment.includes('\ufe0f')) return 2;
  const code = segment.codePointAt(0) ?? 0;
  if (/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u.test(segment)) return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** The blocks of wide and fullwidth characters: https://www.unicode.org/reports/tr11/ */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];
