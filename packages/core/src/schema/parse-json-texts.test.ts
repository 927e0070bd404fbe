import { expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';
import { isTextAllowed, parseJsonTexts } from './parse-json-texts.ts';
import { jsonSchema } from './plain-json-schema.ts';
import { compileSchema } from './schema.ts';

function schemaOf(schema: z.ZodType): JsonSchema {
  return compileSchema(schema, 'input').jsonSchema;
}

const Tree = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree).optional();
  },
});

test.each([
  {
    what: 'an array',
    schema: z.object({ a: z.array(z.number()) }),
    given: { a: '[1,2]' },
    read: { a: [1, 2] },
    paths: ['a'],
  },
  {
    what: 'an object',
    schema: z.object({ a: z.object({ b: z.int() }) }),
    given: { a: ' {"b":1}\n' },
    read: { a: { b: 1 } },
    paths: ['a'],
  },
  {
    what: 'a record',
    schema: z.object({ a: z.record(z.string(), z.int()) }),
    given: { a: '{"b":1}' },
    read: { a: { b: 1 } },
    paths: ['a'],
  },
  {
    what: 'a nullable array',
    schema: z.object({ a: z.array(z.int()).nullable() }),
    given: { a: '[1]' },
    read: { a: [1] },
    paths: ['a'],
  },
  {
    what: 'elements of an array',
    schema: z.object({ a: z.array(z.object({ b: z.int() })) }),
    given: { a: ['{"b":1}', { b: 2 }, '{"b":3}'] },
    read: { a: [{ b: 1 }, { b: 2 }, { b: 3 }] },
    paths: ['a[0]', 'a[2]'],
  },
  {
    what: 'nested texts',
    schema: z.object({ a: z.array(z.array(z.int())) }),
    given: { a: '["[1]",[2]]' },
    read: { a: [[1], [2]] },
    paths: ['a', 'a[0]'],
  },
  {
    what: 'a nested field',
    schema: z.object({ a: z.object({ b: z.object({ c: z.array(z.string()) }) }) }),
    given: { a: { b: { c: '["x"]' } } },
    read: { a: { b: { c: ['x'] } } },
    paths: ['a.b.c'],
  },
  {
    what: 'an element of a tuple',
    schema: z.object({ a: z.tuple([z.string(), z.array(z.int())]) }),
    given: { a: ['[1]', '[1]'] },
    read: { a: ['[1]', [1]] },
    paths: ['a[1]'],
  },
  {
    what: 'values of a record',
    schema: z.object({ a: z.record(z.string(), z.array(z.int())) }),
    given: { a: { b: '[1]' } },
    read: { a: { b: [1] } },
    paths: ['a.b'],
  },
  {
    what: 'a recursive schema',
    schema: z.object({ tree: Tree }),
    given: { tree: { name: '[a]', children: '[{"name":"b","children":"[]"}]' } },
    read: { tree: { name: '[a]', children: [{ name: 'b', children: [] }] } },
    paths: ['tree.children', 'tree.children[0].children'],
  },
  {
    what: 'a union that allows no text',
    schema: z.object({ a: z.union([z.array(z.int()), z.object({ b: z.int() }), z.number()]) }),
    given: { a: '{"b":1}' },
    read: { a: { b: 1 } },
    paths: ['a'],
  },
  {
    what: 'the branch that a constant selects',
    schema: z.object({
      a: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('list'), v: z.array(z.int()) }),
        z.object({ kind: z.literal('text'), v: z.string() }),
      ]),
    }),
    given: { a: { kind: 'list', v: '[1]' } },
    read: { a: { kind: 'list', v: [1] } },
    paths: ['a.v'],
  },
])('parses JSON in a text: $what', ({ schema, given, read, paths }) => {
  expect(parseJsonTexts(given, schemaOf(schema))).toEqual({ value: read, paths });
});

test.each([
  { what: 'if the schema requires a text', schema: z.object({ a: z.string() }), given: { a: '[1]' } },
  {
    what: 'if the schema allows a text',
    schema: z.object({ a: z.union([z.string(), z.array(z.int())]) }),
    given: { a: '[1]' },
  },
  {
    what: 'if the schema allows a text in a list',
    schema: z.object({ a: z.union([z.enum(['[1]', 'b']), z.array(z.int())]) }),
    given: { a: '[1]' },
  },
  { what: 'if the schema allows any value', schema: z.object({ a: z.unknown() }), given: { a: '[1]' } },
  {
    what: 'in a branch that requires a text',
    schema: z.object({
      a: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('list'), v: z.array(z.int()) }),
        z.object({ kind: z.literal('text'), v: z.string() }),
      ]),
    }),
    given: { a: { kind: 'text', v: '[1]' } },
  },
  {
    what: 'if no constant selects a branch',
    schema: z.object({ a: z.union([z.object({ v: z.array(z.int()) }), z.object({ v: z.string() })]) }),
    given: { a: { v: '[1]' } },
  },
  {
    what: 'of a type that the schema does not allow',
    schema: z.object({ a: z.array(z.int()) }),
    given: { a: '{"b":1}' },
  },
  { what: 'that is not JSON', schema: z.object({ a: z.array(z.int()) }), given: { a: '[1,' } },
  {
    what: 'with an integer that would be rounded',
    schema: z.object({ a: z.array(z.int()) }),
    given: { a: '[9007199254740993]' },
  },
  {
    what: 'nested too deeply',
    schema: z.object({ a: z.array(z.unknown()) }),
    given: { a: `${'['.repeat(501)}${']'.repeat(501)}` },
  },
  {
    what: 'for a number or a boolean',
    schema: z.object({ a: z.number(), b: z.boolean() }),
    given: { a: '42', b: 'true' },
  },
  { what: 'in an unknown field', schema: z.looseObject({}), given: { a: '[1]' } },
])('keeps a text $what', ({ schema, given }) => {
  const read = parseJsonTexts(given, schemaOf(schema));
  expect(read.paths).toEqual([]);
  expect(read.value).toBe(given);
});

test('keeps a text if a hand-written schema has no type', () => {
  const given = { a: '[1]', b: '[1]' };
  const properties = { a: { items: {} }, b: { $ref: '#/nowhere' } };
  expect(parseJsonTexts(given, { type: 'object', properties }).value).toBe(given);
});

test('parses a text if the parts of allOf together require an array', () => {
  const properties = { a: { allOf: [{ type: 'array' }, {}] } };
  expect(parseJsonTexts({ a: '[1]' }, { type: 'object', properties }).value).toEqual({ a: [1] });
});

test('does not set a prototype from a parsed text', () => {
  const schema = { type: 'object', properties: { a: { type: 'object' } } };
  const { value } = parseJsonTexts({ a: '{"__proto__":{"polluted":true},"b":1}' }, schema);
  expect(value).toEqual({ a: { b: 1 } });
});

test('validates the parsed value without nulls of omitted fields', async () => {
  const { validate } = compileSchema(z.object({ a: z.object({ b: z.int(), c: z.string().optional() }) }), 'input');
  await expect(validate({ a: '{"b":1,"c":null}' })).resolves.toEqual({ ok: true, value: { a: { b: 1 } } });
  await expect(validate({ a: '{"b":"x"}' })).resolves.toEqual({
    ok: false,
    issues: 'a.b: expected number, got string',
  });
});

test('passes the original text if only that is valid', async () => {
  const own = jsonSchema<unknown>(
    { type: 'object', properties: { a: { type: 'array' } } },
    {
      validate: (value) =>
        typeof (value as { a: unknown }).a === 'string' ? { value } : { issues: [{ message: 'no' }] },
    },
  );
  await expect(compileSchema(own, 'input').validate({ a: '[1]' })).resolves.toEqual({ ok: true, value: { a: '[1]' } });
});

test('parses the value itself, with an empty path', () => {
  const schema = { type: 'array', items: { type: 'integer' } };
  expect(parseJsonTexts('[1]', schema)).toEqual({ value: [1], paths: [''] });
});

test.each<[unknown, boolean]>([
  [true, true],
  [false, false],
  [undefined, true],
  [{}, true],
  [{ type: 'string' }, true],
  [{ type: ['null', 'string'] }, true],
  [{ type: 'array' }, false],
  [{ type: 'array', anyOf: [{ type: 'string' }] }, false],
  [{ $ref: '#/$defs/nowhere' }, true],
  [{ anyOf: [{ type: 'array' }, { type: 'string' }] }, true],
  [{ anyOf: [{ type: 'array' }, { const: 'a' }] }, true],
  [{ anyOf: [{ type: 'array' }, { const: 1 }] }, false],
  [{ anyOf: [{ type: 'array' }, { enum: [1, 'a'] }] }, true],
  [{ anyOf: [{ type: 'array' }, { enum: [1] }] }, false],
])('tells whether %j allows a text: %s', (schema, expected) => {
  expect(isTextAllowed(schema, Object(schema))).toBe(expected);
});
