import { jsonSchema, type Tool, tool } from '@pawl/core';
import type { JsonSchema } from '@pawl/core/chat';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import type { Schema } from '../../packages/core/src/schema/schema.ts';
import { zod3 } from '../../packages/core/src/schema/zod3.ts';

const text = { type: 'string' };
const number = { type: 'number' };

function parametersOf(input: Schema): JsonSchema {
  return defined(input).jsonSchema;
}

function defined(input: Schema): Tool {
  return tool({ name: 't', description: '', input: input as z.ZodType, execute: () => 1 });
}

const a = z.object({ kind: z.literal('a'), x: z.string(), o: z.number().optional() });
const b = z.object({ kind: z.literal('b'), y: z.number() });
const merged = {
  type: 'object',
  description: 'One of: { kind: "a", x, o? } | { kind: "b", y }.',
  properties: { kind: { type: 'string', enum: ['a', 'b'] }, x: text, o: number, y: number },
  required: ['kind'],
};

describe('the root of a tool is sent as one object:', () => {
  test.each<[string, Schema, JsonSchema]>([
    ['a discriminated union', z.discriminatedUnion('kind', [a, b]), merged],
    ['a union', z.union([a, b]), merged],
    ['a oneOf union', z.xor([a, b]), merged],
    ['a lazy union', z.lazy(() => z.union([a, b])), merged],
    [
      'a union of strict objects',
      z.union([z.strictObject(a.shape), z.strictObject(b.shape)]),
      { ...merged, additionalProperties: false },
    ],
    [
      'a union of zod 3',
      zod3(
        z3.discriminatedUnion('kind', [
          z3.object({ kind: z3.literal('a'), x: z3.string(), o: z3.number().optional() }),
          z3.object({ kind: z3.literal('b'), y: z3.number() }),
        ]),
      ),
      { ...merged, additionalProperties: false },
    ],
    [
      'a union with descriptions of the union and its properties',
      z
        .union([
          z.object({ x: z.string().describe('An x.') }),
          z.object({ x: z.string().describe('Another x.'), y: z.number().describe('A y.') }),
        ])
        .describe('What to do.'),
      {
        type: 'object',
        description: 'What to do. One of: { x } | { x, y }.',
        properties: {
          x: { type: 'string', description: 'An x. Another x.' },
          y: { type: 'number', description: 'A y.' },
        },
        required: ['x'],
      },
    ],
    [
      'branches with descriptions',
      z.union([z.object({ x: z.string() }).describe('Adds it'), z.object({ y: z.string() }).meta({ title: 'Remove' })]),
      {
        type: 'object',
        description: 'One of: { x } (Adds it) | { y } (Remove).',
        properties: { x: text, y: text },
      },
    ],
    [
      'a property that may be any value in one branch',
      z.union([z.object({ x: z.string().describe('An x.') }), z.object({ x: z.unknown().describe('Anything.') })]),
      { type: 'object', properties: { x: { description: 'An x. Anything.' } }, required: ['x'] },
    ],
    [
      'a property with a different schema in each branch',
      z.union([
        z.object({ v: z.string() }),
        z.object({ v: z.number() }),
        z.object({ v: z.union([z.string(), z.literal(7)]) }),
      ]),
      { type: 'object', properties: { v: { anyOf: [text, number, { type: 'number', const: 7 }] } }, required: ['v'] },
    ],
    [
      'constants of several types',
      z.union([z.object({ v: z.literal('x') }), z.object({ v: z.literal(7) }), z.object({ v: z.enum(['x', 'y']) })]),
      {
        type: 'object',
        description: 'One of: { v: "x" } | { v: 7 } | { v: "x" | "y" }.',
        properties: { v: { type: ['string', 'number'], enum: ['x', 7, 'y'] } },
        required: ['v'],
      },
    ],
    [
      'an intersection with a union',
      z.intersection(z.object({ c: z.string() }), z.union([a, b])),
      {
        ...merged,
        description: 'One of: { c, kind: "a", x, o? } | { c, kind: "b", y }.',
        properties: { c: text, ...merged.properties },
        required: ['c', 'kind'],
      },
    ],
    [
      'an intersection with a shared property',
      jsonSchema({
        allOf: [
          { type: 'object', properties: { v: { type: 'string', minLength: 2 } }, required: ['v'] },
          {
            type: 'object',
            properties: { v: { type: 'string', minLength: 1, maxLength: 5 }, w: text },
            required: ['w'],
          },
        ],
      }),
      {
        type: 'object',
        properties: { v: { type: 'string', minLength: 2, maxLength: 5 }, w: text },
        required: ['v', 'w'],
      },
    ],
    [
      'a union of required properties',
      jsonSchema({
        type: 'object',
        properties: { a: text, b: text },
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
      }),
      { type: 'object', description: 'One of: { a, b? } | { a?, b }.', properties: { a: text, b: text } },
    ],
    [
      'properties beside a union',
      jsonSchema({
        type: 'object',
        properties: { c: text },
        required: ['c'],
        additionalProperties: false,
        oneOf: [
          { properties: { a: text }, required: ['a'] },
          { properties: { b: number }, required: ['b'] },
        ],
      }),
      {
        type: 'object',
        description: 'One of: { c, a } | { c, b }.',
        properties: { c: text, a: text, b: number },
        required: ['c'],
        additionalProperties: false,
      },
    ],
    [
      'a condition',
      jsonSchema(
        JSON.parse(`{
          "type": "object", "properties": { "k": { "enum": ["u", "v"] } }, "required": ["k"],
          "if": { "properties": { "k": { "const": "u" } } },
          "then": { "properties": { "p": { "type": "string" } }, "required": ["p"] },
          "else": { "properties": { "q": { "type": "number" } } }
        }`),
      ),
      {
        type: 'object',
        description: 'One of: { k: "u", p } | { k: "u" | "v", q? }.',
        properties: { k: { type: 'string', enum: ['u', 'v'] }, p: text, q: number },
        required: ['k'],
      },
    ],
    [
      'dependent schemas',
      jsonSchema({
        type: 'object',
        properties: { card: text },
        dependentSchemas: { card: { properties: { code: text }, required: ['code'] } },
      }),
      { type: 'object', description: 'One of: { card, code } | { card? }.', properties: { card: text, code: text } },
    ],
    [
      'a not keyword, which moves to the description',
      jsonSchema({ type: 'object', properties: { a: text }, not: { required: ['a'] } }),
      { type: 'object', description: 'not: {"required":["a"]}.', properties: { a: text } },
    ],
    [
      'values that are objects',
      jsonSchema({ enum: [{ a: 1 }, { a: 2, b: 'x' }] }),
      {
        type: 'object',
        description: 'One of: { a: 1 } | { a: 2, b: "x" }.',
        properties: { a: { type: 'number', enum: [1, 2] }, b: { const: 'x' } },
        required: ['a'],
        additionalProperties: false,
      },
    ],
    [
      'a reference to a union',
      jsonSchema({
        $ref: '#/definitions/R',
        definitions: {
          R: { anyOf: [{ type: 'object', properties: { a: text } }, { $ref: '#/definitions/S' }] },
          S: { type: 'object', properties: { b: text } },
        },
      }),
      {
        type: 'object',
        description: 'One of: { a? } | { b? }.',
        properties: { a: text, b: text },
        $defs: expect.objectContaining({ S: { type: 'object', properties: { b: text } } }) as unknown as JsonSchema,
      },
    ],
    [
      'an object with properties and no type',
      jsonSchema({ properties: { a: text } }),
      { type: 'object', properties: { a: text } },
    ],
    [
      'a record or an object',
      z.union([z.record(z.string(), z.number()), z.object({ a: z.string() })]),
      {
        type: 'object',
        description: 'One of: {  } | { a }.',
        properties: { a: text },
        additionalProperties: number,
      },
    ],
  ])('%s', (_, input, parameters) => {
    expect(parametersOf(input)).toEqual(parameters);
  });

  test('keeps the branches of a recursive union in its definition', () => {
    const node: z.ZodType = z.union([
      z.object({ t: z.literal('leaf'), v: z.number() }),
      z.object({
        t: z.literal('pair'),
        get left() {
          return node;
        },
      }),
    ]);
    const { properties, $defs } = parametersOf(node);
    expect(properties).toMatchObject({ t: { enum: ['leaf', 'pair'] }, left: { $ref: '#/$defs/root' } });
    expect($defs).toMatchObject({ root: { anyOf: [{}, { properties: { left: { $ref: '#/$defs/root' } } }] } });
  });

  test('unites combinations above the limit', () => {
    const union = (name: string) => ({
      anyOf: Array.from({ length: 9 }, (_, index) => ({ properties: { [`${name}${index}`]: text } })),
    });
    const { properties } = parametersOf(jsonSchema({ type: 'object', allOf: [union('a'), union('b'), union('c')] }));
    expect(Object.keys(properties as object)).toHaveLength(27);
  });
});

test('sends an object schema unchanged', () => {
  const schema = { type: 'object', properties: { a: { anyOf: [text, number] } }, dependentRequired: { a: ['a'] } };
  expect(parametersOf(jsonSchema(schema))).toBe(schema);
});

test.each<[string, JsonSchema, string]>([
  ['a text', text, '"string"'],
  ['a text or an object', { type: ['string', 'object'] }, '["string","object"]'],
  ['a union with a branch that is not an object', { anyOf: [{ type: 'object' }, text] }, '"no object"'],
  ['values that are not all objects', { enum: ['a', { b: 1 }] }, '"no object"'],
  ['any value', {}, '"no object"'],
  ['parts that exclude each other', { allOf: [{ type: 'object' }, text] }, '"no object"'],
  ['a reference to itself', { $ref: '#' }, '"no object"'],
  ['a reference to a text', { $ref: '#/$defs/%', $defs: { '%': text } }, '"string"'],
])('refuses %s at the root', (_, schema, root) => {
  expect(() => defined(jsonSchema(schema))).toThrow(
    `Tool "t", input: the root is ${root}. Wrap it: z.object({ value: … }).`,
  );
});
