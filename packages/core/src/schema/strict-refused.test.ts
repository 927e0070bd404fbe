import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';
import { jsonSchema } from './plain-json-schema.ts';
import { prepareStrictForm } from './prepare-strict-form.ts';
import { renderStrictForm } from './render-strict-form.ts';
import { compileSchema } from './schema.ts';

/** Returns the reasons why an object with this property has no strict form. */
function reasonsFor(schema: JsonSchema, more: JsonSchema = {}): readonly string[] {
  const form = renderStrictForm({ type: 'object', properties: { a: schema }, required: ['a'], ...more });
  return form.ok ? [] : form.reasons.map(({ pointer, reason }) => `${pointer}: ${reason}`);
}

describe('a value of a type that the schema does not have', () => {
  test.each<[string, JsonSchema, string]>([
    [
      'a text for a boolean',
      { type: 'boolean', enum: ['True', 'False'] },
      'the value "True" is not of the type boolean',
    ],
    ['one value of several', { type: 'string', enum: ['a', 1] }, 'the value 1 is not of the type string'],
    ['a fraction among integers', { type: 'integer', enum: [1, 1.5] }, 'the value 1.5 is not of the type integer'],
    ['null', { type: 'string', enum: ['a', null] }, 'the value null is not of the type string'],
    ['a constant', { type: 'number', const: '1' }, 'the value "1" is not of the type number'],
    [
      'a value of none of two types',
      { type: ['string', 'null'], enum: [true] },
      'the value true is not of the type string or null',
    ],
  ])('%s', (_, schema, reason) => {
    expect(reasonsFor(schema)).toEqual([`/properties/a: ${reason}`]);
    expect(reasonsFor({ type: 'array', items: schema })).toEqual([`/properties/a/items: ${reason}`]);
    expect(reasonsFor({ anyOf: [{ type: 'null' }, schema] })).toEqual([`/properties/a/anyOf/1: ${reason}`]);
    expect(reasonsFor({ $ref: '#/$defs/D' }, { $defs: { D: schema } })).toEqual([`/$defs/D: ${reason}`]);
  });

  test.each<[string, JsonSchema]>([
    ['an integer for a number', { type: 'number', enum: [1, 1.5] }],
    ['null for a nullable type', { type: ['string', 'null'], enum: ['a', null] }],
    ['an integer written as a fraction', { type: 'integer', const: 2.0 }],
    ['values without a type', { enum: ['a', 1, true, null] }],
  ])('%s is none', (_, schema) => {
    expect(reasonsFor(schema)).toEqual([]);
  });
});

describe('there is no strict form of', () => {
  test.each<[string, JsonSchema, string]>([
    ['an empty enum', { type: 'string', enum: [] }, '/properties/a: no value is allowed'],
    ['a value that is an object', { enum: [{ b: 1 }] }, '/properties/a: a value that is an object or an array'],
    ['an empty union', { anyOf: [] }, '/properties/a: no value is allowed'],
    [
      'two unions in one schema',
      { anyOf: [{ type: 'string' }], oneOf: [{ type: 'null' }] },
      '/properties/a: two unions in one schema',
    ],
    ['an unknown type', { type: 'file' }, '/properties/a: the type "file" is unknown'],
    ['a reference without a target', { $ref: '#/$defs/Missing' }, '/properties/a: a reference without a target'],
    [
      'a reference with other keywords',
      { $ref: '#', required: ['b'] },
      '/properties/a: a combination of several schemas',
    ],
    ['an array of any value', { type: 'array' }, '/properties/a/items: any value is allowed'],
    [
      'an object that requires an unknown property',
      { type: 'object', properties: {}, required: ['b'] },
      '/properties/a: "b" is required but not a property',
    ],
    [
      'dependent schemas',
      { type: 'object', properties: { b: { type: 'string' } }, dependentSchemas: { b: { required: ['c'] } } },
      '/properties/a/dependentSchemas: a condition',
    ],
    [
      'an object with a condition',
      { type: 'object', properties: { b: { type: 'string' } }, if: { required: ['b'] }, else: { required: ['c'] } },
      '/properties/a/if: a condition',
    ],
  ])('%s', (_, schema, reason) => {
    expect(reasonsFor(schema)).toContain(reason);
  });
});

describe('the strict form moves unsupported keywords to the description:', () => {
  test.each([
    ['minLength', 2],
    ['maxLength', 2],
    ['not', { const: 'x' }],
    ['contentEncoding', 'base64'],
    ['uniqueItems', true],
    ['contains', { type: 'string' }],
    ['minContains', 1],
    ['minProperties', 1],
    ['maxProperties', 9],
    ['dependentRequired', { b: ['c'] }],
    ['examples', ['x']],
    ['pattern', '^(?<year>\\d+)$'],
    ['pattern', '^\\p{L}+$'],
    ['pattern', '(?<!a)b'],
    ['pattern', '(a)\\1'],
  ])('%s: %j', (keyword, value) => {
    const form = renderStrictForm({
      type: 'object',
      properties: { a: { type: 'string', [keyword]: value } },
      required: ['a'],
    });
    expect(form).toMatchObject({
      ok: true,
      schema: { properties: { a: { type: 'string', description: `${keyword}: ${JSON.stringify(value)}.` } } },
    });
  });
});

test('applies keywords beside a union to each branch', () => {
  const form = renderStrictForm({
    type: 'object',
    properties: {
      a: {
        description: 'A.',
        type: 'object',
        properties: { c: { type: 'string' } },
        required: ['c'],
        oneOf: [{ properties: { x: { type: 'number' } }, required: ['x'] }, { properties: { y: { type: 'number' } } }],
      },
    },
    required: ['a'],
  });
  const closed = { type: 'object', additionalProperties: false };
  const text = { type: 'string' };
  expect(form.ok && form.schema['properties']).toEqual({
    a: {
      description: 'A.',
      anyOf: [
        { ...closed, properties: { c: text, x: { type: 'number' } }, required: ['c', 'x'] },
        { ...closed, properties: { c: text, y: { type: ['number', 'null'] } }, required: ['c', 'y'] },
      ],
    },
  });
});

describe('an optional field is nullable in the strict form, and its null is removed from the response:', () => {
  const inner = z.object({ need: z.string(), may: z.number().optional() });
  const strictInner = {
    type: 'object',
    properties: { need: { type: 'string' }, may: { type: ['number', 'null'] } },
    required: ['need', 'may'],
    additionalProperties: false,
  };
  const list = { type: 'array', items: strictInner };
  const given = { need: 'x', may: null };

  test.each<[string, z.ZodType, unknown, unknown, unknown]>([
    ['in an object', inner, strictInner, given, { need: 'x' }],
    ['in a list', z.array(inner), list, [given, given], [{ need: 'x' }, { need: 'x' }]],
    ['in a list of lists', z.array(z.array(inner)), { type: 'array', items: list }, [[given]], [[{ need: 'x' }]]],
    ['in a union', z.union([inner, z.string()]), { anyOf: [strictInner, { type: 'string' }] }, given, { need: 'x' }],
    [
      'in a union in a list',
      z.array(z.union([z.string(), inner])),
      { type: 'array', items: { anyOf: [{ type: 'string' }, strictInner] } },
      ['a', given],
      ['a', { need: 'x' }],
    ],
    ['in a nullable object', inner.nullable(), { anyOf: [strictInner, { type: 'null' }] }, given, { need: 'x' }],
    [
      'in an optional object',
      z.object({ deep: z.array(inner).optional() }),
      {
        type: 'object',
        properties: { deep: { anyOf: [list, { type: 'null' }] } },
        required: ['deep'],
        additionalProperties: false,
      },
      { deep: [given] },
      { deep: [{ need: 'x' }] },
    ],
    [
      'in an intersection',
      z.intersection(inner, z.object({ other: z.string().optional() })),
      {
        ...strictInner,
        properties: { ...strictInner.properties, other: { type: ['string', 'null'] } },
        required: ['need', 'may', 'other'],
      },
      { ...given, other: null },
      { need: 'x' },
    ],
  ])('%s', async (_, schema, strict, value, read) => {
    const { jsonSchema: sent, validate } = compileSchema(z.object({ a: schema }), 'input');
    const form = renderStrictForm(sent);
    expect(form.ok && form.schema['properties']).toEqual({ a: strict });
    expect(await validate({ a: value })).toEqual({ ok: true, value: { a: read } });
  });

  test('in a definition', async () => {
    const part = inner.meta({ id: 'strict part' });
    const { jsonSchema: sent, validate } = compileSchema(z.object({ a: z.array(part), b: part }), 'input');
    const form = renderStrictForm(sent);
    expect(form.ok && form.schema['$defs']).toEqual({ strict_part: strictInner });
    expect(await validate({ a: [given], b: given })).toEqual({
      ok: true,
      value: { a: [{ need: 'x' }], b: { need: 'x' } },
    });
  });

  test('in a record and in a tuple, which have no strict form', async () => {
    const schema = z.object({ by: z.record(z.string(), inner), pair: z.tuple([inner, z.array(inner)]) });
    expect(await compileSchema(schema, 'input').validate({ by: { k: given }, pair: [given, [given]] })).toEqual({
      ok: true,
      value: { by: { k: { need: 'x' } }, pair: [{ need: 'x' }, [{ need: 'x' }]] },
    });
  });
});

describe('the report', () => {
  const schema = {
    type: 'object',
    properties: {
      a: { type: 'array', items: { type: 'object', properties: { b: { type: 'string' } } } },
      c: { type: 'object', properties: {}, additionalProperties: false },
    },
  };
  const note = { reason: 'the strict form allows no additional properties here', isNote: true };
  const notes = [
    { pointer: '', ...note },
    { pointer: '/properties/a/items', ...note },
  ];

  test('notes the objects that the strict form closes, if validation keeps other properties', () => {
    const { hasOpenObjects } = compileSchema(jsonSchema(schema), 'input');
    expect(prepareStrictForm(schema, { strict: undefined, where: 'input', hasOpenObjects })).toEqual(notes);
  });

  test('lists ten places that cannot be strict, and counts the others', () => {
    const names = Array.from({ length: 12 }, (_, index) => `p${index}`);
    const wide = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, true])), required: names };
    expect(() => prepareStrictForm(wide, { strict: true, where: 'input' })).toThrow(
      `input cannot be strict: ${names
        .slice(0, 10)
        .map((name) => `/properties/${name}: any value is allowed`)
        .join('; ')}; and 2 more places. Change the schema, or remove strict: true.`,
    );
  });

  test('has a strict form if there are only notes', () => {
    expect(prepareStrictForm(schema, { strict: true, where: 'input', hasOpenObjects: true })).toEqual(notes);
  });

  test('has no note about zod objects, which drop other properties', () => {
    const compiled = compileSchema(z.object({ a: z.object({ b: z.string() }) }), 'input');
    expect(compiled.hasOpenObjects).toBe(false);
    expect(prepareStrictForm(compiled.jsonSchema, { strict: undefined, where: 'input' })).toEqual([]);
  });
});
