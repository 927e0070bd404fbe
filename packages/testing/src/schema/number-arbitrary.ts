import type { JsonSchema } from '@pawl/core';
import fc from 'fast-check';
import { numberIn } from './resolve.ts';

/** Numbers between a schema's bounds, the bounds among them. */
export function numberArbitrary(
  schema: JsonSchema,
  { isInteger }: { readonly isInteger: boolean },
): fc.Arbitrary<number> {
  const step = numberIn(schema['multipleOf']);
  const unit = step ?? 1;
  const { least, most } = boundsOf(schema, isInteger || step !== undefined ? unit : 0.001);
  const from = Math.ceil(least / unit);
  const to = Math.floor(most / unit);
  const whole = fc.integer({ min: Math.max(from, -MOST), max: Math.max(from, Math.min(to, MOST)) });
  const numbers = step === undefined ? whole : whole.map((count) => Number((count * step).toPrecision(12)));
  if (isInteger || step !== undefined) return numbers;
  const between = fc.double({ min: least, max: Math.max(least, most), noNaN: true, noDefaultInfinity: true });
  return from > to ? between : fc.oneof(numbers, between);
}

const MOST = 2 ** 31 - 1;
const FAR = 1_000;

/** Without bounds numbers are small enough to be counts, and include what is mostly forgotten: 0 and less. */
function boundsOf(schema: JsonSchema, step: number): { readonly least: number; readonly most: number } {
  const above = numberIn(schema['exclusiveMinimum']);
  const below = numberIn(schema['exclusiveMaximum']);
  const minimum = numberIn(schema['minimum']) ?? (above === undefined ? undefined : above + step);
  const maximum = numberIn(schema['maximum']) ?? (below === undefined ? undefined : below - step);
  const least = minimum ?? Math.min(-FAR, (maximum ?? 0) - FAR);
  return { least, most: maximum ?? Math.max(FAR, least + FAR) };
}
