/** Replaces secrets in a text by `[redacted]`, also if they are escaped for JSON, HTML or URLs. */
export function redactEncoded(text: string, secrets: Iterable<string>): string {
  const { decoded, positions } = decodeText(text);
  const ranges: Range[] = [];
  for (const secret of new Set([...secrets].flatMap(listSpellings))) ranges.push(...findRanges(secret, decoded));
  if (ranges.length === 0) return text;
  let redacted = '';
  let after = 0;
  for (const { start, end } of mergeRanges(ranges)) {
    redacted += `${text.slice(after, positions[start])}[redacted]`;
    after = positions[end] ?? text.length;
  }
  return redacted + text.slice(after);
}

interface DecodedText {
  /** The text without escapes. */
  readonly decoded: string;
  /** The position in the original text of each character of `decoded`, and of its end. */
  readonly positions: readonly number[];
}

/** Decodes until nothing changes: JSON may contain JSON or URLs. */
function decodeText(text: string): DecodedText {
  let result: DecodedText = {
    decoded: text,
    positions: Array.from({ length: text.length + 1 }, (_, position) => position),
  };
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const next = decodeOnce(result);
    if (next.decoded === result.decoded) break;
    result = next;
  }
  return result;
}

/** Bounds the work for hostile text: real text is not nested deeper. */
const MAX_DEPTH = 8;

function decodeOnce({ decoded: text, positions }: DecodedText): DecodedText {
  let decoded = '';
  const starts: number[] = [];
  const add = (character: string, position: number): void => {
    decoded += character;
    starts.push(positions[position] ?? 0);
  };
  let position = 0;
  for (const match of text.matchAll(ESCAPED)) {
    for (; position < match.index; position++) add(text.charAt(position), position);
    add(decodeMatch(match), position);
    position += match[0].length;
  }
  for (; position <= text.length; position++) add(text.charAt(position), position);
  return { decoded, positions: starts };
}

/** In a URL, `+` may be a space. */
const ESCAPED =
  /\\u(?<unicode>[\da-f]{4})|\\(?<character>["'\\/])|%(?<percent>[\da-f]{2})|&(?:#(?<decimal>\d{2,5})|#x(?<hex>[\da-f]{2,4})|(?<name>amp|lt|gt|quot|apos));|\+/gi;

const NAMED_CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decodeMatch({ groups = {} }: RegExpExecArray): string {
  const { unicode, character, percent, decimal, hex, name } = groups;
  const code = unicode ?? percent ?? hex;
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  if (decimal !== undefined) return String.fromCharCode(Number(decimal));
  if (name !== undefined) return NAMED_CHARACTERS[name.toLowerCase()] ?? '';
  return character ?? ' ';
}

/** Decodes a secret like the text, so that both match. Characters beyond ASCII have another form in a URL. */
function listSpellings(secret: string): readonly string[] {
  return [secret, encodeURIComponent(secret.toWellFormed())].map((spelling) => decodeText(spelling).decoded);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function findRanges(secret: string, decoded: string): readonly Range[] {
  const ranges: Range[] = [];
  for (let start = decoded.indexOf(secret); start >= 0; start = decoded.indexOf(secret, start + 1)) {
    ranges.push({ start, end: start + secret.length });
  }
  for (let end = findNextCut(decoded, 0); ; end = findNextCut(decoded, end + 1)) {
    const start = findCutSecret(secret, { decoded, end });
    if (start !== undefined) ranges.push({ start, end });
    if (end === decoded.length) return ranges;
  }
}

/** Finds the next place where text may be cut: at `…` or at its end. */
function findNextCut(decoded: string, from: number): number {
  const position = decoded.indexOf('…', from);
  return position < 0 ? decoded.length : position;
}

/** Finds where the beginning of a secret stands directly before a cut. */
function findCutSecret(
  secret: string,
  { decoded, end }: { readonly decoded: string; readonly end: number },
): number | undefined {
  for (let start = Math.max(0, end - secret.length + 1); start <= end - MIN_CUT_LENGTH; start++) {
    if (decoded[start] === secret[0] && secret.startsWith(decoded.slice(start, end))) return start;
  }
  return undefined;
}

/** A shorter beginning reveals nothing and may match by chance. */
const MIN_CUT_LENGTH = 6;

function mergeRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || range.start > last.end) merged.push(range);
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return merged;
}
