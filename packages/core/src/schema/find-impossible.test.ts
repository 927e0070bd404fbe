import { expect, test } from 'vitest';
import { findImpossible } from './find-impossible.ts';
import type { JsonSchema } from './json-schema.ts';

const text = { type: 'string' };
const list = { type: 'array' };

test.each<[string, JsonSchema, string | undefined]>([
  [
    'an element that no value is, beyond those that have to be there',
    { ...list, prefixItems: [text, false] },
    undefined,
  ],
  ['the same, one being enough', { ...list, prefixItems: [text, false], minItems: 1 }, undefined],
  ['the same, if it has to be there', { ...list, prefixItems: [text, false], minItems: 2 }, '[]'],
  ['a further element that no value is', { ...list, prefixItems: [text], items: false, minItems: 1 }, undefined],
  ['the same, if it has to be there', { ...list, prefixItems: [text], items: false, minItems: 2 }, '[]'],
  ['elements that no value is', { ...list, items: false }, undefined],
  ['elements of a text', { type: 'string', items: false, minItems: 1 }, undefined],
  ['a property that no value is', { type: 'object', properties: { a: false } }, undefined],
  ['the same, if it is required', { type: 'object', properties: { a: false }, required: ['a'] }, '.a'],
  ['one branch that no value passes', { anyOf: [{ enum: [] }, text] }, undefined],
  ['no branch that a value passes', { anyOf: [{ enum: [] }, { not: {} }] }, ''],
])('finds the place of what no value passes: %s', (_, schema, place) => {
  expect(findImpossible(schema)).toBe(place);
});
