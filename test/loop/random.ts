/** A whole number from 0 to below the bound; 0 where nothing is below it. */
export type Random = (below: number) => number;

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** All orders of the values. */
export function listPermutations<T>(values: readonly T[]): readonly (readonly T[])[] {
  if (values.length === 0) return [[]];
  return values.flatMap((value, index) => listPermutations(values.toSpliced(index, 1)).map((rest) => [value, ...rest]));
}

export function shuffle<T>(list: readonly T[], random: Random): readonly T[] {
  return list
    .map((value) => ({ value, order: random(1_000_000) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
