import { describe, expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { intersectSchemas, isAnnotationOnly, keepIfSame } from './merge.ts';

const text = { type: 'string' };
const number = { type: 'number' };

describe('the intersection of two schemas', () => {
  test.each<[string, JsonSchema, JsonSchema, JsonSchema | undefined]>([
    ['different keywords', { minLength: 1 }, { type: 'string' }, { minLength: 1, type: 'string' }],
    ['the same', text, text, text],
    ['an integer and a number', { type: 'integer' }, number, { type: 'integer' }],
    ['a number and an integer', number, { type: 'integer' }, { type: 'integer' }],
    ['a list of types and a type', { type: ['string', 'integer'] }, number, { type: 'integer' }],
    [
      'types in another order',
      { type: ['string', 'null'] },
      { type: ['null', 'string'] },
      { type: ['string', 'null'] },
    ],
    ['a type and a list of types', text, { type: ['boolean', 'string'] }, text],
    ['disjoint types', text, number, undefined],
    ['disjoint types, the first an integer', { type: 'integer' }, text, undefined],
    ['disjoint types, the second an integer', text, { type: 'integer' }, undefined],
    ['values', { enum: ['a', 'b', 'c'] }, { enum: ['c', 'b'] }, { enum: ['b', 'c'] }],
    ['disjoint values', { enum: ['a'] }, { enum: ['b'] }, undefined],
    ['two constants', { const: 1 }, { const: 2 }, undefined],
    ['values and a constant among them', { enum: [1, 2] }, { const: 2 }, { const: 2 }],
    ['values and another constant', { enum: [1, 2] }, { const: 3 }, undefined],
    ['values and a type', { enum: [1, 2] }, number, { enum: [1, 2], type: 'number' }],
    ['required properties', { required: ['a', 'b'] }, { required: ['b', 'c'] }, { required: ['a', 'b', 'c'] }],
    ['allOf', { allOf: [text] }, { allOf: [text, number] }, { allOf: [text, number] }],
    ['lower limits', { minimum: 1 }, { minimum: 2 }, { minimum: 2 }],
    ['exclusive lower limits', { exclusiveMinimum: 2 }, { exclusiveMinimum: 1 }, { exclusiveMinimum: 2 }],
    ['minimum lengths', { minLength: 1 }, { minLength: 2 }, { minLength: 2 }],
    ['minimum numbers of elements', { minItems: 1 }, { minItems: 2 }, { minItems: 2 }],
    ['minimum numbers of properties', { minProperties: 2 }, { minProperties: 1 }, { minProperties: 2 }],
    ['upper limits', { maximum: 1 }, { maximum: 2 }, { maximum: 1 }],
    ['exclusive upper limits', { exclusiveMaximum: 2 }, { exclusiveMaximum: 1 }, { exclusiveMaximum: 1 }],
    ['maximum lengths', { maxLength: 1 }, { maxLength: 2 }, { maxLength: 1 }],
    ['maximum numbers of elements', { maxItems: 1 }, { maxItems: 2 }, { maxItems: 1 }],
    ['maximum numbers of properties', { maxProperties: 2 }, { maxProperties: 1 }, { maxProperties: 1 }],
    ['unique elements', { uniqueItems: false }, { uniqueItems: true }, { uniqueItems: true }],
    ['descriptions', { description: 'A.' }, { description: 'B.' }, { description: 'A. B.' }],
    ['titles', { title: 'A' }, { title: 'B' }, { title: 'A' }],
    [
      'definitions',
      { $defs: { a: text, b: text } },
      { $defs: { a: number, c: number } },
      { $defs: { a: text, b: text, c: number } },
    ],
    ['two patterns', { pattern: 'a' }, { pattern: 'b' }, { pattern: 'a', allOf: [{ pattern: 'b' }] }],
    [
      'two patterns beside allOf',
      { pattern: 'a', allOf: [text] },
      { pattern: 'b' },
      { pattern: 'a', allOf: [text, { pattern: 'b' }] },
    ],
  ])('%s', (_, one, other, both) => {
    expect(intersectSchemas(one, other)).toStrictEqual(both);
  });
});

describe('the intersection of two property schemas', () => {
  test.each<[string, unknown, unknown, unknown]>([
    ['limits of the same type', { minLength: 1 }, { maxLength: 2 }, { minLength: 1, maxLength: 2 }],
    ['false and a type', false, text, false],
    ['a type and false', text, false, false],
    ['a type and true', text, true, text],
    ['true and a type', true, text, text],
    ['a description and true', { description: 'A.' }, true, true],
    ['a description and a type', { description: 'A.' }, text, text],
    ['a type and a description', text, { description: 'A.' }, text],
    ['disjoint types', text, number, { allOf: [text, number] }],
    ['allOf of the first', { allOf: [text, { minLength: 1 }] }, number, { allOf: [text, { minLength: 1 }, number] }],
    [
      'allOf of the first with other keywords',
      { allOf: [{ minLength: 1 }], type: 'string' },
      number,
      { allOf: [{ allOf: [{ minLength: 1 }], type: 'string' }, number] },
    ],
    ['an equal part of allOf', { allOf: [number] }, { allOf: [number, text] }, { allOf: [number, text] }],
    ...['$ref', 'anyOf', 'oneOf', 'if', 'not'].map((keyword): [string, unknown, unknown, unknown] => [
      `${keyword} of one`,
      { [keyword]: [] },
      { type: 'string' },
      { allOf: [{ [keyword]: [] }, { type: 'string' }] },
    ]),
    [
      'allOf of the second',
      text,
      { allOf: [number], minLength: 1 },
      { allOf: [text, { allOf: [number], minLength: 1 }] },
    ],
  ])('%s', (_, one, other, both) => {
    for (const keyword of ['items', 'additionalProperties', 'unevaluatedProperties']) {
      expect(intersectSchemas({ [keyword]: one }, { [keyword]: other })).toStrictEqual({ [keyword]: both });
    }
    expect(intersectSchemas({ properties: { a: one } }, { properties: { a: other } })).toStrictEqual({
      properties: { a: both },
    });
  });

  test('keeps a property that only one schema has', () => {
    const one = { properties: { a: text, b: { description: 'B.' }, c: true } };
    const other = { properties: { d: number, e: { description: 'E.' }, f: true, g: false } };
    expect(intersectSchemas(one, other)).toStrictEqual({ properties: { ...one.properties, ...other.properties } });
  });
});

test('keepIfSame returns the original if the values are identical', () => {
  const given = { type: 'object', properties: {} };
  expect(keepIfSame(given, { ...given })).toBe(given);
  const made = { ...given, properties: {} };
  expect(keepIfSame(given, made)).toBe(made);
  const shorter = { type: 'object' };
  expect(keepIfSame(given, shorter)).toBe(shorter);
});

test.each([
  ...['$schema', '$id', '$comment', '$anchor', '$defs', 'title', 'description', 'default', 'examples'],
  ...['deprecated', 'readOnly', 'writeOnly'],
])('%s does not restrict values', (keyword) => {
  expect(isAnnotationOnly({ [keyword]: 'x' })).toBe(true);
  expect(isAnnotationOnly({ [keyword]: 'x', type: 'string' })).toBe(false);
});
