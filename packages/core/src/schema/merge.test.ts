import { describe, expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { intersectSchemas, isAnnotationOnly, keepIfSame } from './merge.ts';

const text = { type: 'string' };
const number = { type: 'number' };

describe('one schema for what passes two', () => {
  test.each<[string, JsonSchema, JsonSchema, JsonSchema | undefined]>([
    ['keywords of one alone', { minLength: 1 }, { type: 'string' }, { minLength: 1, type: 'string' }],
    ['the same', text, text, text],
    ['an integer and a number', { type: 'integer' }, number, { type: 'integer' }],
    ['a number and an integer', number, { type: 'integer' }, { type: 'integer' }],
    ['one type of several', { type: ['string', 'integer'] }, number, { type: 'integer' }],
    [
      'types in another order',
      { type: ['string', 'null'] },
      { type: ['null', 'string'] },
      { type: ['string', 'null'] },
    ],
    ['types of which one passes', text, { type: ['boolean', 'string'] }, text],
    ['types of which none passes', text, number, undefined],
    ['types of which none passes, one an integer', { type: 'integer' }, text, undefined],
    ['types of which none passes, the other an integer', text, { type: 'integer' }, undefined],
    ['values', { enum: ['a', 'b', 'c'] }, { enum: ['c', 'b'] }, { enum: ['b', 'c'] }],
    ['values of which none is in both', { enum: ['a'] }, { enum: ['b'] }, undefined],
    ['two constants', { const: 1 }, { const: 2 }, undefined],
    ['values and one of them', { enum: [1, 2] }, { const: 2 }, { const: 2 }],
    ['values and another one', { enum: [1, 2] }, { const: 3 }, undefined],
    ['values and a type', { enum: [1, 2] }, number, { enum: [1, 2], type: 'number' }],
    ['what is required', { required: ['a', 'b'] }, { required: ['b', 'c'] }, { required: ['a', 'b', 'c'] }],
    ['parts', { allOf: [text] }, { allOf: [text, number] }, { allOf: [text, number] }],
    ['lower limits', { minimum: 1 }, { minimum: 2 }, { minimum: 2 }],
    ['lower limits, excluded', { exclusiveMinimum: 2 }, { exclusiveMinimum: 1 }, { exclusiveMinimum: 2 }],
    ['least lengths', { minLength: 1 }, { minLength: 2 }, { minLength: 2 }],
    ['least elements', { minItems: 1 }, { minItems: 2 }, { minItems: 2 }],
    ['least properties', { minProperties: 2 }, { minProperties: 1 }, { minProperties: 2 }],
    ['upper limits', { maximum: 1 }, { maximum: 2 }, { maximum: 1 }],
    ['upper limits, excluded', { exclusiveMaximum: 2 }, { exclusiveMaximum: 1 }, { exclusiveMaximum: 1 }],
    ['greatest lengths', { maxLength: 1 }, { maxLength: 2 }, { maxLength: 1 }],
    ['most elements', { maxItems: 1 }, { maxItems: 2 }, { maxItems: 1 }],
    ['most properties', { maxProperties: 2 }, { maxProperties: 1 }, { maxProperties: 1 }],
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
      'two patterns beside parts',
      { pattern: 'a', allOf: [text] },
      { pattern: 'b' },
      { pattern: 'a', allOf: [text, { pattern: 'b' }] },
    ],
  ])('%s', (_, one, other, both) => {
    expect(intersectSchemas(one, other)).toStrictEqual(both);
  });
});

describe('one schema for what passes two, in a part', () => {
  test.each<[string, unknown, unknown, unknown]>([
    ['limits of the same type', { minLength: 1 }, { maxLength: 2 }, { minLength: 1, maxLength: 2 }],
    ['nothing and a type', false, text, false],
    ['a type and nothing', text, false, false],
    ['a type and anything', text, true, text],
    ['anything and a type', true, text, text],
    ['a note and anything', { description: 'A.' }, true, true],
    ['a note and a type', { description: 'A.' }, text, text],
    ['a type and a note', text, { description: 'A.' }, text],
    ['types of which none passes', text, number, { allOf: [text, number] }],
    ['parts of one', { allOf: [text, { minLength: 1 }] }, number, { allOf: [text, { minLength: 1 }, number] }],
    [
      'parts of one, and more beside them',
      { allOf: [{ minLength: 1 }], type: 'string' },
      number,
      { allOf: [{ allOf: [{ minLength: 1 }], type: 'string' }, number] },
    ],
    ['the same part twice', { allOf: [number] }, { allOf: [number, text] }, { allOf: [number, text] }],
    ...['$ref', 'anyOf', 'oneOf', 'if', 'not'].map((keyword): [string, unknown, unknown, unknown] => [
      `${keyword} of one`,
      { [keyword]: [] },
      { type: 'string' },
      { allOf: [{ [keyword]: [] }, { type: 'string' }] },
    ]),
    [
      'parts of the other',
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

  test('keeps a property that only one of them has', () => {
    const one = { properties: { a: text, b: { description: 'B.' }, c: true } };
    const other = { properties: { d: number, e: { description: 'E.' }, f: true, g: false } };
    expect(intersectSchemas(one, other)).toStrictEqual({ properties: { ...one.properties, ...other.properties } });
  });
});

test('a schema that was made with the very same values is the given one', () => {
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
])('%s limits no values', (keyword) => {
  expect(isAnnotationOnly({ [keyword]: 'x' })).toBe(true);
  expect(isAnnotationOnly({ [keyword]: 'x', type: 'string' })).toBe(false);
});
