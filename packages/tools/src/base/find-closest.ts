/** Finds the name that was probably meant; `undefined` if every name differs in more than a third of its characters. */
export function findClosest(name: string, names: Iterable<string>): string | undefined {
  const normalized = normalizeName(name);
  let best: string | undefined;
  let maxDistance = Math.max(1, Math.floor(normalized.length / 3)) + 1;
  for (const candidate of names) {
    const other = normalizeName(candidate);
    if (Math.abs(other.length - normalized.length) >= maxDistance) continue;
    const distance = editDistance(normalized, other);
    if (distance >= maxDistance) continue;
    best = candidate;
    maxDistance = distance;
  }
  return best;
}

/** Keeps the first 64 characters: the cost of a comparison grows with the square of the length. */
function normalizeName(name: string): string {
  return name.normalize('NFKC').toLowerCase().slice(0, 64);
}

/** Computes the Levenshtein distance, one row at a time. */
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
