import { expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { reduceSchema } from './reduce-schema.ts';
import { FULL_SUPPORT, type SchemaSupport } from './schema-support.ts';

const next = { $ref: '#/$defs/Node' };
const node = (field: JsonSchema): JsonSchema => ({ type: 'object', properties: { next: field } });

test('a reference to the root leads into the definitions', () => {
  const support = { ...FULL_SUPPORT, references: 'definitions' as const };
  expect(reduceSchema(node({ $ref: '#' }), support)).toEqual({
    ...node({ $ref: '#/$defs/root' }),
    $defs: { root: node({ $ref: '#/$defs/root' }) },
  });
});

test('a reference that is not recursive gives way to what it leads to, another one stays, alone', () => {
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

test('the name of the root is one that no definition has', () => {
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
  ['a union in a union', { anyOf: [{ anyOf: [text, number] }, { type: 'boolean' }] }],
  ['a pattern with a look ahead', { type: 'string', pattern: '(?=a)b' }],
  ['a format that nobody knows', { type: 'string', format: 'phone', minLength: 3 }],
  ['an excluded limit of an integer', { type: 'integer', exclusiveMinimum: 2 }],
  ['a tuple', { type: 'array', prefixItems: [text], items: false }],
  ['no type', {}],
])('a server that takes all of JSON Schema is sent the very same: %s', (_, schema) => {
  expect(reduceSchema(schema, FULL_SUPPORT)).toBe(schema);
});

test.each<[string, Partial<SchemaSupport>, JsonSchema, JsonSchema]>([
  [
    'a length beside a format is told in words where a pattern may have none',
    { lengthsBesidePatterns: false },
    { ...text, minLength: 1, format: 'date' },
    { ...text, format: 'date', description: 'minLength: 1.' },
  ],
  [
    'a length alone stays there',
    { lengthsBesidePatterns: false },
    { ...text, minLength: 1 },
    { ...text, minLength: 1 },
  ],
  [
    'excluded limits of integers are included ones where there are no others',
    { omittedKeywords: ['exclusiveMinimum', 'exclusiveMaximum'] },
    { type: 'integer', exclusiveMinimum: 2, exclusiveMaximum: 5 },
    { type: 'integer', minimum: 3, maximum: 4 },
  ],
  [
    'excluded limits of other numbers are told in words there',
    { omittedKeywords: ['exclusiveMinimum'] },
    { ...number, exclusiveMinimum: 2 },
    { ...number, description: 'exclusiveMinimum: 2.' },
  ],
  [
    'limits of integers are told in words where there are none',
    { omittedKeywords: ['exclusiveMinimum', 'minimum'] },
    { type: 'integer', exclusiveMinimum: 2 },
    { type: 'integer', description: 'exclusiveMinimum: 2.' },
  ],
  [
    'a tuple with any further elements is a list of anything where there are none',
    { tuples: 'none' },
    { prefixItems: [text] },
    { type: 'array', items: {}, description: 'prefixItems: [{"type":"string"}].' },
  ],
  [
    'a closed tuple of one type is a list of it there',
    { tuples: 'none' },
    { prefixItems: [text], items: false },
    { type: 'array', items: text, description: 'prefixItems: [{"type":"string"}].' },
  ],
  [
    'both booleans are a boolean where values are texts',
    { enums: 'texts' },
    { enum: [true, false] },
    { type: 'boolean' },
  ],
  [
    'one boolean is told in words there',
    { enums: 'texts' },
    { enum: [true] },
    { type: 'boolean', description: 'enum: [true].' },
  ],
  [
    'two numbers are told in words there',
    { enums: 'texts' },
    { enum: [1, 2] },
    { ...number, description: 'enum: [1,2].' },
  ],
  ['a constant is a list of one value where there is none', { constants: false }, { const: 'a' }, { enum: ['a'] }],
  [
    'values of several types are a union where the type may be no list',
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
    'each type has its own keywords there',
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
    'any value is a list of all types where a schema has to say so',
    { anyValues: 'all-types' },
    { description: 'A.' },
    { type: ['string', 'number', 'boolean', 'object', 'array', 'null'], description: 'A.' },
  ],
  ['a union has its types already', { anyValues: 'all-types' }, { anyOf: [text, number] }, { anyOf: [text, number] }],
  ['any value has no type where that may be no list', { anyValues: 'all-types', typeLists: 'none' }, {}, {}],
  ['a keyword of nobody leaves the type open', { anyValues: 'all-types' }, { 'x-order': 1 }, { 'x-order': 1 }],
  [
    'the type of a union goes into its branches that have none where nothing may stand beside them',
    { unions: 'any-of' },
    { type: 'string', anyOf: [{ minLength: 1 }, { const: 'x' }] },
    { anyOf: [{ type: 'string', minLength: 1 }, { const: 'x' }] },
  ],
  [
    'a union in a union is one there, and keeps its title',
    { unions: 'any-of' },
    { title: 'T', anyOf: [{ anyOf: [text, number] }, { type: 'boolean' }] },
    { title: 'T', anyOf: [text, number, { type: 'boolean' }] },
  ],
  [
    'a union that says more stays one in a union',
    { unions: 'any-of' },
    { anyOf: [{ description: 'A.', anyOf: [text, number] }, { type: 'boolean' }] },
    { anyOf: [{ description: 'A.', anyOf: [text, number] }, { type: 'boolean' }] },
  ],
  [
    'an exclusive union is one of any branch there',
    { unions: 'any-of' },
    { oneOf: [text, number] },
    { anyOf: [text, number] },
  ],
  [
    'what is of no use to a model is left out without a word, where it is not taken',
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
