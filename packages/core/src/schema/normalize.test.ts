import { expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';
import { normalizeSchema } from './normalize.ts';
import { jsonSchema } from './plain-json-schema.ts';
import { compileSchema } from './schema.ts';

const text = { type: 'string' };

test.each<[string, JsonSchema, JsonSchema]>([
  [
    'a tuple as of draft-07',
    { type: 'array', items: [text, { type: 'number' }], additionalItems: false },
    { type: 'array', prefixItems: [text, { type: 'number' }], items: false },
  ],
  [
    'a tuple whose other elements are of one type',
    { type: 'array', items: [text], additionalItems: text },
    { type: 'array', prefixItems: [text], items: text },
  ],
  [
    'definitions',
    { type: 'object', properties: { a: { $ref: '#/definitions/A' } }, definitions: { A: text } },
    { type: 'object', properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: text } },
  ],
  [
    'definitions beside $defs',
    {
      properties: { a: { $ref: '#/definitions/A' }, b: { $ref: '#/$defs/B' } },
      definitions: { A: text },
      $defs: { B: text },
    },
    { properties: { a: { $ref: '#/$defs/A' }, b: { $ref: '#/$defs/B' } }, $defs: { A: text, B: text } },
  ],
  [
    'limits as of draft-04',
    { type: 'number', minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false },
    { type: 'number', exclusiveMinimum: 1, maximum: 9 },
  ],
  [
    'an upper limit as of draft-04, which is excluded',
    { type: 'number', maximum: 9, exclusiveMaximum: true },
    { type: 'number', exclusiveMaximum: 9 },
  ],
  [
    'a limit as of draft-04 beside a newer one',
    { type: 'number', minimum: 1, exclusiveMinimum: true, exclusiveMaximum: 9 },
    { type: 'number', exclusiveMinimum: 1, exclusiveMaximum: 9 },
  ],
  [
    'a list as of draft-07',
    { $schema: 'http://json-schema.org/draft-07/schema#', type: 'array', items: text },
    { type: 'array', items: text },
  ],
  ['what a property brings along, names alone', { dependencies: { a: ['b'] } }, { dependentRequired: { a: ['b'] } }],
  [
    'what a property brings along, schemas alone',
    { dependencies: { c: { required: ['d'] } } },
    { dependentSchemas: { c: { required: ['d'] } } },
  ],
  [
    'null as of OpenAPI, of a constant',
    { type: 'string', const: 'x', nullable: true },
    { anyOf: [{ type: 'string', const: 'x' }, { type: 'null' }] },
  ],
  [
    'what a property brings along',
    { dependencies: { a: ['b'], c: { required: ['d'] } } },
    { dependentRequired: { a: ['b'] }, dependentSchemas: { c: { required: ['d'] } } },
  ],
  [
    'null as of OpenAPI',
    { properties: { a: { type: 'string', nullable: true, enum: ['x'], description: 'A.' } } },
    { properties: { a: { type: ['string', 'null'], enum: ['x', null], description: 'A.' } } },
  ],
  [
    'null as of OpenAPI, of a union',
    { properties: { a: { anyOf: [text], nullable: true, description: 'A.' } } },
    { properties: { a: { anyOf: [{ anyOf: [text] }, { type: 'null' }], description: 'A.' } } },
  ],
  [
    'flags of properties, and a type of all values',
    { type: 'object', properties: { a: { type: 'any', required: true } } },
    { type: 'object', properties: { a: {} } },
  ],
  [
    'a flag of a property alone',
    { type: 'object', properties: { a: { type: 'string', required: true } } },
    { type: 'object', properties: { a: { type: 'string' } } },
  ],
  [
    'what names the schema',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://example.test/a',
      type: 'object',
      properties: {},
    },
    { type: 'object', properties: {} },
  ],
  [
    'a reference to any other place',
    { properties: { a: { properties: { b: text } }, c: { $ref: '#/properties/a/properties/b' } } },
    { properties: { a: { properties: { b: text } }, c: { $ref: '#/$defs/b' } }, $defs: { b: text } },
  ],
  [
    'a reference by $id',
    { properties: { a: { $id: 'T0', type: 'object', properties: { next: { $ref: 'T0' } } } } },
    {
      properties: { a: { type: 'object', properties: { next: { $ref: '#/$defs/T0' } } } },
      $defs: { T0: { type: 'object', properties: { next: { $ref: '#/$defs/T0' } } } },
    },
  ],
  [
    'a reference to the $id of the root',
    {
      $id: 'T0',
      type: 'object',
      properties: { next: { $ref: 'T0' }, other: { $ref: 'T0#/$defs/A' } },
      $defs: { A: text },
    },
    { type: 'object', properties: { next: { $ref: '#' }, other: { $ref: '#/$defs/A' } }, $defs: { A: text } },
  ],
  [
    'a reference by $anchor',
    { properties: { a: { $anchor: 'here', type: 'string' }, b: { $ref: '#here' } } },
    { properties: { a: text, b: { $ref: '#/$defs/_here' } }, $defs: { _here: text } },
  ],
  [
    'definitions inside of a part, which refers to them as if it were the root',
    { properties: { a: { $ref: '#/$defs/A', $defs: { A: text } } } },
    { properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: text } },
  ],
  [
    'names that would have to be escaped',
    {
      properties: {
        a: { $ref: '#/$defs/app~1User' },
        b: { $ref: '#/$defs/100% sure' },
        c: { $ref: '#/$defs/app_User' },
      },
      $defs: { 'app/User': text, '100% sure': { type: 'number' }, app_User: { type: 'null' } },
    },
    {
      properties: {
        a: { $ref: '#/$defs/app_User' },
        b: { $ref: '#/$defs/100__sure' },
        c: { $ref: '#/$defs/app_User_' },
      },
      $defs: { app_User: text, '100__sure': { type: 'number' }, app_User_: { type: 'null' } },
    },
  ],
  [
    'nothing that is a value or the name of a property',
    {
      properties: {
        $ref: text,
        definitions: { default: { $ref: '#/definitions/x', items: [1] } },
        items: { enum: [{ nullable: true }] },
      },
    },
    {
      properties: {
        $ref: text,
        definitions: { default: { $ref: '#/definitions/x', items: [1] } },
        items: { enum: [{ nullable: true }] },
      },
    },
  ],
])('%s', (_, given, normalized) => {
  const before = structuredClone(given);
  expect(normalizeSchema(given)).toStrictEqual(normalized);
  expect(given).toEqual(before);
});

test('a schema that needs no change is the very same', () => {
  const schema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/A' }, b: { prefixItems: [text], items: false }, c: { $ref: '#' } },
    $defs: { A: { type: 'object', properties: { a: { $ref: '#/$defs/A' } } } },
  };
  expect(normalizeSchema(schema)).toBe(schema);
});

test('a reference without a target stays as it is', () => {
  const schema = { properties: { a: { $ref: 'https://example.test/a' }, b: { $ref: '#/$defs/%' } } };
  expect(normalizeSchema(schema)).toEqual(schema);
});

test('a schema that holds itself is refused where it is defined', () => {
  const schema: Record<string, unknown> = { type: 'object' };
  schema['properties'] = { a: schema };
  expect(() => compileSchema(jsonSchema(schema), 'Tool "t", input')).toThrow(
    'Tool "t", input: JSON Schema can\'t express this schema: it is nested without end.',
  );
});

const signs = ['%', '%20', '/', '~', '~1', ' ', '#', '?', 'é', '[x]', '$defs/'];

test.each(signs)('an id with %j: a null behind it means what it means elsewhere', async (sign) => {
  const part = z.object({ q: z.string().optional() }).meta({ id: `part of ${sign} normalize` });
  const { jsonSchema: sent, validate } = compileSchema(z.object({ a: part }), 'input');
  expect(Object.keys(sent['$defs'] as object)).toEqual([expect.stringMatching(/^[\w.-]+$/)]);
  expect(await validate({ a: { q: null } })).toEqual({ ok: true, value: { a: {} } });
});
