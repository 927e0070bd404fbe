/** Formats a count: `1 turn`, `2 turns`. */
export function pluralize(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Shortens a text so that an error can quote it. */
export function shorten(text: string, max = 200): string {
  if (text.length <= max) return text;
  const end = isLowSurrogate(text.charCodeAt(max)) ? max - 1 : max;
  return `${text.slice(0, end)}… (${pluralize(text.length - end, 'character')} more)`;
}

/** Slices a text without splitting a surrogate pair, because servers reject half of one. The result can be one code unit shorter at each end. */
export function sliceWhole(text: string, start: number, end: number): string {
  const from = isLowSurrogate(text.charCodeAt(start)) ? start + 1 : start;
  const to = isLowSurrogate(text.charCodeAt(end)) ? end - 1 : end;
  return text.slice(from, to);
}

/** Whether a code unit is the second half of a surrogate pair. A text must not be cut before it. */
function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

/** Measures the length of a text in UTF-8, in bytes, without encoding it. */
export function measureUtf8(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // A character above U+FFFF has two code units and four bytes.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** Finds the name that was probably meant; `undefined` if no name is similar. */
export function findClosest(name: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 2));
  const meant = normalizeName(name);
  for (const candidate of names) {
    const other = normalizeName(candidate);
    const distance = editDistance(meant, other);
    // At the length of the longer name nothing is in common. Otherwise short names would be similar to every name.
    if (distance > least || (distance === least && best !== undefined)) continue;
    if (distance > 0 && distance >= Math.max(meant.length, other.length)) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

/** Normalizes a name: case, dashes and underscores do not matter. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The Levenshtein distance, computed row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
