import type { JsonObject } from '@pawl/core';
import { expect, test } from 'vitest';
import { correctedCall } from './correction.ts';

const tools = ['get_weather', 'add'];

test.for<[message: string, given: JsonObject, expected: JsonObject | undefined]>([
  ['days: expected number to be <=7, got 10', { days: 10 }, { days: 7 }],
  ['days: expected number to be <7, got 10', { days: 10 }, { days: 6 }],
  ['days: expected number to be >=1, got 0', { days: 0 }, { days: 1 }],
  ['days: must be between 1 and 7', { days: 9 }, { days: 7 }],
  ['days: Input should be less than or equal to 7', { days: 9 }, { days: 7 }],
  ['a: must be a multiple of 5, got 3', { a: 3 }, { a: 5 }],
  ['units: expected one of "celsius"|"fahrenheit", got "C"', { units: 'fahr' }, { units: 'fahrenheit' }],
  ['units: expected one of "celsius"|"fahrenheit", got "K"', { units: 'K' }, { units: 'celsius' }],
  ['city: Did you mean "Oslo"?', { city: 'Osloo' }, { city: 'Oslo' }],
  ['There is no city "Osloo". Did you mean "Oslo"?', { a: 'x', city: 'Osloo' }, { a: 'x', city: 'Oslo' }],
  ['There is no order 41. The customer has order 42.', { order: 41, days: 1 }, { order: 42, days: 1 }],
  ['Known currencies: EUR, NOK.', { from: 'EUR', to: 'NOKK' }, { from: 'EUR', to: 'NOK' }],
  ['amount: expected number, got "250 EUR"', { amount: '250 EUR' }, { amount: 250 }],
  ['order: expected string, got 42', { order: 42 }, { order: '42' }],
  ['days: expected int, got 2.6', { days: 2.6 }, { days: 3 }],
  ['tags: expected array, got "a"', { tags: 'a' }, { tags: ['a'] }],
  ['from: must match pattern /^[A-Z]{3}$/, got "eur"', { from: 'eur' }, { from: 'EUR' }],
  ['code: expected string to have <=3 characters, got "NOKK"', { code: 'NOKK' }, { code: 'NOK' }],
  ['arguments: Unrecognized key: "b", got an object', { a: 1, b: 2 }, { a: 1 }],
  ['trip.days[1]: expected number to be <=7, got 9', { trip: { days: [1, 9] } }, { trip: { days: [1, 7] } }],
  ['days must be at most 7', { order: 42, days: 10 }, { order: 42, days: 7 }],
  ['days: expected number to be <=7, got 7', { days: 7 }, undefined],
  ['the service is down', { days: 7 }, undefined],
])('%s, given %j', ([message, given, expected]) => {
  const call = { name: 'add', arguments: given };
  const corrected = correctedCall(call, { message, tools });
  expect(corrected).toEqual(expected === undefined ? undefined : { name: 'add', arguments: expected });
});

test('a wrong name is corrected to a tool that there is', () => {
  const call = { name: 'get_wether', arguments: { city: 'Oslo' } };
  const meant = { name: 'get_weather', arguments: { city: 'Oslo' } };
  expect(correctedCall(call, { message: 'There is no tool "get_wether". Did you mean "get_weather"?', tools })).toEqual(
    meant,
  );
  expect(correctedCall(call, { message: 'unknown tool get_wether', tools })).toEqual(meant);
  expect(correctedCall(call, { message: 'Unknown tool. Did you mean "elsewhere"?', tools })).toEqual(undefined);
});
