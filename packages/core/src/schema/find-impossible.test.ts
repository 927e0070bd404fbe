import { expect, test } from 'vitest';
import { findImpossible } from './find-impossible.ts';
import type { JsonSchema } from './json-schema.ts';

const text = { type: 'string' };
const list = { type: 'array' };

test.each<[string, JsonSchema, string | undefined]>([
  ['an impossible optional element', { ...list, prefixItems: [text, false] }, undefined],
  ['an impossible second element, if one is enough', { ...list, prefixItems: [text, false], minItems: 1 }, undefined],
  ['an impossible second element, if it is required', { ...list, prefixItems: [text, false], minItems: 2 }, '[]'],
  ['an impossible further element', { ...list, prefixItems: [text], items: false, minItems: 1 }, undefined],
  [
    'an impossible further element, if it is required',
    { ...list, prefixItems: [text], items: false, minItems: 2 },
    '[]',
  ],
  ['impossible elements', { ...list, items: false }, undefined],
  ['array keywords of a text', { type: 'string', items: false, minItems: 1 }, undefined],
  ['an impossible property', { type: 'object', properties: { a: false } }, undefined],
  ['an impossible property, if it is required', { type: 'object', properties: { a: false }, required: ['a'] }, '.a'],
  ['one impossible branch', { anyOf: [{ enum: [] }, text] }, undefined],
  ['impossible branches only', { anyOf: [{ enum: [] }, { not: {} }] }, ''],
])('finds the path of an impossible part: %s', (_, schema, place) => {
  expect(findImpossible(schema)).toBe(place);
});
