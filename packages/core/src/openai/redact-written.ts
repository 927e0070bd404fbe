/** Takes words out of a text in whatever way they are written there: plain, or escaped as in JSON, HTML and addresses. */
export function redactWritten(text: string, words: Iterable<string>): string {
  const read = readWritten(text);
  const ranges: Range[] = [];
  for (const word of new Set([...words].flatMap(spellings))) ranges.push(...rangesOf(word, read.plain));
  if (ranges.length === 0) return text;
  let shown = '';
  let after = 0;
  for (const { start, end } of merged(ranges)) {
    shown += `${text.slice(after, read.places[start])}[redacted]`;
    after = read.places[end] ?? text.length;
  }
  return shown + text.slice(after);
}

interface Written {
  /** What a reader of the text would understand. */
  readonly plain: string;
  /** Where in the text each character of `plain` begins, and where the last one ends. */
  readonly places: readonly number[];
}

/** Until there is nothing left to read: JSON may stand inside JSON, or an address in it. */
function readWritten(text: string): Written {
  let read: Written = { plain: text, places: Array.from({ length: text.length + 1 }, (_, place) => place) };
  for (let depth = 0; depth < DEEPEST; depth++) {
    const once = readOnce(read);
    if (once.plain === read.plain) break;
    read = once;
  }
  return read;
}

/** Nobody writes deeper than that but to keep us busy. */
const DEEPEST = 8;

function readOnce({ plain: text, places }: Written): Written {
  let plain = '';
  const starts: number[] = [];
  const add = (sign: string, position: number): void => {
    plain += sign;
    starts.push(places[position] ?? 0);
  };
  let position = 0;
  for (const match of text.matchAll(ESCAPED)) {
    for (; position < match.index; position++) add(text.charAt(position), position);
    add(signOf(match), position);
    position += match[0].length;
  }
  for (; position <= text.length; position++) add(text.charAt(position), position);
  return { plain, places: starts };
}

/** A plus may be a space in an address. */
const ESCAPED =
  /\\u(?<unicode>[\da-f]{4})|\\(?<sign>["'\\/])|%(?<percent>[\da-f]{2})|&(?:#(?<decimal>\d{2,5})|#x(?<hex>[\da-f]{2,4})|(?<name>amp|lt|gt|quot|apos));|\+/gi;

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function signOf({ groups = {} }: RegExpExecArray): string {
  const { unicode, sign, percent, decimal, hex, name } = groups;
  const code = unicode ?? percent ?? hex;
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  if (decimal !== undefined) return String.fromCharCode(Number(decimal));
  if (name !== undefined) return NAMED[name.toLowerCase()] ?? '';
  return sign ?? ' ';
}

/** Read as the text is, so that both are alike; beyond ASCII an address has a form of its own. */
function spellings(word: string): readonly string[] {
  return [word, encodeURIComponent(word.toWellFormed())].map((spelling) => readWritten(spelling).plain);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function rangesOf(word: string, plain: string): readonly Range[] {
  const ranges: Range[] = [];
  for (let start = plain.indexOf(word); start >= 0; start = plain.indexOf(word, start + 1)) {
    ranges.push({ start, end: start + word.length });
  }
  for (let end = nextCut(plain, 0); ; end = nextCut(plain, end + 1)) {
    const start = startOfCut(word, { plain, end });
    if (start !== undefined) ranges.push({ start, end });
    if (end === plain.length) return ranges;
  }
}

/** A text is cut at its end, or where it says so. */
function nextCut(plain: string, from: number): number {
  const position = plain.indexOf('…', from);
  return position < 0 ? plain.length : position;
}

/** Where the first part of a word stands before a cut. */
function startOfCut(
  word: string,
  { plain, end }: { readonly plain: string; readonly end: number },
): number | undefined {
  for (let start = Math.max(0, end - word.length + 1); start <= end - TELLING; start++) {
    if (plain[start] === word[0] && word.startsWith(plain.slice(start, end))) return start;
  }
  return undefined;
}

/** Less of a word says nothing, and may stand there by chance. */
const TELLING = 6;

function merged(ranges: readonly Range[]): readonly Range[] {
  const found: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last === undefined || range.start > last.end) found.push(range);
    else found[found.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return found;
}
