import { expect, test } from 'vitest';
import { z } from 'zod';
import { compileSchema, type Schema } from './schema.ts';
import { getItemSchema, withoutNulls } from './without-nulls.ts';

const node: z.ZodType = z.object({
  name: z.string(),
  note: z.string().optional(),
  get next() {
    return node.optional();
  },
});

interface Row {
  readonly name: string;
  readonly schema: Schema;
  readonly given: unknown;
  readonly value: unknown;
}

const rows: readonly Row[] = [
  {
    name: 'for an optional field is removed, and the default applies',
    schema: z.object({ city: z.string(), unit: z.string().default('C'), days: z.number().optional() }),
    given: { city: 'Oslo', unit: null, days: null },
    value: { city: 'Oslo', unit: 'C' },
  },
  {
    name: 'that the schema allows is kept',
    schema: z.object({ a: z.string().nullish(), b: z.string().nullable().default('x'), c: z.unknown() }),
    given: { a: null, b: null, c: null },
    value: { a: null, b: null, c: null },
  },
  {
    name: 'that only a coercion accepts is removed',
    schema: z.object({ text: z.coerce.string().optional(), count: z.coerce.number().default(3) }),
    given: { text: null, count: null },
    value: { count: 3 },
  },
  {
    name: 'is removed in objects and lists',
    schema: z.object({ days: z.array(z.object({ on: z.string(), at: z.string().optional() })) }),
    given: { days: [{ on: 'Mo', at: null }, { on: 'Tu' }] },
    value: { days: [{ on: 'Mo' }, { on: 'Tu' }] },
  },
  {
    name: 'is removed behind a reference',
    schema: node,
    given: { name: 'a', note: null, next: { name: 'b', note: null, next: null } },
    value: { name: 'a', next: { name: 'b' } },
  },
  {
    name: 'that a literal or an enum allows is kept',
    schema: z.object({ a: z.literal(null).optional(), b: z.literal(['x', null]).optional() }),
    given: { a: null, b: null },
    value: { a: null, b: null },
  },
  {
    name: 'is removed in a union by the branch that a constant selects',
    schema: z.discriminatedUnion('k', [
      z.object({ k: z.literal('a'), x: z.string().optional() }),
      z.object({ k: z.literal('b'), x: z.string().nullable() }),
    ]),
    given: { k: 'a', x: null },
    value: { k: 'a' },
  },
  {
    name: 'is kept in a union if its branch allows it',
    schema: z.discriminatedUnion('k', [
      z.object({ k: z.literal('a'), x: z.string().optional() }),
      z.object({ k: z.literal('b'), x: z.string().nullable() }),
    ]),
    given: { k: 'b', x: null },
    value: { k: 'b', x: null },
  },
  {
    name: 'is removed if all branches with the field agree',
    schema: z.union([
      z.object({ x: z.string().optional(), y: z.number() }),
      z.object({ x: z.string().optional(), z: z.number() }),
    ]),
    given: { x: null, z: 1 },
    value: { z: 1 },
  },
  {
    name: 'is removed in records and tuples',
    schema: z.object({
      by: z.record(z.string(), z.object({ at: z.string().optional() })),
      pair: z.tuple([z.object({ at: z.string().optional() }), z.string()]),
    }),
    given: { by: { a: { at: null } }, pair: [{ at: null }, 'x'] },
    value: { by: { a: {} }, pair: [{}, 'x'] },
  },
  {
    name: 'for an optional field of a union without null is removed',
    schema: z.object({ a: z.union([z.string(), z.number()]).optional() }),
    given: { a: null },
    value: {},
  },
];

test.each(rows)('a null $name', async ({ schema, given, value }) => {
  const before = structuredClone(given);
  await expect(compileSchema(schema, 'input').validate(given)).resolves.toEqual({ ok: true, value });
  expect(given).toEqual(before);
});

test.each([
  ['a required field', z.object({ city: z.string() }), { city: null }, 'city: expected string, got null'],
  ['an element of a list', z.object({ a: z.array(z.string()) }), { a: [null] }, 'a[0]: expected string, got null'],
  [
    'a value of a record',
    z.object({ a: z.record(z.string(), z.string()) }),
    { a: { x: null } },
    'a.x: expected string, got null',
  ],
  ['the value itself', z.object({}), null, 'arguments: expected object, got null'],
])('keeps a null for %s, and reports an issue', async (_, schema, given, issues) => {
  await expect(compileSchema(schema, 'input').validate(given)).resolves.toEqual({ ok: false, issues });
});

test('keeps a null that validation needs, although the JSON Schema does not allow it', async () => {
  const schema = {
    '~standard': {
      version: 1,
      vendor: 'other',
      validate: (value: unknown) =>
        'end' in (value as object) ? { value } : { issues: [{ message: 'expected the key "end"', path: [] }] },
      jsonSchema: { input: () => ({ type: 'object', properties: { end: { type: 'string' } } }) },
    },
  } as Schema;
  await expect(compileSchema(schema, 'input').validate({ end: null })).resolves.toEqual({
    ok: true,
    value: { end: null },
  });
});

test('reports other issues without the null', async () => {
  const schema = z.object({ city: z.string(), unit: z.string().optional() });
  await expect(compileSchema(schema, 'input').validate({ city: 7, unit: null })).resolves.toEqual({
    ok: false,
    issues: 'city: expected string, got number',
  });
});

test('awaits the promise of a validator of any library', async () => {
  const refused = { issues: [{ message: 'no' }] };
  // biome-ignore lint/suspicious/noThenProperty: simulates a promise of another library
  const later = { then: (resolve: (result: object) => void) => resolve(refused) };
  const schema = {
    '~standard': { vendor: 'other', validate: () => later, jsonSchema: { input: () => ({ type: 'object' }) } },
  };
  await expect(compileSchema(schema, 'input').validate({})).resolves.toMatchObject({ ok: false });
});

test.each([
  [{ items: 'rest' }, 0, 'rest'],
  [{ prefixItems: ['first'], items: 'rest' }, 0, 'first'],
  [{ prefixItems: ['first'], items: 'rest' }, 1, 'rest'],
  [{ prefixItems: ['first'] }, 1, undefined],
  [{ items: ['first'] }, 0, 'first'],
  [{ items: ['first'] }, 1, undefined],
])('returns the schema of %j for its element %i: %s', (schema, index, expected) => {
  expect(getItemSchema(schema, index)).toBe(expected);
});

test('keeps a null if one of the matching branches allows it', () => {
  const text = { type: 'string' };
  const nullable = { type: 'object', properties: { k: { const: 'a' }, x: { type: ['string', 'null'] } } };
  const schema = { anyOf: [{ type: 'object', properties: { x: text } }, nullable] };
  const value = { x: null };
  expect(withoutNulls(value, schema)).toBe(value);
  // A null for the constant means an omitted field, not another branch.
  expect(withoutNulls({ k: null, x: null }, schema)).toEqual({ x: null });
  expect(withoutNulls({ k: 'b', x: null }, schema)).toEqual({ k: 'b' });
});
