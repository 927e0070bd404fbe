import { expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';
import { normalizeSchema } from './normalize.ts';
import { jsonSchema } from './plain-json-schema.ts';
import { compileSchema } from './schema.ts';

const text = { type: 'string' };

test.each<[string, JsonSchema, JsonSchema]>([
  [
    'converts a tuple of draft-07',
    { type: 'array', items: [text, { type: 'number' }], additionalItems: false },
    { type: 'array', prefixItems: [text, { type: 'number' }], items: false },
  ],
  [
    'converts a draft-07 tuple with additionalItems',
    { type: 'array', items: [text], additionalItems: text },
    { type: 'array', prefixItems: [text], items: text },
  ],
  [
    'definitions',
    { type: 'object', properties: { a: { $ref: '#/definitions/A' } }, definitions: { A: text } },
    { type: 'object', properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: text } },
  ],
  [
    'merges definitions and $defs',
    {
      properties: { a: { $ref: '#/definitions/A' }, b: { $ref: '#/$defs/B' } },
      definitions: { A: text },
      $defs: { B: text },
    },
    { properties: { a: { $ref: '#/$defs/A' }, b: { $ref: '#/$defs/B' } }, $defs: { A: text, B: text } },
  ],
  [
    'converts exclusive limits of draft-04',
    { type: 'number', minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false },
    { type: 'number', exclusiveMinimum: 1, maximum: 9 },
  ],
  [
    'converts an exclusive maximum of draft-04',
    { type: 'number', maximum: 9, exclusiveMaximum: true },
    { type: 'number', exclusiveMaximum: 9 },
  ],
  [
    'converts a draft-04 limit beside a newer one',
    { type: 'number', minimum: 1, exclusiveMinimum: true, exclusiveMaximum: 9 },
    { type: 'number', exclusiveMinimum: 1, exclusiveMaximum: 9 },
  ],
  [
    'keeps an array of draft-07',
    { $schema: 'http://json-schema.org/draft-07/schema#', type: 'array', items: text },
    { type: 'array', items: text },
  ],
  ['converts dependencies with names only', { dependencies: { a: ['b'] } }, { dependentRequired: { a: ['b'] } }],
  [
    'converts dependencies with schemas only',
    { dependencies: { c: { required: ['d'] } } },
    { dependentSchemas: { c: { required: ['d'] } } },
  ],
  [
    'converts nullable of OpenAPI on a constant',
    { type: 'string', const: 'x', nullable: true },
    { anyOf: [{ type: 'string', const: 'x' }, { type: 'null' }] },
  ],
  [
    'converts dependencies with names and schemas',
    { dependencies: { a: ['b'], c: { required: ['d'] } } },
    { dependentRequired: { a: ['b'] }, dependentSchemas: { c: { required: ['d'] } } },
  ],
  [
    'converts nullable of OpenAPI',
    { properties: { a: { type: 'string', nullable: true, enum: ['x'], description: 'A.' } } },
    { properties: { a: { type: ['string', 'null'], enum: ['x', null], description: 'A.' } } },
  ],
  [
    'converts nullable of OpenAPI on a union',
    { properties: { a: { anyOf: [text], nullable: true, description: 'A.' } } },
    { properties: { a: { anyOf: [{ anyOf: [text] }, { type: 'null' }], description: 'A.' } } },
  ],
  [
    'removes required flags of properties and the type any',
    { type: 'object', properties: { a: { type: 'any', required: true } } },
    { type: 'object', properties: { a: {} } },
  ],
  [
    'removes a required flag of a property',
    { type: 'object', properties: { a: { type: 'string', required: true } } },
    { type: 'object', properties: { a: { type: 'string' } } },
  ],
  [
    'removes $schema and $id',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://example.test/a',
      type: 'object',
      properties: {},
    },
    { type: 'object', properties: {} },
  ],
  [
    'moves the target of a reference by path to $defs',
    { properties: { a: { properties: { b: text } }, c: { $ref: '#/properties/a/properties/b' } } },
    { properties: { a: { properties: { b: text } }, c: { $ref: '#/$defs/b' } }, $defs: { b: text } },
  ],
  [
    'moves the target of a reference by $id to $defs',
    { properties: { a: { $id: 'T0', type: 'object', properties: { next: { $ref: 'T0' } } } } },
    {
      properties: { a: { type: 'object', properties: { next: { $ref: '#/$defs/T0' } } } },
      $defs: { T0: { type: 'object', properties: { next: { $ref: '#/$defs/T0' } } } },
    },
  ],
  [
    'rewrites a reference to the $id of the root',
    {
      $id: 'T0',
      type: 'object',
      properties: { next: { $ref: 'T0' }, other: { $ref: 'T0#/$defs/A' } },
      $defs: { A: text },
    },
    { type: 'object', properties: { next: { $ref: '#' }, other: { $ref: '#/$defs/A' } }, $defs: { A: text } },
  ],
  [
    'moves the target of a reference by $anchor to $defs',
    { properties: { a: { $anchor: 'here', type: 'string' }, b: { $ref: '#here' } } },
    { properties: { a: text, b: { $ref: '#/$defs/_here' } }, $defs: { _here: text } },
  ],
  [
    'moves nested definitions to the root',
    { properties: { a: { $ref: '#/$defs/A', $defs: { A: text } } } },
    { properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: text } },
  ],
  [
    'renames definitions whose names need escapes',
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
    'keeps values and property names that look like keywords',
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

test('returns the same schema if nothing has to change', () => {
  const schema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/A' }, b: { prefixItems: [text], items: false }, c: { $ref: '#' } },
    $defs: { A: { type: 'object', properties: { a: { $ref: '#/$defs/A' } } } },
  };
  expect(normalizeSchema(schema)).toBe(schema);
});

test('keeps a reference without a target', () => {
  const schema = { properties: { a: { $ref: 'https://example.test/a' }, b: { $ref: '#/$defs/%' } } };
  expect(normalizeSchema(schema)).toEqual(schema);
});

test('refuses a schema that contains itself when the tool is defined', () => {
  const schema: Record<string, unknown> = { type: 'object' };
  schema['properties'] = { a: schema };
  expect(() => compileSchema(jsonSchema(schema), 'Tool "t", input')).toThrow(
    'Tool "t", input: JSON Schema can\'t express this schema: it is nested without end.',
  );
});

const signs = ['%', '%20', '/', '~', '~1', ' ', '#', '?', 'é', '[x]', '$defs/'];

test.each(signs)('removes nulls behind a reference to an id with %j', async (sign) => {
  const part = z.object({ q: z.string().optional() }).meta({ id: `part of ${sign} normalize` });
  const { jsonSchema: sent, validate } = compileSchema(z.object({ a: part }), 'input');
  expect(Object.keys(sent['$defs'] as object)).toEqual([expect.stringMatching(/^[\w.-]+$/)]);
  expect(await validate({ a: { q: null } })).toEqual({ ok: true, value: { a: {} } });
});
