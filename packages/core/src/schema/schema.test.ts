import { expect, test } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import type { JsonSchema } from './json-schema.ts';
import { compileSchema, type Schema } from './schema.ts';

const where = 'Tool "get_weather", input';

interface Row {
  readonly name: string;
  readonly schema: Schema;
  readonly jsonSchema: JsonSchema;
  readonly given: unknown;
  readonly value: unknown;
}

const rows: readonly Row[] = [
  {
    name: 'a zod object',
    schema: z.object({ city: z.string().describe('Where.'), days: z.int().min(1).max(3).optional() }),
    jsonSchema: {
      type: 'object',
      properties: {
        city: { type: 'string', description: 'Where.' },
        days: { type: 'integer', minimum: 1, maximum: 3 },
      },
      required: ['city'],
    },
    given: { city: 'Oslo', days: 2, odd: true },
    value: { city: 'Oslo', days: 2 },
  },
  {
    name: 'a zod/mini object',
    schema: mini.object({ city: mini.string(), days: mini.optional(mini.number()) }),
    jsonSchema: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'number' } },
      required: ['city'],
    },
    given: { city: 'Oslo' },
    value: { city: 'Oslo' },
  },
  {
    name: 'the input side of a default, which is optional',
    schema: z.object({ unit: z.enum(['C', 'F']).default('C') }),
    jsonSchema: {
      type: 'object',
      properties: { unit: { type: 'string', enum: ['C', 'F'], default: 'C' } },
    },
    given: {},
    value: { unit: 'C' },
  },
  {
    name: 'the input side of transforms, pipes and coercions',
    schema: z.object({
      words: z.string().transform((text) => text.split(' ')),
      count: z.string().pipe(z.transform(Number)),
      flag: z.coerce.boolean(),
    }),
    jsonSchema: {
      type: 'object',
      properties: { words: { type: 'string' }, count: { type: 'string' }, flag: { type: 'boolean' } },
      required: ['words', 'count', 'flag'],
    },
    given: { words: 'a b', count: '7', flag: 1 },
    value: { words: ['a', 'b'], count: 7, flag: true },
  },
  {
    name: 'a transform of the root',
    schema: z.object({ city: z.string() }).transform(({ city }) => city.toUpperCase()),
    jsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    given: { city: 'Oslo' },
    value: 'OSLO',
  },
  {
    name: 'a Standard JSON Schema of another library',
    schema: {
      '~standard': {
        version: 1,
        vendor: 'other',
        validate: async (value: unknown) => ({ value: { seen: value } }),
        jsonSchema: { input: ({ target }: { readonly target: string }) => ({ type: 'object', title: target }) },
      },
    } as Schema,
    jsonSchema: { type: 'object', title: 'draft-2020-12' },
    given: { a: 1 },
    value: { seen: { a: 1 } },
  },
  {
    name: 'a schema that is a function',
    schema: Object.assign(() => {}, {
      '~standard': {
        version: 1,
        vendor: 'other',
        validate: (value: unknown) => ({ value }),
        jsonSchema: { input: () => ({ type: 'object' }) },
      },
    }),
    jsonSchema: { type: 'object' },
    given: {},
    value: {},
  },
];

test.each(rows)('sends and validates $name', async ({ schema, jsonSchema, given, value }) => {
  const compiled = compileSchema(schema, where);
  expect(compiled.jsonSchema).toEqual(jsonSchema);
  await expect(compiled.validate(given)).resolves.toEqual({ ok: true, value });
});

test('sends a recursive schema as a reference', () => {
  const node: z.ZodType = z.object({
    name: z.string(),
    get children() {
      return z.array(node);
    },
  });
  expect(compileSchema(node, where).jsonSchema).toEqual({
    type: 'object',
    properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
    required: ['name', 'children'],
  });
});

test('sends the input side of a codec, and decodes the value', async () => {
  const date = z.codec(z.iso.date(), z.date(), {
    decode: (text) => new Date(text),
    encode: (value) => value.toISOString().slice(0, 10),
  });
  const { jsonSchema, validate } = compileSchema(z.object({ when: date }), where);
  expect(jsonSchema).toEqual({
    type: 'object',
    properties: { when: { type: 'string', format: 'date', pattern: expect.any(String) } },
    required: ['when'],
  });
  await expect(validate({ when: '2026-01-02' })).resolves.toEqual({
    ok: true,
    value: { when: new Date('2026-01-02') },
  });
});

test('awaits an asynchronous check', async () => {
  const known = z.object({ city: z.string().refine(async (city) => city === 'Oslo', 'No such city') });
  const { validate } = compileSchema(known, where);
  await expect(Promise.all([validate({ city: 'Oslo' }), validate({ city: 'Olso' })])).resolves.toEqual([
    { ok: true, value: { city: 'Oslo' } },
    { ok: false, issues: 'city: No such city, got "Olso"' },
  ]);
});

test.each<[string, z.ZodType, JsonSchema]>([
  ['is sent without a zod check name as its format', z.string().startsWith('a'), { type: 'string', pattern: '^a.*' }],
  [
    'is sent if its flags do not change its meaning',
    z.string().regex(/^\d+$/gu),
    { type: 'string', pattern: '^\\d+$' },
  ],
  [
    'moves to the description if its flags change its meaning',
    z.string().regex(/^(yes|no)$/i),
    { type: 'string', description: 'pattern: /^(yes|no)$/i.' },
  ],
  [
    'follows the description of its schema and the outer description',
    z.string().regex(/^a.b$/s).describe('Inner.').optional().describe('Outer.'),
    { type: 'string', description: 'Outer. pattern: /^a.b$/s.' },
  ],
  [
    'moves to the description if another pattern is sent',
    z.string().startsWith('a').regex(/B/i).regex(/c$/m),
    { type: 'string', pattern: '^a.*', description: 'pattern: /B/i. pattern: /c$/m.' },
  ],
  [
    'in the description does not change the patterns that are sent',
    z.string().startsWith('a').endsWith('z').regex(/B/i),
    { type: 'string', allOf: [{ pattern: '^a.*' }, { pattern: '.*z$' }], description: 'pattern: /B/i.' },
  ],
  [
    'of a custom format moves to the description as well',
    z.email({ pattern: /^[a-z]+@example\.test$/i }),
    { type: 'string', format: 'email', description: 'pattern: /^[a-z]+@example\\.test$/i.' },
  ],
  [
    'of names in a record moves to the description of the names',
    z.record(z.string().regex(/^x/i), z.number()),
    {
      type: 'object',
      propertyNames: { type: 'string', description: 'pattern: /^x/i.' },
      additionalProperties: { type: 'number' },
    },
  ],
  [
    'of one of several kinds of names is omitted',
    z.looseRecord(z.string().regex(/^x/i), z.number()),
    { type: 'object' },
  ],
])('a pattern %s', (_, schema, sent) => {
  expect(compileSchema(z.object({ a: schema }), where).jsonSchema['properties']).toEqual({ a: sent });
});
