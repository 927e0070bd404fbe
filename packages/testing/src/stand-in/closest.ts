/** The text that is most like another one; `undefined` where none comes near. Case and signs do not count. */
export function closest(text: string, others: readonly string[]): string | undefined {
  const abridged = plain(text).length < 2 ? undefined : others.find((other) => plain(other).startsWith(plain(text)));
  if (abridged !== undefined) return abridged;
  let best: string | undefined;
  let least = Math.floor(text.length / 2) + 1;
  for (const other of others) {
    const distance = editDistance(plain(text), plain(other));
    if (distance >= least) continue;
    best = other;
    least = distance;
  }
  return best;
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Levenshtein's, one row at a time. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
