import { expect, test } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { z as z3 } from 'zod/v3';
import { ConfigError } from '../base/errors.ts';
import { jsonSchema } from './plain-json-schema.ts';
import { compileSchema, type Schema } from './schema.ts';

const CANNOT = "JSON Schema can't express";
const OTHER = 'Use a type that JSON has, and convert it in execute or with a codec.';
const DATE = 'Use z.iso.datetime(), or a codec.';

test.each([
  [
    'a nested date',
    z.object({ trip: z.object({ days: z.array(z.object({ on: z.date() })) }) }),
    `.trip.days[].on: ${CANNOT} date. ${DATE}`,
  ],
  ['an optional date', z.object({ on: z.date().optional() }), `.on: ${CANNOT} date. ${DATE}`],
  ['a date in a union', z.object({ on: z.union([z.string(), z.date()]) }), `.on: ${CANNOT} date. ${DATE}`],
  ['a date in a record', z.object({ on: z.record(z.string(), z.date()) }), `.on: ${CANNOT} date. ${DATE}`],
  ['a coerced date', z.object({ on: z.coerce.date() }), `.on: ${CANNOT} date. ${DATE}`],
  ['a date of zod/mini', mini.object({ on: mini.date() }), `.on: ${CANNOT} date. ${DATE}`],
  ['a bigint', z.object({ id: z.bigint() }), `.id: ${CANNOT} bigint. Use z.int(), or a string with a codec.`],
  ['a map', z.object({ by: z.map(z.string(), z.string()) }), `.by: ${CANNOT} map. Use z.record().`],
  ['a set', z.object({ tags: z.array(z.set(z.string())) }), `.tags[]: ${CANNOT} set. Use z.array().`],
  [
    'an instanceof check',
    z.object({ file: z.instanceof(URL) }),
    `.file: ${CANNOT} custom. Use a type that JSON has, and convert it in execute or with a codec.`,
  ],
  [
    'two schemas with one id',
    z.object({ a: z.string().meta({ id: 'refused' }), b: z.number().meta({ id: 'refused' }) }),
    `: ${CANNOT} this schema. ${OTHER}`,
  ],
  ['a root that is a date', z.date(), `: ${CANNOT} date. ${DATE}`],
  ['a file', z.object({ f: z.file() }), `.f: ${CANNOT} file. Use a string: a path, a URL, or z.base64().`],
  [
    'a file with MIME types in a list',
    z.object({ f: z.array(z.file().mime(['image/png', 'image/jpeg']).max(9)).optional() }),
    `.f[]: ${CANNOT} file. Use a string: a path, a URL, or z.base64().`,
  ],
  [
    'the first of several unsupported types',
    z.object({ a: z.string(), b: z.file(), c: z.date() }),
    `.b: ${CANNOT} file. Use a string: a path, a URL, or z.base64().`,
  ],
  ['a constant that is a bigint', z.object({ n: z.literal(1n) }), `.n: ${CANNOT} literal. ${OTHER}`],
  ['a constant that is undefined', z.object({ n: z.literal(undefined) }), `.n: ${CANNOT} literal. ${OTHER}`],
  ['a constant that is NaN', z.object({ n: z.literal(Number.NaN) }), `.n: ${CANNOT} literal. ${OTHER}`],
  ['an integer of 64 bits', z.object({ n: z.int64() }), `.n: ${CANNOT} bigint. Use z.int(), or a string with a codec.`],
  ['NaN', z.object({ n: z.nan() }), `.n: ${CANNOT} nan. ${OTHER}`],
  ['void', z.object({ n: z.void() }), `.n: ${CANNOT} void. ${OTHER}`],
  ['a symbol', z.object({ n: z.symbol() }), `.n: ${CANNOT} symbol. ${OTHER}`],
  ['a function', z.object({ n: z.function() }), `.n: ${CANNOT} function. ${OTHER}`],
  ['a transform without a schema before it', z.object({ n: z.transform(String) }), `.n: ${CANNOT} transform. ${OTHER}`],
  [
    'a required property that is never allowed',
    z.object({ a: z.object({ n: z.never() }) }),
    '.a.n: no JSON value passes this schema.',
  ],
  ['an empty enum', z.object({ n: z.array(z.enum([])).min(1) }), '.n[]: no JSON value passes this schema.'],
  [
    'a union of impossible branches',
    z.object({ n: z.union([z.never(), z.object({ m: z.never() })]) }),
    '.n: no JSON value passes this schema.',
  ],
])('refuses %s when the tool is defined, with the tool, the path and the fix', (_, schema, problem) => {
  expect(refusal(schema)).toEqual({ code: 'config.invalid', message: `Tool "t", input${problem}` });
});

test('omits values without a JSON form from literals and limits, and the type of an output', () => {
  const schema = z.object({
    some: z.literal([1n, 'a']),
    all: z.literal(['a', 'b']),
    any: z.number().min(Number.NEGATIVE_INFINITY).max(Number.POSITIVE_INFINITY),
    whether: z.success(z.string()),
  });
  expect(compileSchema(schema, 'input').jsonSchema['properties']).toEqual({
    some: { enum: ['a'] },
    all: { type: 'string', enum: ['a', 'b'] },
    any: { type: 'number' },
    whether: {},
  });
});

test.each([{ a: { '~standard': {} } }, { a: { _zod: {} } }, { a: { _def: {} } }])(
  'explains an object of schemas of any library: %j',
  (shape) => {
    expect(() => compileSchema(Object(shape), 'Input')).toThrow('Input is an object of schemas. Wrap it: z.object(');
  },
);

test.each<[string, z.ZodType, unknown]>([
  ['a property that is never allowed', z.object({ n: z.never().optional() }), {}],
  ['a list that is always empty', z.object({ n: z.array(z.never()) }), { n: [] }],
  ['an impossible branch', z.object({ n: z.union([z.never(), z.string()]) }), { n: 'x' }],
  ['a literal with some values that have no JSON form', z.object({ n: z.literal(['x', 1n, undefined]) }), { n: 'x' }],
  ['a promise of a value', z.object({ n: z.promise(z.string()) }), { n: 'x' }],
  ['a number with an infinite limit', z.object({ n: z.number().max(Number.POSITIVE_INFINITY) }), { n: 7 }],
])('accepts %s', async (_, schema, value) => {
  const { jsonSchema, validate } = compileSchema(schema, 'input');
  expect(JSON.parse(JSON.stringify(jsonSchema))).toEqual(jsonSchema);
  expect(await validate(value)).toEqual({ ok: true, value });
});

test('sets the error of zod as the cause', () => {
  const error = caught(z.object({ on: z.date() }));
  expect(error.cause).toBeInstanceOf(Error);
});

test.each([
  ['null', null, 'null is not a schema. Pass a zod schema.'],
  ['undefined', undefined, 'undefined is not a schema. Pass a zod schema.'],
  ['a number', 7, 'a number is not a schema. Pass a zod schema.'],
  ['a text', 'string', 'a string is not a schema. Pass a zod schema.'],
  ['a function', () => true, 'a function is not a schema. Pass a zod schema.'],
  ['an incomplete Standard Schema', { '~standard': { vendor: 'x' } }, 'an object is not a schema. Pass a zod schema.'],
])('refuses %s in place of a schema', (_, schema, problem) => {
  expect(refusal(schema)).toEqual({ code: 'config.invalid', message: `Tool "t", input: ${problem}` });
});

test.each([
  ['with a type', { type: 'object', properties: {} }],
  ['with a reference', { $ref: '#/$defs/City', $defs: {} }],
  ['with alternatives', { anyOf: [] }],
  ['whose properties have the names of keywords', { properties: { type: { type: 'string' } } }],
])('suggests jsonSchema() for a plain JSON Schema %s', (_, schema) => {
  expect(refusal(schema)).toEqual({
    code: 'config.invalid',
    message: 'Tool "t", input is a plain JSON Schema. Wrap it: jsonSchema(schema).',
  });
});

test.each([
  ['of zod 4', { city: z.string() }],
  ['of zod 3', { city: z3.string() }],
  ['with a field named type', { type: z.string(), enum: z.number() }],
])('suggests z.object() for an object of fields: %s', (_, schema) => {
  expect(refusal(schema)).toEqual({
    code: 'config.invalid',
    message: 'Tool "t", input is an object of schemas. Wrap it: z.object({ … }).',
  });
});

test.each([
  ['a zod schema', z.object({}), 'one of zod. Pass it without jsonSchema().'],
  ['a text', '{"type":"object"}', 'a text. Pass an object: { type: "object", properties: { … } }.'],
  ['undefined', undefined, 'undefined. Pass an object: { type: "object", properties: { … } }.'],
])('jsonSchema() refuses %s', (_, schema, problem) => {
  expect(() => jsonSchema(schema as never)).toThrow(`jsonSchema(): the schema is ${problem}`);
});

test('suggests zod3() for a zod 3 schema', () => {
  expect(refusal(z3.object({ city: z3.string() }))).toEqual({
    code: 'config.invalid',
    message: 'Tool "t", input is a zod 3 schema. Wrap it: zod3(schema) from "@pawl/core/zod3".',
  });
});

test('refuses a schema without a JSON Schema, with its vendor', () => {
  const bare = { '~standard': { version: 1, vendor: 'valibot', validate: (value: unknown) => ({ value }) } };
  expect(refusal(bare)).toEqual({
    code: 'config.invalid',
    message:
      'Tool "t", input: a schema of "valibot" has no JSON Schema. Use zod 4, or a schema with "~standard".jsonSchema.',
  });
});

test('refuses a schema that another library cannot convert, with the error of the library', () => {
  const morph = {
    '~standard': {
      version: 1,
      vendor: 'arktype',
      validate: (value: unknown) => ({ value }),
      jsonSchema: {
        input: () => {
          throw new Error('morphs have no JSON Schema');
        },
      },
    },
  };
  expect(refusal(morph)).toEqual({
    code: 'config.invalid',
    message: `Tool "t", input: JSON Schema can't express this schema: morphs have no JSON Schema`,
  });
});

function caught(schema: unknown): ConfigError {
  try {
    compileSchema(schema as Schema, 'Tool "t", input'); // JavaScript callers may pass any value.
  } catch (error) {
    if (ConfigError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

function refusal(schema: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = caught(schema);
  return { code, message };
}
