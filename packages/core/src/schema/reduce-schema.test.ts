import { expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { reduceSchema } from './reduce-schema.ts';
import { FULL_SUPPORT, type SchemaSupport } from './schema-support.ts';

const next = { $ref: '#/$defs/Node' };
const node = (field: JsonSchema): JsonSchema => ({ type: 'object', properties: { next: field } });

test('replaces a reference to the root by a definition', () => {
  const support = { ...FULL_SUPPORT, references: 'definitions' as const };
  expect(reduceSchema(node({ $ref: '#' }), support)).toEqual({
    ...node({ $ref: '#/$defs/root' }),
    $defs: { root: node({ $ref: '#/$defs/root' }) },
  });
});

test('inlines references that are not recursive, and removes keywords beside recursive ones', () => {
  const support = { ...FULL_SUPPORT, references: 'inline' as const };
  const schema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/A' }, first: { description: 'The first.', ...next }, last: next },
    $defs: { A: { type: 'string', description: 'A.' }, Node: node(next) },
  };
  expect(reduceSchema(schema, support)).toStrictEqual({
    type: 'object',
    properties: {
      a: { type: 'string', description: 'A.' },
      first: { description: 'The first.', anyOf: [next] },
      last: next,
    },
    $defs: { Node: node(next) },
  });
});

test('gives the root a name that no definition has', () => {
  const schema = { ...node({ $ref: '#' }), $defs: { root: { type: 'string' } } };
  const named = node({ $ref: '#/$defs/root_' });
  expect(reduceSchema(schema, { ...FULL_SUPPORT, references: 'definitions' })).toEqual({
    ...named,
    $defs: { root: { type: 'string' }, root_: named },
  });
});

const text = { type: 'string' };
const number = { type: 'number' };

test.each<[string, JsonSchema]>([
  ['a reference to the root', node({ $ref: '#' })],
  ['values of several types', { enum: [1, 'a'] }],
  ['a constant', { const: 1 }],
  ['a nested union', { anyOf: [{ anyOf: [text, number] }, { type: 'boolean' }] }],
  ['a pattern with a look ahead', { type: 'string', pattern: '(?=a)b' }],
  ['an unknown format', { type: 'string', format: 'phone', minLength: 3 }],
  ['an exclusive limit of an integer', { type: 'integer', exclusiveMinimum: 2 }],
  ['a tuple', { type: 'array', prefixItems: [text], items: false }],
  ['no type', {}],
])('returns the same schema for a server that supports all of JSON Schema: %s', (_, schema) => {
  expect(reduceSchema(schema, FULL_SUPPORT)).toBe(schema);
});

test.each<[string, Partial<SchemaSupport>, JsonSchema, JsonSchema]>([
  [
    'moves a length beside a format to the description if lengths beside patterns are not supported',
    { lengthsBesidePatterns: false },
    { ...text, minLength: 1, format: 'date' },
    { ...text, format: 'date', description: 'minLength: 1.' },
  ],
  [
    'keeps a length without a format if lengths beside patterns are not supported',
    { lengthsBesidePatterns: false },
    { ...text, minLength: 1 },
    { ...text, minLength: 1 },
  ],
  [
    'converts exclusive limits of integers to inclusive ones',
    { omittedKeywords: ['exclusiveMinimum', 'exclusiveMaximum'] },
    { type: 'integer', exclusiveMinimum: 2, exclusiveMaximum: 5 },
    { type: 'integer', minimum: 3, maximum: 4 },
  ],
  [
    'moves exclusive limits of other numbers to the description',
    { omittedKeywords: ['exclusiveMinimum'] },
    { ...number, exclusiveMinimum: 2 },
    { ...number, description: 'exclusiveMinimum: 2.' },
  ],
  [
    'moves limits of integers to the description if limits are not supported',
    { omittedKeywords: ['exclusiveMinimum', 'minimum'] },
    { type: 'integer', exclusiveMinimum: 2 },
    { type: 'integer', description: 'exclusiveMinimum: 2.' },
  ],
  [
    'converts an open tuple to an array of any value if tuples are not supported',
    { tuples: 'none' },
    { prefixItems: [text] },
    { type: 'array', items: {}, description: 'prefixItems: [{"type":"string"}].' },
  ],
  [
    'converts a closed tuple of one type to an array of it',
    { tuples: 'none' },
    { prefixItems: [text], items: false },
    { type: 'array', items: text, description: 'prefixItems: [{"type":"string"}].' },
  ],
  [
    'converts both booleans to the type boolean if enums allow only texts',
    { enums: 'texts' },
    { enum: [true, false] },
    { type: 'boolean' },
  ],
  [
    'moves one boolean to the description if enums allow only texts',
    { enums: 'texts' },
    { enum: [true] },
    { type: 'boolean', description: 'enum: [true].' },
  ],
  [
    'moves two numbers to the description if enums allow only texts',
    { enums: 'texts' },
    { enum: [1, 2] },
    { ...number, description: 'enum: [1,2].' },
  ],
  ['converts a constant to an enum of one value', { constants: false }, { const: 'a' }, { enum: ['a'] }],
  [
    'converts values of several types to a union if types may not be a list',
    { typeLists: 'none' },
    { type: ['number', 'string'], enum: [1, 'a'] },
    {
      anyOf: [
        { type: 'number', enum: [1] },
        { type: 'string', enum: ['a'] },
      ],
    },
  ],
  [
    'gives each type of that union its own keywords',
    { typeLists: 'none' },
    {
      type: ['array', 'string', 'integer', 'object'],
      ...{ minItems: 1, maxItems: 2, uniqueItems: true, items: text },
      ...{ minLength: 1, maxLength: 2, pattern: 'a', format: 'date' },
      ...{ minimum: 1, maximum: 2, exclusiveMinimum: 0, exclusiveMaximum: 3, multipleOf: 1 },
      ...{ properties: {}, required: [], additionalProperties: false, minProperties: 1, maxProperties: 2 },
    },
    {
      anyOf: [
        { type: 'array', minItems: 1, maxItems: 2, uniqueItems: true, items: text },
        { ...text, minLength: 1, maxLength: 2, pattern: 'a', format: 'date' },
        { type: 'integer', minimum: 1, maximum: 2, exclusiveMinimum: 0, exclusiveMaximum: 3, multipleOf: 1 },
        {
          ...{ type: 'object', properties: {}, required: [], additionalProperties: false },
          ...{ minProperties: 1, maxProperties: 2 },
        },
      ],
    },
  ],
  [
    'adds a list of all types to a schema of any value if a type is required',
    { anyValues: 'all-types' },
    { description: 'A.' },
    { type: ['string', 'number', 'boolean', 'object', 'array', 'null'], description: 'A.' },
  ],
  ['adds no type to a union', { anyValues: 'all-types' }, { anyOf: [text, number] }, { anyOf: [text, number] }],
  [
    'adds no type to a schema of any value if types may not be a list',
    { anyValues: 'all-types', typeLists: 'none' },
    {},
    {},
  ],
  ['adds no type to a schema with an unknown keyword', { anyValues: 'all-types' }, { 'x-order': 1 }, { 'x-order': 1 }],
  [
    'moves the type of a union into its branches without a type',
    { unions: 'any-of' },
    { type: 'string', anyOf: [{ minLength: 1 }, { const: 'x' }] },
    { anyOf: [{ type: 'string', minLength: 1 }, { const: 'x' }] },
  ],
  [
    'flattens a nested union, and keeps the title',
    { unions: 'any-of' },
    { title: 'T', anyOf: [{ anyOf: [text, number] }, { type: 'boolean' }] },
    { title: 'T', anyOf: [text, number, { type: 'boolean' }] },
  ],
  [
    'keeps a nested union with other keywords',
    { unions: 'any-of' },
    { anyOf: [{ description: 'A.', anyOf: [text, number] }, { type: 'boolean' }] },
    { anyOf: [{ description: 'A.', anyOf: [text, number] }, { type: 'boolean' }] },
  ],
  ['converts oneOf to anyOf', { unions: 'any-of' }, { oneOf: [text, number] }, { anyOf: [text, number] }],
  [
    'removes unsupported keywords without a note if they do not help a model',
    {
      omittedKeywords: [
        ...['readOnly', 'writeOnly', 'deprecated', 'contentEncoding', 'contentMediaType', '$comment', 'title'],
        ...['minLength', 'propertyNames', 'not', 'maximum'],
      ],
    },
    {
      ...{ ...text, readOnly: true, writeOnly: true, deprecated: true, contentEncoding: 'base64' },
      ...{ contentMediaType: 'image/png', $comment: 'C.', title: 'T', minLength: 3 },
      ...{ propertyNames: text, not: {}, maximum: Number.MAX_SAFE_INTEGER },
    },
    { ...text, description: 'minLength: 3.' },
  ],
])('%s', (_, support, given, reduced) => {
  expect(reduceSchema(given, { ...FULL_SUPPORT, ...support })).toStrictEqual(reduced);
});
