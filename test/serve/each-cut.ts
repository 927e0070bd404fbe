import fc from 'fast-check';

/** Set by `npm run conformance`, which cuts at every byte. */
const isWhole = process.env['SOAK'] !== undefined;

/** Tries places from 0 to `length` at which a stream is cut: `count` random ones, or in `npm run conformance` all of them. */
export async function tryCuts(
  length: number,
  { count, check }: { readonly count: number; readonly check: (cutAt: number) => Promise<void> },
): Promise<void> {
  if (isWhole) for (let cutAt = 0; cutAt <= length; cutAt++) await check(cutAt);
  else await fc.assert(fc.asyncProperty(fc.nat({ max: length }), check), { numRuns: count });
}
