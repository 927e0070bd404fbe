import { describe, expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { isNullAllowed, listAllowedValues, listAlternatives } from './list-alternatives.ts';

const text = { type: 'string' };
const none = { type: 'null' };

describe('the alternatives of a schema', () => {
  const root = { $defs: { A: { type: 'string', description: 'Theirs.' } } };
  const toA = { $ref: '#/$defs/A' };

  test.each<[string, unknown, readonly JsonSchema[]]>([
    ['of any value are not known', true, []],
    ['of what refers to nothing but itself are none', { $ref: '#' }, []],
    ['are what it refers to', toA, [root.$defs.A]],
    ['have the description of the target beside a description alone', { description: 'Mine.', ...toA }, [root.$defs.A]],
    [
      'have the description beside the reference, if more stands there',
      { description: 'Mine.', minLength: 1, ...toA },
      [{ description: 'Mine.', minLength: 1, type: 'string' }],
    ],
    [
      'are what a condition asks for, and what holds where it is not met',
      { if: { required: ['a'] }, else: { required: ['b'] } },
      [{ required: ['a'] }, { required: ['b'] }],
    ],
    [
      'are what a condition and what follows from it ask for, and anything',
      { if: { required: ['a'] }, ...Object.fromEntries([['then', { required: ['b'] }]]) },
      [{ required: ['a', 'b'] }, {}],
    ],
    [
      'are what a property brings along, and anything',
      { dependentSchemas: { a: { required: ['b'] } } },
      [{ required: ['a', 'b'] }, {}],
    ],
    ['leave out combinations that nothing passes', { anyOf: [text, none], allOf: [text] }, [text]],
    [
      'have the description of the target, if there is no other',
      { minLength: 1, ...toA },
      [{ minLength: 1, type: 'string', description: 'Theirs.' }],
    ],
  ])('%s', (_, schema, expected) => {
    const itself = { $ref: '#' };
    expect(listAlternatives(schema, schema === true ? root : { ...itself, ...root, ...Object(schema) })).toEqual(
      expected,
    );
  });

  const choices = (count: number, keyword: string): readonly JsonSchema[] =>
    Array.from({ length: count }, (_, index) => ({ properties: { [`${keyword}${index}`]: text } }));

  test('are every combination of two unions, up to 64', () => {
    const schema = { anyOf: choices(8, 'a'), oneOf: choices(8, 'b') };
    expect(listAlternatives(schema, schema).length).toBe(64);
  });

  test('are those of one union, with what all of the other may have, where there would be more than 64', () => {
    const schema = { anyOf: choices(8, 'a'), oneOf: choices(9, 'b') };
    expect(listAlternatives(schema, schema).length).toBe(8);
  });
});

describe('null', () => {
  test.each<[unknown, boolean]>([
    [true, true],
    [false, false],
    [{}, true],
    [none, true],
    [text, false],
    [{ type: ['string', 'null'] }, true],
    [{ type: ['string', 'number'] }, false],
    [{ const: null }, true],
    [{ const: 'a', type: 'null' }, false],
    [{ enum: ['a', null] }, true],
    [{ enum: ['a'], type: 'null' }, false],
    [{ anyOf: [text, none] }, true],
    [{ anyOf: [none, text] }, true],
    [{ not: {} }, false],
    [{ not: text }, true],
    [{ allOf: [{ pattern: 'a' }, { pattern: 'b' }] }, true],
    [{ allOf: [{ not: text, pattern: 'a' }, { pattern: 'b' }, { not: {} }] }, false],
  ])('%j: %s', (schema, expected) => {
    expect(isNullAllowed(schema, Object(schema))).toBe(expected);
  });
});

test.each<[unknown, readonly unknown[] | undefined]>([
  [none, [null]],
  [{ const: 1 }, [1]],
  [{ enum: [1, 2] }, [1, 2]],
  [{ anyOf: [{ const: 1 }, none] }, [1, null]],
  [{ anyOf: [{ const: 1 }, text] }, undefined],
  [text, undefined],
  [true, undefined],
])('the values of %j are %j', (schema, expected) => {
  expect(listAllowedValues(schema, Object(schema))).toEqual(expected);
});
