import { expect, test } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import { ConfigError } from '../base/errors.ts';
import { compileSchema, type Schema } from './schema.ts';
import { zod3 } from './zod3.ts';

test('sends the input side of a zod 3 schema, and validates with the schema', async () => {
  const schema = z3.object({
    city: z3.string().describe('Where.'),
    unit: z3.enum(['C', 'F']).default('C'),
    words: z3.string().transform((text) => text.split(' ')),
    on: z3.coerce.date().optional(),
  });
  const { jsonSchema, validate } = compileSchema(zod3(schema), 'input');
  expect(jsonSchema).toEqual({
    type: 'object',
    properties: {
      city: { type: 'string', description: 'Where.' },
      unit: { type: 'string', enum: ['C', 'F'], default: 'C' },
      words: { type: 'string' },
      on: { type: 'string', format: 'date-time' },
    },
    required: ['city', 'words'],
    additionalProperties: false,
  });
  await expect(validate({ city: 'Oslo', words: 'a b', on: '2026-01-02' })).resolves.toEqual({
    ok: true,
    value: { city: 'Oslo', unit: 'C', words: ['a', 'b'], on: new Date('2026-01-02') },
  });
});

test('formats issues like those of zod 4', async () => {
  const { validate } = compileSchema(zod3(z3.object({ a: z3.string(), b: z3.number(), c: z3.enum(['x']) })), 'input');
  await expect(validate({ a: 1, c: 'y' })).resolves.toEqual({
    ok: false,
    issues: "a: Expected string, got number\nb: Required, got nothing\nc: Invalid enum value. Expected 'x', got 'y'",
  });
});

test('removes a null for an optional field', async () => {
  const { validate } = compileSchema(
    zod3(z3.object({ a: z3.string().optional(), b: z3.number().default(3) })),
    'input',
  );
  await expect(validate({ a: null, b: null })).resolves.toEqual({ ok: true, value: { b: 3 } });
});

const OTHER = 'a type that JSON has, and convert it in execute';

test.each([
  [
    'a date',
    z3.object({ trip: z3.object({ days: z3.array(z3.date()) }) }),
    'trip.days[] is a ZodDate',
    'z.string().datetime(), or z.coerce.date()',
  ],
  [
    'a date of an object in a list',
    z3.array(z3.object({ on: z3.date() })),
    '[].on is a ZodDate',
    'z.string().datetime(), or z.coerce.date()',
  ],
  [
    'a bigint',
    z3.object({ id: z3.bigint().optional() }),
    'id is a ZodBigInt',
    'z.number().int(), or z.coerce.bigint()',
  ],
  ['a map', z3.object({ by: z3.map(z3.string(), z3.string()) }), 'by is a ZodMap', 'z.record()'],
  ['a set', z3.set(z3.string()), 'the root is a ZodSet', 'z.array()'],
  ['NaN', z3.object({ n: z3.nan() }), 'n is a ZodNaN', OTHER],
  ['a symbol', z3.object({ n: z3.symbol() }), 'n is a ZodSymbol', OTHER],
  ['a function', z3.object({ n: z3.function() }), 'n is a ZodFunction', OTHER],
  ['a constant that is a bigint', z3.object({ n: z3.literal(1n) }), 'n is a ZodLiteral', OTHER],
] as const)('refuses %s, which no JSON value passes, with its path and the fix', (_, schema, problem, fix) => {
  const message = `Tool "t", input: JSON Schema can't express this schema: ${problem}, which no JSON value passes. Use ${fix}.`;
  expect(() => compileSchema(zod3(schema as never), 'Tool "t", input')).toThrow(new ConfigError(message));
});

test('sends a 2020-12 tuple, and moves a pattern with flags to the description', () => {
  const schema = z3.object({
    pair: z3.tuple([z3.string(), z3.number()]).rest(z3.boolean()),
    yes: z3.string().regex(/^(yes|no)$/i),
    both: z3.string().regex(/^a/).regex(/B/i).describe('Both.'),
    digits: z3.string().regex(/^\d+$/i),
  });
  expect(compileSchema(zod3(schema), 'input').jsonSchema['properties']).toEqual({
    pair: {
      type: 'array',
      minItems: 2,
      prefixItems: [{ type: 'string' }, { type: 'number' }],
      items: { type: 'boolean' },
    },
    yes: { type: 'string', description: 'pattern: /^(yes|no)$/i.' },
    both: { type: 'string', pattern: '^a', description: 'Both. pattern: /B/i.' },
    digits: { type: 'string', pattern: '^\\d+$' },
  });
});

test('refuses a zod 4 schema, which needs no wrapper', () => {
  const schema: Schema = z.object({ a: z.string() });
  expect(() => zod3(schema as never)).toThrow(
    new ConfigError('zod3(): the schema is one of zod 4. Pass it without zod3().'),
  );
});
