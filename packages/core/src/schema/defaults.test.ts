import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { z as z3 } from 'zod/v3';
import { renderStrictForm } from './render-strict-form.ts';
import { compileSchema, type Schema } from './schema.ts';
import { zod3 } from './zod3.ts';

let count = 0;
const today = (): string => new Date().toISOString();

const dynamic: readonly (readonly [string, () => unknown])[] = [
  ['an id', () => crypto.randomUUID()],
  ['a count', () => ++count],
  ['a random number', () => Math.random()],
  ['a random boolean', () => Math.random() < 0.5],
  ['the time', () => Date.now()],
  ['the time in seconds', () => Math.floor(Date.now() / 1_000)],
  ['the time as a date', () => new Date()],
  ['the day', () => today().slice(0, 10)],
  ['the day in a local format', () => new Date().toLocaleDateString('en-US')],
  ['the day with its name', () => new Date().toDateString()],
  ['a name with the time', () => `run-${Date.now()}`],
  ['a name with the day', () => `report ${today().slice(0, 10)}.txt`],
  ['a list of times', () => [{ at: Date.now() }]],
];

const constant: readonly (readonly [string, () => unknown])[] = [
  ['a text', () => 'x'],
  ['an empty list', () => []],
  ['an object', () => ({ a: [1, null] })],
  ['a number', () => 7],
  ['a large number', () => 1_000_000_007],
  ['false', () => false],
  ['null', () => null],
  ['a past date', () => '1999-12-31'],
  ['a past timestamp', () => 946_684_800_000],
];

/** Returns the schema of field `a` as it is sent. */
function sentFor(schema: Schema): unknown {
  const { properties, required } = compileSchema(schema, 'input').jsonSchema;
  expect(required).toBeUndefined();
  return (properties as { readonly a: unknown }).a;
}

describe.each([
  ['zod', (make: () => unknown) => z.object({ a: z.any().default(make) })],
  ['zod with prefault', (make: () => unknown) => z.object({ a: z.any().prefault(make) })],
  [
    'zod, described and read-only',
    (make: () => unknown) => z.object({ a: z.any().default(make).describe('A.').readonly() }),
  ],
  ['zod/mini', (make: () => unknown) => mini.object({ a: mini._default(mini.any(), make) })],
  ['zod 3', (make: () => unknown) => zod3(z3.object({ a: z3.any().default(make) }))],
])('a default of %s', (_, schemaWith) => {
  test.each(dynamic)('is not sent if it differs on each call: %s', async (_name, make) => {
    const schema = schemaWith(make);
    expect(sentFor(schema)).not.toHaveProperty('default');
    expect(await compileSchema(schema, 'input').validate({})).toMatchObject({
      ok: true,
      value: { a: expect.anything() },
    });
  });

  test.each(constant)('is sent if it is constant: %s', (_name, make) => {
    expect(sentFor(schemaWith(make))).toMatchObject({ default: make() });
  });
});

test('keeps the type of a field with a dynamic default, and makes it nullable in the strict form', async () => {
  const schema = z.object({ key: z.uuid().default(() => crypto.randomUUID()), at: z.int().default(Date.now) });
  const { jsonSchema, validate } = compileSchema(schema, 'input');
  const form = renderStrictForm(jsonSchema);
  expect(form.ok && form.schema['properties']).toMatchObject({
    key: { type: ['string', 'null'], format: 'uuid' },
    at: { type: ['integer', 'null'] },
  });
  const [one, other] = [await validate({ key: null, at: null }), await validate({})];
  expect(one).toMatchObject({ ok: true, value: { key: expect.any(String), at: expect.any(Number) } });
  expect(other).not.toEqual(one);
});

test('sends the value of catch() as a default only if it is constant', () => {
  const schema = z.object({
    id: z.string().catch(() => crypto.randomUUID()),
    caught: z.string().catch((context) => String(context.issues.length)),
    same: z.string().catch('x'),
  });
  expect(compileSchema(schema, 'input').jsonSchema['properties']).toEqual({
    id: { type: 'string' },
    caught: { type: 'string' },
    same: { type: 'string', default: 'x' },
  });
});

test('sends the same schema on each compilation', () => {
  const schemaOf = (): unknown =>
    compileSchema(
      z.object({ a: z.string().default(() => crypto.randomUUID()), b: z.int().default(() => Date.now()) }),
      'input',
    ).jsonSchema;
  expect(schemaOf()).toEqual(schemaOf());
});
