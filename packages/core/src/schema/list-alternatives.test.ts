import { describe, expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { isNullAllowed, listAllowedValues, listAlternatives } from './list-alternatives.ts';

const text = { type: 'string' };
const none = { type: 'null' };

describe('the alternatives of a schema', () => {
  const root = { $defs: { A: { type: 'string', description: 'Theirs.' } } };
  const toA = { $ref: '#/$defs/A' };

  test.each<[string, unknown, readonly JsonSchema[]]>([
    ['are empty for a boolean schema', true, []],
    ['are empty for a reference to itself', { $ref: '#' }, []],
    ['are the target of a reference', toA, [root.$defs.A]],
    ['are the target of a reference with only a description', { description: 'Mine.', ...toA }, [root.$defs.A]],
    [
      'have the description of the reference, if it has other keywords',
      { description: 'Mine.', minLength: 1, ...toA },
      [{ description: 'Mine.', minLength: 1, type: 'string' }],
    ],
    [
      'are the condition, and the schema if it is not met',
      { if: { required: ['a'] }, else: { required: ['b'] } },
      [{ required: ['a'] }, { required: ['b'] }],
    ],
    [
      'are the condition with its consequence, and any value',
      { if: { required: ['a'] }, ...Object.fromEntries([['then', { required: ['b'] }]]) },
      [{ required: ['a', 'b'] }, {}],
    ],
    [
      'are the dependent schema of a property, and any value',
      { dependentSchemas: { a: { required: ['b'] } } },
      [{ required: ['a', 'b'] }, {}],
    ],
    ['omit impossible combinations', { anyOf: [text, none], allOf: [text] }, [text]],
    [
      'have the description of the target, if the reference has none',
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

  test('unite one of two unions if there would be more than 64 combinations', () => {
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
])('lists the allowed values of %j as %j', (schema, expected) => {
  expect(listAllowedValues(schema, Object(schema))).toEqual(expected);
});
