import { jsonSchema, type Tool, tool } from '@pawl/core';
import type { JsonSchema } from '@pawl/core/chat';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { z as z3 } from 'zod/v3';
import type { Schema } from '../../packages/core/src/schema/schema.ts';
import { getStrictForm } from '../../packages/core/src/schema/strict-form-link.ts';
import { zod3 } from '../../packages/core/src/schema/zod3.ts';

function defined(input: Schema): Tool {
  return tool({ name: 't', description: '', input: input as z.ZodType, execute: () => 1 });
}

const a = z.object({ kind: z.literal('a'), x: z.string(), o: z.number().optional() });
const b = z.object({ kind: z.literal('b'), y: z.number() });

describe('the branches of a merged root validate the response:', () => {
  const strict = z.discriminatedUnion('kind', [z.strictObject(a.shape), z.strictObject(b.shape)]);
  const bare = z.union([
    z.strictObject({ x: z.string(), z: z.boolean().optional() }),
    z.strictObject({ y: z.number(), z: z.boolean().optional() }),
  ]);
  const nested = z.intersection(z.object({ c: z.string().optional() }), strict);
  const checked = jsonSchema(z.toJSONSchema(strict) as JsonSchema, {
    validate: (value) => {
      const { error, data } = strict.safeParse(value);
      return error === undefined ? { value: data } : { issues: error.issues };
    },
  });

  test.each<[string, Schema, unknown, unknown]>([
    ['removes a null of another branch', strict, { kind: 'a', x: 'v', o: null, y: null }, { kind: 'a', x: 'v' }],
    ['removes a null that another branch requires', strict, { kind: 'b', x: null, o: null, y: 1 }, { kind: 'b', y: 1 }],
    ['removes a null without a discriminant', bare, { x: 'v', y: null, z: null }, { x: 'v' }],
    ['removes nulls of either branch', bare, { x: null, y: 1, z: true }, { y: 1, z: true }],
    ['removes nulls before a refinement', checked, { kind: 'a', x: 'v', o: 1, y: null }, { kind: 'a', x: 'v', o: 1 }],
    [
      'keeps a value that only zod accepts',
      z.union([z.object({ x: z.string().nullable() }), z.object({ y: z.number() })]),
      { x: null, y: null },
      { x: null },
    ],
    [
      'removes nulls of a loose object',
      z.union([z.looseObject({ x: z.string() }), z.object({ y: z.number() })]),
      { x: 'v', y: null },
      { x: 'v', y: null },
    ],
  ])('%s', async (_, input, given, value) => {
    expect(await defined(input).validate(given)).toEqual({ ok: true, value });
  });

  test('removes nulls at every level of a recursive zod 3 union', async () => {
    const node: z3.ZodType = z3.lazy(() =>
      z3.union([
        z3.object({ t: z3.literal('leaf') }),
        z3.object({ t: z3.literal('pair'), left: node, right: node.optional() }),
      ]),
    );
    const given = { t: 'pair', left: { t: 'leaf', left: null, right: null }, right: null };
    expect(await defined(zod3(node)).validate(given)).toEqual({ ok: true, value: { t: 'pair', left: { t: 'leaf' } } });
  });

  test('removes nulls in an intersection with a union', async () => {
    const { validate } = defined(z.intersection(z.object({ c: z.string().optional() }), z.union([a, b])));
    expect(await validate({ c: null, kind: 'b', y: 1, x: null, o: null })).toEqual({
      ok: true,
      value: { kind: 'b', y: 1 },
    });
    expect(defined(nested).jsonSchema).toMatchObject({ required: ['kind'] });
  });

  test('reports a null for a required field of its own branch', async () => {
    expect(await defined(strict).validate({ kind: 'a', x: null, o: null, y: null })).toEqual({
      ok: false,
      issues: 'x: expected string, got null',
    });
  });
});

describe('the strict form of a merged root', () => {
  test('requires every property, and makes properties of other branches nullable', () => {
    const { jsonSchema: sent, strictReport } = defined(z.discriminatedUnion('kind', [a, b]));
    expect(strictReport).toEqual([]);
    expect(getStrictForm(sent)).toEqual({
      type: 'object',
      description: 'One of: { kind: "a", x, o? } | { kind: "b", y }.',
      properties: {
        kind: { type: 'string', enum: ['a', 'b'] },
        x: { type: ['string', 'null'] },
        o: { type: ['number', 'null'] },
        y: { type: ['number', 'null'] },
      },
      required: ['kind', 'x', 'o', 'y'],
      additionalProperties: false,
    });
  });

  test.each([
    [
      'a null could be a value of another branch',
      z.union([z.strictObject({ x: z.string() }), z.strictObject({ y: z.string().nullable() })]),
      [{ pointer: '', reason: 'branches disagree about whether "y" may be null or omitted' }],
    ],
    [
      'branches without a discriminant disagree',
      z.union([z.object({ x: z.string().optional() }), z.object({ x: z.string().nullable() })]),
      [{ pointer: '', reason: 'branches disagree about whether "x" may be null or omitted' }],
    ],
  ])('does not exist if %s', (_, input, reasons) => {
    expect(defined(input).strictReport).toEqual(reasons);
  });

  test('exists if a constant distinguishes the branches', () => {
    const input = z.discriminatedUnion('k', [
      z.strictObject({ k: z.literal('a'), x: z.string() }),
      z.strictObject({ k: z.literal('b'), y: z.string().nullable() }),
    ]);
    expect(defined(input).strictReport).toEqual([]);
  });
});
