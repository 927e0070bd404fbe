import { expect, test } from 'vitest';
import { addBrand, hasBrand } from './brand.ts';

test('a brand is known by its name, and by no other', () => {
  const thing = {};
  addBrand(thing, 'Thing');
  expect([hasBrand(thing, 'Thing'), hasBrand(thing, 'Other'), hasBrand({}, 'Thing')]).toEqual([true, false, false]);
});

test('what is made of a branded object has the brand, and a copy has not', () => {
  const thing = { a: 1 };
  addBrand(thing, 'Thing');
  expect([hasBrand(Object.create(thing), 'Thing'), hasBrand({ ...thing }, 'Thing')]).toEqual([true, false]);
});

test.each([undefined, null, 'Thing', 7, () => 'Thing'])('%s has no brand', (value) => {
  expect(hasBrand(value, 'Thing')).toBe(false);
});

test('a proxy that throws has none', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(hasBrand(proxy, 'Thing')).toBe(false);
});
