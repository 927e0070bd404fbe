import type { JsonSchema } from '@pawl/core/chat';
import fc from 'fast-check';
import { readNumber } from './resolve.ts';

/** Numbers between the bounds of a schema, including the bounds. */
export function createNumberArbitrary(
  schema: JsonSchema,
  { isInteger }: { readonly isInteger: boolean },
): fc.Arbitrary<number> {
  const { step, from, to } = computeSteps(schema, isInteger);
  const steps = fc.integer({
    min: Math.max(from, -MAX_STEPS),
    max: Math.max(from, -MAX_STEPS, Math.min(to, MAX_STEPS)),
  });
  const numbers = steps.map((count) => Number((count * step).toPrecision(15)));
  if (isInteger || schema['multipleOf'] !== undefined) return numbers;
  const between = createBetween(schema);
  return from > to ? between : fc.oneof(numbers, between);
}

/** The smallest and the largest number that a schema accepts, if bounded. */
export function findEnds(schema: JsonSchema, { isInteger }: { readonly isInteger: boolean }): readonly number[] {
  const isStepped = isInteger || schema['multipleOf'] !== undefined;
  const { step, from, to } = computeSteps(schema, isInteger);
  const { least, most } = readBounds(schema);
  if (isStepped && from > to) return [];
  const computeMultiple = (count: number): number => Number((count * step).toPrecision(15));
  const lower = isStepped ? computeMultiple(from) : readNumber(schema['minimum']);
  const upper = isStepped ? computeMultiple(to) : readNumber(schema['maximum']);
  const ends = [least === undefined ? undefined : lower, most === undefined ? undefined : upper];
  return [...new Set(ends)].flatMap((end) => end ?? []);
}

const MAX_STEPS = Number.MAX_SAFE_INTEGER;
const DEFAULT_RANGE = 1_000;

/** Converts the bounds to numbers of steps. */
function computeSteps(schema: JsonSchema, isInteger: boolean): Record<'step' | 'from' | 'to', number> {
  const own = readNumber(schema['multipleOf']);
  // The integers among the multiples of 0.5 are the multiples of 1.
  const step = own === undefined ? 1 : isInteger && !Number.isInteger(own) ? 1 : own;
  const { isAbove, isBelow, ...bounds } = readBounds(schema);
  const { least, most } = completeBounds(bounds);
  const from = Math.ceil(Number((least / step).toPrecision(15)));
  const to = Math.floor(Number((most / step).toPrecision(15)));
  const first = isAbove && from * step <= least ? from + 1 : from;
  return { step, from: first, to: isBelow && to * step >= most ? to - 1 : to };
}

interface Bounds {
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** Whether the bound itself is excluded. */
  readonly isAbove: boolean;
  readonly isBelow: boolean;
}

function readBounds(schema: JsonSchema): Bounds {
  const [minimum, above] = [readNumber(schema['minimum']), readNumber(schema['exclusiveMinimum'])];
  const [maximum, below] = [readNumber(schema['maximum']), readNumber(schema['exclusiveMaximum'])];
  const isAbove = above !== undefined && above >= (minimum ?? above);
  const isBelow = below !== undefined && below <= (maximum ?? below);
  return { least: isAbove ? above : minimum, most: isBelow ? below : maximum, isAbove, isBelow };
}

/** Replaces a missing bound by one far from the other bound. */
function completeBounds({ least, most }: Pick<Bounds, 'least' | 'most'>): {
  readonly least: number;
  readonly most: number;
} {
  const lowest = least ?? Math.min(-DEFAULT_RANGE, (most ?? 0) - DEFAULT_RANGE);
  return { least: lowest, most: most ?? Math.max(DEFAULT_RANGE, lowest + DEFAULT_RANGE) };
}

function createBetween(schema: JsonSchema): fc.Arbitrary<number> {
  const { isAbove, isBelow, ...bounds } = readBounds(schema);
  const { least: min, most } = completeBounds(bounds);
  const max = Math.max(min, most);
  const isEmpty = min === max && (isAbove || isBelow);
  const excluded = isEmpty ? {} : { minExcluded: isAbove, maxExcluded: isBelow };
  return fc.double({ min, max, ...excluded, noNaN: true, noDefaultInfinity: true });
}
