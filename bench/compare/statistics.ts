/** Of the values that there are: one that was not measured is `NaN`. */
export function computeMedian(values: readonly number[]): number {
  return computeQuantile(values, 0.5);
}

/** Between neighbours, where none is at that place. */
export function computeQuantile(values: readonly number[], share: number): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
