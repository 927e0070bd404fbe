import { ConfigError } from '../base/errors.ts';

export interface NumberRule {
  /** The name of the option in the error message: `sqliteHost: leaseMs`. */
  readonly option: string;
  readonly min?: number;
  readonly max?: number;
  /** Whether fractions are refused. @defaultValue false */
  readonly isInteger?: boolean;
  /** Whether `Infinity` is accepted, as "no limit". @defaultValue false */
  readonly allowsInfinity?: boolean;
}

/**
 * Checks a number that was passed as an option and returns it unchanged.
 *
 * @throws ConfigError
 */
export function checkNumber(value: number, rule: NumberRule): number {
  const { option, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, isInteger, allowsInfinity } = rule;
  const isNumber =
    typeof value === 'number' && (Number.isFinite(value) || (allowsInfinity === true && value === Infinity));
  const isValid =
    isNumber && value >= min && value <= max && (!isInteger || Number.isInteger(value) || value === Infinity);
  if (isValid) return value;
  const kind = isInteger ? 'a whole number' : 'a number';
  const range = [...(rule.min === undefined ? [] : [`from ${min}`]), ...(rule.max === undefined ? [] : [`to ${max}`])];
  const expected = [kind, ...range].join(' ');
  throw new ConfigError(`${option} is ${quote(value)}. Pass ${expected}${allowsInfinity ? ', or Infinity' : ''}.`);
}

/** Formats a value for an error message. Not by JSON alone, which has no form for NaN and Infinity. */
export function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
