/** Computes the median. Ignores `NaN`, which means not measured. */
export function computeMedian(values: readonly number[]): number {
  return computeQuantile(values, 0.5);
}

/** Computes a quantile, interpolated between neighbours. */
export function computeQuantile(values: readonly number[], share: number): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
