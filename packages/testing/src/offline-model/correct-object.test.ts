import type { JsonObject } from '@pawl/core';
import { expect, test } from 'vitest';
import { correctObject } from './correct-object.ts';

test.for<[message: string, given: JsonObject, expected: JsonObject | undefined]>([
  ['days: expected number to be <=7, got 10', { days: 10 }, { days: 7 }],
  ['days: expected number to be >=1, got 0', { days: 0 }, { days: 1 }],
  ['days: must be between 1 and 7', { days: 9 }, { days: 7 }],
  ['days: Input should be less than or equal to 7', { days: 9 }, { days: 7 }],
  ['units: expected one of "celsius"|"fahrenheit", got "C"', { units: 'fahr' }, { units: 'fahrenheit' }],
  ['units: expected one of "celsius"|"fahrenheit", got "K"', { units: 'K' }, { units: 'celsius' }],
  ['city: Did you mean "Oslo"?', { city: 'Osloo' }, { city: 'Oslo' }],
  ['There is no city "Osloo". Did you mean "Oslo"?', { a: 'x', city: 'Osloo' }, { a: 'x', city: 'Oslo' }],
  ['There is no order 41. The customer has order 42.', { order: 41, days: 1 }, { order: 42, days: 1 }],
  ['amount: expected number, got "250 EUR"', { amount: '250 EUR' }, { amount: 250 }],
  ['order: expected string, got 42', { order: 42 }, { order: '42' }],
  ['days: expected int, got 2.6', { days: 2.6 }, { days: 3 }],
  ['code: expected string to have <=3 characters, got "NOKK"', { code: 'NOKK' }, { code: 'NOK' }],
  ['days must be at most 7', { order: 42, days: 10 }, { order: 42, days: 7 }],
  ['days: expected number to be <=7, got 7', { days: 7 }, undefined],
  ['the service is down', { days: 7 }, undefined],
])('corrects by "%s", given %j', ([message, given, expected]) => {
  expect(correctObject(given, message)).toEqual(expected);
});
