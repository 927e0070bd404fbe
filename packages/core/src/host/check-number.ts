import { ConfigError } from '../base/errors.ts';

export interface NumberRule {
  /** What the number is, as the caller wrote it: `sqlite: leaseMs`. */
  readonly option: string;
  readonly min?: number;
  readonly max?: number;
  /** Whether it counts things. @defaultValue false */
  readonly isInteger?: boolean;
  /** Whether `Infinity` means that there is no end. @defaultValue false */
  readonly allowsInfinity?: boolean;
}

/**
 * A number that was passed as an option, given back as it is.
 *
 * @throws ConfigError
 */
export function checkNumber(value: number, rule: NumberRule): number {
  const {
    option,
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
    isInteger: isWhole,
    allowsInfinity: isEndless,
  } = rule;
  const isNumber = typeof value === 'number' && (Number.isFinite(value) || (isEndless === true && value === Infinity));
  const isFine =
    isNumber && value >= min && value <= max && (!isWhole || Number.isInteger(value) || value === Infinity);
  if (isFine) return value;
  const kind = isWhole ? 'a whole number' : 'a number';
  const range = [...(rule.min === undefined ? [] : [`from ${min}`]), ...(rule.max === undefined ? [] : [`to ${max}`])];
  const words = [kind, ...range].join(' ');
  throw new ConfigError(`${option} is ${quote(value)}. Pass ${words}${isEndless ? ', or Infinity' : ''}.`);
}

/** A text in quotes; JSON has no word for NaN and Infinity. */
export function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
