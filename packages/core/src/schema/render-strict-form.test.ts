import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import type { JsonSchema } from './json-schema.ts';
import { renderStrictForm } from './render-strict-form.ts';
import { compileSchema, type Schema } from './schema.ts';
import { zod3 } from './zod3.ts';

function formOf(schema: Schema): ReturnType<typeof renderStrictForm> {
  return renderStrictForm(compileSchema(schema, 'input').jsonSchema);
}

/** Returns the strict form of one property. */
function propertyOf(schema: JsonSchema): unknown {
  const form = renderStrictForm({ type: 'object', properties: { a: schema }, required: ['a'] });
  return form.ok ? (form.schema['properties'] as { readonly a: unknown }).a : form.reasons;
}

const closed = { additionalProperties: false };

describe('the strict form', () => {
  test('closes every object, and requires every property', () => {
    const schema = z.object({ a: z.string(), b: z.object({ c: z.number().optional() }), d: z.array(z.object({})) });
    expect(formOf(schema)).toEqual({
      ok: true,
      schema: {
        type: 'object',
        properties: {
          a: { type: 'string' },
          b: { type: 'object', properties: { c: { type: ['number', 'null'] } }, required: ['c'], ...closed },
          d: { type: 'array', items: { type: 'object', properties: {}, required: [], ...closed } },
        },
        required: ['a', 'b', 'd'],
        ...closed,
      },
    });
  });

  test.each([...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']])(
    'keeps the format %s',
    (format) => {
      expect(propertyOf({ type: 'string', format })).toEqual({ type: 'string', format });
    },
  );

  test.each<[string, JsonSchema, unknown]>([
    ['a union with null', { anyOf: [{ type: 'string' }, { type: 'null' }] }, undefined],
    ['null as a constant', { type: 'null', const: null }, undefined],
    [
      'a union without null',
      { anyOf: [{ type: 'string' }, { type: 'number' }] },
      { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] },
    ],
  ])('makes an optional field nullable: %s', (_, schema, sent = schema) => {
    const form = renderStrictForm({ type: 'object', properties: { a: schema } });
    expect(form.ok && form.schema['properties']).toEqual({ a: sent });
  });

  test('closes an object without properties', () => {
    expect(propertyOf({ type: 'object', additionalProperties: false })).toEqual({
      type: 'object',
      properties: {},
      required: [],
      ...closed,
    });
  });

  test('moves an invalid pattern to the description', () => {
    expect(propertyOf({ type: 'string', pattern: 7 })).toEqual({ type: 'string', description: 'pattern: 7.' });
  });

  test('moves keywords beside a union into its branches', () => {
    const text = { type: 'string' };
    const schema = {
      type: 'object',
      properties: { x: text, y: text },
      anyOf: [{ required: ['x'] }, { required: ['y'] }],
    };
    const optional = { type: ['string', 'null'] };
    expect(propertyOf(schema)).toEqual({
      anyOf: [
        { type: 'object', properties: { x: text, y: optional }, required: ['x', 'y'], ...closed },
        { type: 'object', properties: { x: optional, y: text }, required: ['x', 'y'], ...closed },
      ],
    });
    const described = { title: 'T', description: 'D.', anyOf: [text, { type: 'number' }] };
    expect(propertyOf(described)).toEqual({ description: 'D.', anyOf: [text, { type: 'number' }] });
  });

  test.each<[string, JsonSchema, string]>([
    ['a tuple of draft-07', { type: 'array', items: [{ type: 'string' }] }, '/properties/a/items'],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }] }, '/properties/a/prefixItems'],
    ['a branch of oneOf', { oneOf: [{ type: 'string' }, {}] }, '/properties/a/oneOf/1'],
    ['a branch of anyOf', { anyOf: [{ type: 'string' }, {}] }, '/properties/a/anyOf/1'],
    ['parts', { allOf: [{ type: 'string' }, { minLength: 1 }] }, '/properties/a/allOf'],
  ])('reports the place of an unsupported part: %s', (_, schema, pointer) => {
    expect(propertyOf(schema)).toMatchObject([{ pointer }]);
  });

  test.each(['anyOf', 'oneOf'])('refuses a root with %s', (keyword) => {
    expect(renderStrictForm({ type: 'object', [keyword]: [{ type: 'object', properties: {} }] })).toMatchObject({
      reasons: [{ pointer: '', reason: 'the root is not a single object' }],
    });
  });

  test('counts the characters of all values', () => {
    const values = (count: number): JsonSchema => ({
      enum: Array.from({ length: count }, (_, index) => String(index).padStart(1_000, 'x')),
    });
    expect(renderStrictForm({ type: 'object', properties: { a: values(119) }, required: ['a'] }).ok).toBe(true);
    expect(propertyOf(values(120))).toMatchObject([{ reason: 'more than 120000 characters in names and values' }]);
  });

  test('reports an object that is too deep only once', () => {
    const nested = (levels: number): JsonSchema =>
      levels === 0 ? {} : { type: 'object', properties: { a: nested(levels - 1) }, required: ['a'] };
    const form = renderStrictForm(nested(11));
    expect(form.ok ? [] : form.reasons.map(({ reason }) => reason)).toEqual(['objects more than 10 levels deep']);
  });

  test.each<[string, JsonSchema, unknown]>([
    ['an object from its properties', { properties: { b: { type: 'string' } }, required: ['b'] }, 'object'],
    ['an array from its elements', { items: { type: 'string' } }, 'array'],
    ['a value from its constant', { const: 'x' }, 'string'],
    ['a value from its enum', { enum: ['x', 1] }, ['string', 'number']],
  ])('infers the type of %s', (_, schema, type) => {
    expect(propertyOf(schema)).toMatchObject({ type });
  });

  test.each<[string, z.ZodType, unknown]>([
    ['a text', z.string(), { type: ['string', 'null'] }],
    ['an enum', z.enum(['x']), { type: ['string', 'null'], enum: ['x', null] }],
    ['a constant', z.literal('x'), { anyOf: [{ type: 'string', const: 'x' }, { type: 'null' }] }],
    ['null', z.null(), { type: 'null' }],
    ['a nullable value', z.string().nullable(), { type: ['string', 'null'] }],
    [
      'a union',
      z.union([z.string(), z.literal(1)]),
      { anyOf: [{ type: 'string' }, { type: 'number', const: 1 }, { type: 'null' }] },
    ],
    ['a list', z.array(z.string()), { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }] }],
    [
      'an object, with its description outside',
      z.object({}).describe('D.'),
      { description: 'D.', anyOf: [{ type: 'object', properties: {}, required: [], ...closed }, { type: 'null' }] },
    ],
    [
      'a value with a default',
      z.number().default(3).describe('How many'),
      { type: ['number', 'null'], description: 'How many. Default: 3.' },
    ],
  ])('makes %s nullable if it is optional', (_, schema, strict) => {
    const form = formOf(z.object({ a: schema.optional() }));
    expect(form.ok && form.schema['properties']).toEqual({ a: strict });
  });

  test.each<[string, JsonSchema, unknown]>([
    [
      'keeps limits of a number',
      { type: 'number', minimum: 1, exclusiveMaximum: 9, multipleOf: 2 },
      { type: 'number', minimum: 1, exclusiveMaximum: 9, multipleOf: 2 },
    ],
    [
      'moves lengths to the description',
      { type: 'string', minLength: 2, description: 'A name' },
      { type: 'string', description: 'A name. minLength: 2.' },
    ],
    ['keeps a supported format', { type: 'string', format: 'date' }, { type: 'string', format: 'date' }],
    [
      'moves an unsupported format to the description',
      { type: 'string', format: 'uri' },
      { type: 'string', description: 'format: "uri".' },
    ],
    ['keeps a pattern', { type: 'string', pattern: '^a' }, { type: 'string', pattern: '^a' }],
    [
      'moves a pattern with look-around to the description',
      { type: 'string', pattern: '^(?!b)' },
      { type: 'string', description: 'pattern: "^(?!b)".' },
    ],
    [
      'omits an unsupported pattern if a format implies it',
      { type: 'string', format: 'email', pattern: '(?=x)' },
      { type: 'string', format: 'email' },
    ],
    ['infers the type from the values', { enum: ['a', 1] }, { type: ['string', 'number'], enum: ['a', 1] }],
    [
      'converts oneOf to anyOf',
      { oneOf: [{ type: 'string' }, { type: 'number' }], description: 'D' },
      { description: 'D', anyOf: [{ type: 'string' }, { type: 'number' }] },
    ],
    [
      'replaces a single allOf by its part',
      { allOf: [{ type: 'string' }], description: 'D' },
      { type: 'string', description: 'D' },
    ],
    [
      'removes keywords beside a reference',
      { $ref: '#', description: 'D' },
      { description: 'D', anyOf: [{ $ref: '#' }] },
    ],
    [
      'moves other rules to the description',
      { type: 'array', items: { type: 'string' }, uniqueItems: true },
      { type: 'array', description: 'uniqueItems: true.', items: { type: 'string' } },
    ],
  ])('%s', (_, given, strict) => {
    expect(propertyOf(given)).toEqual(strict);
  });

  test('of a recursive schema is recursive', () => {
    const node: z.ZodType = z.object({
      name: z.string(),
      get next() {
        return node.optional();
      },
    });
    expect(formOf(node)).toEqual({
      ok: true,
      schema: {
        type: 'object',
        properties: { name: { type: 'string' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
        required: ['name', 'next'],
        ...closed,
      },
    });
  });

  test('keeps definitions, also of zod 3', () => {
    interface Node {
      readonly children: readonly Node[];
    }
    const node: z3.ZodType<Node> = z3.lazy(() => z3.object({ children: z3.array(node) }));
    const form = formOf(zod3(z3.object({ root: node })));
    const definition = {
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#/$defs/root' } } },
      required: ['children'],
      ...closed,
    };
    expect(form.ok && form.schema).toEqual({
      type: 'object',
      properties: { root: definition },
      required: ['root'],
      ...closed,
      $defs: { root: definition },
    });
  });
});

describe('there is no strict form', () => {
  test.each<[string, Schema, readonly (readonly [string, string])[]]>([
    [
      'of a record',
      z.object({ 'a/b~': z.record(z.string(), z.number()) }),
      [
        ['/properties/a~1b~0/additionalProperties', 'properties with any name are allowed'],
        ['/properties/a~1b~0/propertyNames', 'properties with many names are allowed'],
      ],
    ],
    ['of a tuple', z.object({ a: z.tuple([z.string()]) }), [['/properties/a/prefixItems', 'a tuple']]],
    ['of anything', z.object({ a: z.array(z.any()) }), [['/properties/a/items', 'any value is allowed']]],
    ['of an open object', z.looseObject({}), [['/additionalProperties', 'properties with any name are allowed']]],
    [
      'of a union whose branches disagree about null',
      z.object({ a: z.union([z.object({ x: z.string().optional() }), z.object({ x: z.string().nullable() })]) }),
      [['/properties/a', 'branches disagree about whether "x" may be null or omitted']],
    ],
    [
      'of a nested union whose branches disagree about null',
      z.object({
        a: z.union([
          z.object({ l: z.array(z.object({ x: z.string().optional() })) }),
          z.object({ l: z.array(z.object({ x: z.string().nullish() })) }),
        ]),
      }),
      [['/properties/a', 'branches disagree about whether "l.x" may be null or omitted']],
    ],
  ])('%s, and the report lists the places', (_, schema, reasons) => {
    expect(formOf(schema)).toEqual({
      ok: false,
      reasons: reasons.map(([pointer, reason]) => ({ pointer, reason })),
    });
  });

  test('unless constants distinguish the branches', () => {
    const schema = z.discriminatedUnion('k', [
      z.object({ k: z.literal('a'), x: z.string().optional() }),
      z.object({ k: z.literal('b'), x: z.string().nullable() }),
    ]);
    expect(formOf(z.object({ a: schema })).ok).toBe(true);
  });

  test.each<[string, JsonSchema, string]>([
    ['several schemas in allOf', { allOf: [{ type: 'string' }, { minLength: 1 }] }, 'a combination of several schemas'],
    [
      'a reference into another document',
      { $ref: 'https://example.test/a' },
      'a reference that points neither to the root nor into $defs',
    ],
    ['an impossible value', { anyOf: [false] } as never, 'no value is allowed'],
    ['an object with any properties', { type: 'object' }, 'an object with any properties'],
  ])('of %s', (_, given, reason) => {
    expect(propertyOf(given)).toMatchObject([{ reason }]);
  });

  test('of a root that is not an object', () => {
    expect(renderStrictForm({ type: 'object', anyOf: [{ type: 'object', properties: {} }] })).toMatchObject({
      ok: false,
      reasons: [{ pointer: '', reason: 'the root is not a single object' }],
    });
  });
});

describe('the limits of OpenAI', () => {
  const nested = (levels: number): z.ZodType => {
    let schema: z.ZodType = z.string();
    for (let level = 0; level < levels; level++) schema = z.object({ a: schema });
    return schema;
  };
  const wide = (count: number, name = 'p'): z.ZodType =>
    z.object(Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index}`, z.string()])));
  const values = (count: number, length = 4): readonly string[] =>
    Array.from({ length: count }, (_, index) => String(index).padStart(length, '0'));

  test.each<[string, z.ZodType, string | undefined]>([
    ['10 levels', nested(10), undefined],
    ['11 levels', nested(11), 'objects more than 10 levels deep'],
    ['5,000 properties', wide(5_000), undefined],
    ['5,001 properties', wide(5_001), 'more than 5000 properties'],
    ['1,000 values', z.object({ a: z.enum(values(1_000)) }), undefined],
    ['1,001 values', z.object({ a: z.enum(values(1_001)) }), 'more than 1000 values of enums'],
    ['long values', z.object({ a: z.enum(values(300, 51)) }), 'an enum of more than 15000 characters'],
    ['long names', wide(1_000, 'x'.repeat(120)), 'more than 120000 characters in names and values'],
  ])('%s', (_, schema, reason) => {
    const form = formOf(schema);
    expect(form.ok ? undefined : form.reasons.map((each) => each.reason)).toEqual(reason && [reason]);
  });
});
