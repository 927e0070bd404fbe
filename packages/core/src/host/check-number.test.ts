import { expect, test } from 'vitest';
import { checkNumber, type NumberRule } from './check-number.ts';

test.each<[value: unknown, rule: Omit<NumberRule, 'option'>, says: string]>([
  [Number.NaN, {}, 'a number.'],
  ['5', {}, 'a number.'],
  [undefined, {}, 'a number.'],
  [Number.POSITIVE_INFINITY, {}, 'a number.'],
  [Number.NEGATIVE_INFINITY, { allowsInfinity: true }, 'a number, or Infinity.'],
  [-1, { min: 0 }, 'a number from 0.'],
  [2.5, { min: 1, isInteger: true }, 'a whole number from 1.'],
  [9, { min: 1, max: 8 }, 'a number from 1 to 8.'],
])('refuses %s if the rule is %o', (value, rule, says) => {
  const shown = typeof value === 'string' ? `"${value}"` : String(value);
  expect(() => checkNumber(value as number, { option: 'host: waitMs', ...rule })).toThrow(
    `host: waitMs is ${shown}. Pass ${says}`,
  );
});

test.each<[value: number, rule: Omit<NumberRule, 'option'>]>([
  [0.5, {}],
  [Number.POSITIVE_INFINITY, { min: 0, isInteger: true, allowsInfinity: true }],
  [0, { min: 0, isInteger: true }],
])('returns %s unchanged if the rule is %o', (value, rule) => {
  expect(checkNumber(value, { option: 'host: waitMs', ...rule })).toBe(value);
});
