import { expect, test } from 'vitest';
import { listSubschemas, mapSubschemas } from './subschemas.ts';

const inner = { type: 'string' };
const single = [
  ...['items', 'additionalItems', 'unevaluatedItems', 'contains', 'additionalProperties', 'unevaluatedProperties'],
  ...['propertyNames', 'contentSchema', 'not', 'if', 'then', 'else'],
];
const lists = ['prefixItems', 'allOf', 'anyOf', 'oneOf', 'items'];
const named = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'];

test.each([
  ...single.map((keyword) => [{ [keyword]: inner }, `/${keyword}`] as const),
  ...lists.map((keyword) => [{ [keyword]: [inner] }, `/${keyword}/0`] as const),
  ...named.map((keyword) => [{ [keyword]: { 'a/b': inner } }, `/${keyword}/a~1b`] as const),
])('finds and replaces the subschema of %j at %s', (schema, pointer) => {
  expect(listSubschemas(schema)).toEqual([[pointer, inner]]);
  expect(JSON.stringify(mapSubschemas(schema, () => true))).toBe(
    JSON.stringify(schema).replace(JSON.stringify(inner), 'true'),
  );
  expect(mapSubschemas(schema, (each) => each)).toBe(schema);
});

test.each([
  { enum: [inner] },
  { default: inner },
  { allOf: { a: inner } },
  { properties: [inner] },
  { properties: null },
])('finds no subschema in %j', (schema) => {
  expect(listSubschemas(schema)).toEqual([]);
  expect(mapSubschemas(schema, () => true)).toBe(schema);
});
