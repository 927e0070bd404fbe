import { expect, test } from 'vitest';
import { addBrand, hasBrand } from './brand.ts';

test('recognizes a brand by its class name only', () => {
  const thing = {};
  addBrand(thing, 'Thing');
  expect([hasBrand(thing, 'Thing'), hasBrand(thing, 'Other'), hasBrand({}, 'Thing')]).toEqual([true, false, false]);
});

test('an object that inherits from a branded object has the brand, a copy does not', () => {
  const thing = { a: 1 };
  addBrand(thing, 'Thing');
  expect([hasBrand(Object.create(thing), 'Thing'), hasBrand({ ...thing }, 'Thing')]).toEqual([true, false]);
});

test.each([undefined, null, 'Thing', 7, () => 'Thing'])('%s has no brand', (value) => {
  expect(hasBrand(value, 'Thing')).toBe(false);
});

test('a proxy that throws has no brand', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(hasBrand(proxy, 'Thing')).toBe(false);
});
