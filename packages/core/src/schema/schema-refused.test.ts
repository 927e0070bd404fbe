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
    'a date, deep inside',
    z.object({ trip: z.object({ days: z.array(z.object({ on: z.date() })) }) }),
    `.trip.days[].on: ${CANNOT} date. ${DATE}`,
  ],
  ['a date that is optional', z.object({ on: z.date().optional() }), `.on: ${CANNOT} date. ${DATE}`],
  ['a date of a union', z.object({ on: z.union([z.string(), z.date()]) }), `.on: ${CANNOT} date. ${DATE}`],
  ['a date of a record', z.object({ on: z.record(z.string(), z.date()) }), `.on: ${CANNOT} date. ${DATE}`],
  ['a date that is coerced', z.object({ on: z.coerce.date() }), `.on: ${CANNOT} date. ${DATE}`],
  ['a date of zod/mini', mini.object({ on: mini.date() }), `.on: ${CANNOT} date. ${DATE}`],
  ['a bigint', z.object({ id: z.bigint() }), `.id: ${CANNOT} bigint. Use z.int(), or a string with a codec.`],
  ['a map', z.object({ by: z.map(z.string(), z.string()) }), `.by: ${CANNOT} map. Use z.record().`],
  ['a set', z.object({ tags: z.array(z.set(z.string())) }), `.tags[]: ${CANNOT} set. Use z.array().`],
  [
    'a check of nothing that JSON knows',
    z.object({ file: z.instanceof(URL) }),
    `.file: ${CANNOT} custom. Use a type that JSON has, and convert it in execute or with a codec.`,
  ],
  [
    'two schemas of one id',
    z.object({ a: z.string().meta({ id: 'refused' }), b: z.number().meta({ id: 'refused' }) }),
    `: ${CANNOT} this schema. ${OTHER}`,
  ],
  ['a root that is a date', z.date(), `: ${CANNOT} date. ${DATE}`],
  ['a file', z.object({ f: z.file() }), `.f: ${CANNOT} file. Use a string: a path, a URL, or z.base64().`],
  [
    'a file of some types, in a list',
    z.object({ f: z.array(z.file().mime(['image/png', 'image/jpeg']).max(9)).optional() }),
    `.f[]: ${CANNOT} file. Use a string: a path, a URL, or z.base64().`,
  ],
  [
    'the first of several',
    z.object({ a: z.string(), b: z.file(), c: z.date() }),
    `.b: ${CANNOT} file. Use a string: a path, a URL, or z.base64().`,
  ],
  ['a constant that is a bigint', z.object({ n: z.literal(1n) }), `.n: ${CANNOT} literal. ${OTHER}`],
  ['a constant that is undefined', z.object({ n: z.literal(undefined) }), `.n: ${CANNOT} literal. ${OTHER}`],
  ['a constant that is no number', z.object({ n: z.literal(Number.NaN) }), `.n: ${CANNOT} literal. ${OTHER}`],
  [
    'a whole number of 64 bits',
    z.object({ n: z.int64() }),
    `.n: ${CANNOT} bigint. Use z.int(), or a string with a codec.`,
  ],
  ['no number', z.object({ n: z.nan() }), `.n: ${CANNOT} nan. ${OTHER}`],
  ['nothing', z.object({ n: z.void() }), `.n: ${CANNOT} void. ${OTHER}`],
  ['a symbol', z.object({ n: z.symbol() }), `.n: ${CANNOT} symbol. ${OTHER}`],
  ['a function', z.object({ n: z.function() }), `.n: ${CANNOT} function. ${OTHER}`],
  ['a transform without a schema before it', z.object({ n: z.transform(String) }), `.n: ${CANNOT} transform. ${OTHER}`],
  [
    'what is never there, and required',
    z.object({ a: z.object({ n: z.never() }) }),
    '.a.n: no JSON value passes this schema.',
  ],
  ['a choice among nothing', z.object({ n: z.array(z.enum([])).min(1) }), '.n[]: no JSON value passes this schema.'],
  [
    'a union of nothing that passes',
    z.object({ n: z.union([z.never(), z.object({ m: z.never() })]) }),
    '.n: no JSON value passes this schema.',
  ],
])('%s is refused where it is defined, with the tool, the path and the fix', (_, schema, problem) => {
  expect(refusal(schema)).toEqual({ code: 'config.invalid', message: `Tool "t", input${problem}` });
});

test('what JSON does not have is left out of a literal, of limits, and of what is no input', () => {
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
  'an object of schemas of any library is told: %j',
  (shape) => {
    expect(() => compileSchema(Object(shape), 'Input')).toThrow('Input is an object of schemas. Wrap it: z.object(');
  },
);

test.each<[string, z.ZodType, unknown]>([
  ['a property that must not be there', z.object({ n: z.never().optional() }), {}],
  ['a list that stays empty', z.object({ n: z.array(z.never()) }), { n: [] }],
  ['a branch that never fits', z.object({ n: z.union([z.never(), z.string()]) }), { n: 'x' }],
  ['one of several constants that JSON does not have', z.object({ n: z.literal(['x', 1n, undefined]) }), { n: 'x' }],
  ['a promise, which takes its value', z.object({ n: z.promise(z.string()) }), { n: 'x' }],
  ['a number without end', z.object({ n: z.number().max(Number.POSITIVE_INFINITY) }), { n: 7 }],
])('%s is taken', async (_, schema, value) => {
  const { jsonSchema, validate } = compileSchema(schema, 'input');
  expect(JSON.parse(JSON.stringify(jsonSchema))).toEqual(jsonSchema);
  expect(await validate(value)).toEqual({ ok: true, value });
});

test('what zod itself says is the cause', () => {
  const error = caught(z.object({ on: z.date() }));
  expect(error.cause).toBeInstanceOf(Error);
});

test.each([
  ['null', null, 'null is not a schema. Pass a zod schema.'],
  ['undefined', undefined, 'undefined is not a schema. Pass a zod schema.'],
  ['a number', 7, 'a number is not a schema. Pass a zod schema.'],
  ['a text', 'string', 'a string is not a schema. Pass a zod schema.'],
  ['a function', () => true, 'a function is not a schema. Pass a zod schema.'],
  ['half a Standard Schema', { '~standard': { vendor: 'x' } }, 'an object is not a schema. Pass a zod schema.'],
])('%s is no schema, and said so', (_, schema, problem) => {
  expect(refusal(schema)).toEqual({ code: 'config.invalid', message: `Tool "t", input: ${problem}` });
});

test.each([
  ['with a type', { type: 'object', properties: {} }],
  ['with a reference', { $ref: '#/$defs/City', $defs: {} }],
  ['with alternatives', { anyOf: [] }],
  ['whose properties have the names of keywords', { properties: { type: { type: 'string' } } }],
])('a plain JSON Schema %s is told how to come in', (_, schema) => {
  expect(refusal(schema)).toEqual({
    code: 'config.invalid',
    message: 'Tool "t", input is a plain JSON Schema. Wrap it: jsonSchema(schema).',
  });
});

test.each([
  ['of zod 4', { city: z.string() }],
  ['of zod 3', { city: z3.string() }],
  ['with a field named type', { type: z.string(), enum: z.number() }],
])('the fields of an object without z.object() are told how to come in: %s', (_, schema) => {
  expect(refusal(schema)).toEqual({
    code: 'config.invalid',
    message: 'Tool "t", input is an object of schemas. Wrap it: z.object({ … }).',
  });
});

test.each([
  ['a zod schema', z.object({}), 'one of zod. Pass it without jsonSchema().'],
  ['a text', '{"type":"object"}', 'a text. Pass an object: { type: "object", properties: { … } }.'],
  ['nothing', undefined, 'undefined. Pass an object: { type: "object", properties: { … } }.'],
])('jsonSchema() refuses %s', (_, schema, problem) => {
  expect(() => jsonSchema(schema as never)).toThrow(`jsonSchema(): the schema is ${problem}`);
});

test('a bare zod 3 schema is told how to come in', () => {
  expect(refusal(z3.object({ city: z3.string() }))).toEqual({
    code: 'config.invalid',
    message: 'Tool "t", input is a zod 3 schema. Wrap it: zod3(schema) from "@pawl/core/zod3".',
  });
});

test('a schema that can only validate is refused, with its vendor', () => {
  const bare = { '~standard': { version: 1, vendor: 'valibot', validate: (value: unknown) => ({ value }) } };
  expect(refusal(bare)).toEqual({
    code: 'config.invalid',
    message:
      'Tool "t", input: a schema of "valibot" has no JSON Schema. Use zod 4, or a schema with "~standard".jsonSchema.',
  });
});

test('what another library cannot tell in JSON Schema is refused with its own words', () => {
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
    compileSchema(schema as Schema, 'Tool "t", input'); // From JavaScript anything may come.
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
