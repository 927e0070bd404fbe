import type { JsonSchema } from '@pawl/core/chat';
import fc from 'fast-check';
import { numberIn } from './resolve.ts';

/** Numbers between a schema's bounds, the bounds among them. */
export function numberArbitrary(
  schema: JsonSchema,
  { isInteger }: { readonly isInteger: boolean },
): fc.Arbitrary<number> {
  const { step, from, to } = stepsOf(schema, isInteger);
  const steps = fc.integer({ min: Math.max(from, -MOST), max: Math.max(from, -MOST, Math.min(to, MOST)) });
  const numbers = steps.map((count) => Number((count * step).toPrecision(15)));
  if (isInteger || schema['multipleOf'] !== undefined) return numbers;
  const between = betweenOf(schema);
  return from > to ? between : fc.oneof(numbers, between);
}

/** The least and the greatest number that a schema takes, where it has such. */
export function endsOf(schema: JsonSchema, { isInteger }: { readonly isInteger: boolean }): readonly number[] {
  const isStepped = isInteger || schema['multipleOf'] !== undefined;
  const { step, from, to } = stepsOf(schema, isInteger);
  const { least, most } = boundsOf(schema);
  if (isStepped && from > to) return [];
  const multiple = (count: number): number => Number((count * step).toPrecision(15));
  const lower = isStepped ? multiple(from) : numberIn(schema['minimum']);
  const upper = isStepped ? multiple(to) : numberIn(schema['maximum']);
  const ends = [least === undefined ? undefined : lower, most === undefined ? undefined : upper];
  return [...new Set(ends)].flatMap((end) => end ?? []);
}

const MOST = Number.MAX_SAFE_INTEGER;
const FAR = 1_000;

/** The bounds `from` and `to` in steps. */
function stepsOf(schema: JsonSchema, isInteger: boolean): Record<'step' | 'from' | 'to', number> {
  const own = numberIn(schema['multipleOf']);
  // The integers among the multiples of a half are those of one.
  const step = own === undefined ? 1 : isInteger && !Number.isInteger(own) ? 1 : own;
  const { isAbove, isBelow, ...bounds } = boundsOf(schema);
  const { least, most } = closed(bounds);
  const from = Math.ceil(Number((least / step).toPrecision(15)));
  const to = Math.floor(Number((most / step).toPrecision(15)));
  const first = isAbove && from * step <= least ? from + 1 : from;
  return { step, from: first, to: isBelow && to * step >= most ? to - 1 : to };
}

interface Bounds {
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** Whether the bound itself is not taken. */
  readonly isAbove: boolean;
  readonly isBelow: boolean;
}

function boundsOf(schema: JsonSchema): Bounds {
  const [minimum, above] = [numberIn(schema['minimum']), numberIn(schema['exclusiveMinimum'])];
  const [maximum, below] = [numberIn(schema['maximum']), numberIn(schema['exclusiveMaximum'])];
  const isAbove = above !== undefined && above >= (minimum ?? above);
  const isBelow = below !== undefined && below <= (maximum ?? below);
  return { least: isAbove ? above : minimum, most: isBelow ? below : maximum, isAbove, isBelow };
}

/** Where a bound is missing, one that is far from the other. */
function closed({ least, most }: Pick<Bounds, 'least' | 'most'>): { readonly least: number; readonly most: number } {
  const lowest = least ?? Math.min(-FAR, (most ?? 0) - FAR);
  return { least: lowest, most: most ?? Math.max(FAR, lowest + FAR) };
}

function betweenOf(schema: JsonSchema): fc.Arbitrary<number> {
  const { isAbove, isBelow, ...bounds } = boundsOf(schema);
  const { least: min, most } = closed(bounds);
  const max = Math.max(min, most);
  const isEmpty = min === max && (isAbove || isBelow);
  const excluded = isEmpty ? {} : { minExcluded: isAbove, maxExcluded: isBelow };
  return fc.double({ min, max, ...excluded, noNaN: true, noDefaultInfinity: true });
}
