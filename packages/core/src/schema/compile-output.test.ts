import { expect, test } from 'vitest';
import { z } from 'zod';
import { compileOutput } from './compile-output.ts';
import type { Schema } from './schema.ts';
import { getStrictForm } from './strict-form-link.ts';

const wrapper = { type: 'object', required: ['value'], additionalProperties: false };
const tree: z.ZodType = z.union([z.string(), z.array(z.lazy(() => tree))]);

test.each<[string, Schema, unknown, unknown]>([
  [
    'a list',
    z.array(z.string()),
    { ...wrapper, properties: { value: { type: 'array', items: { type: 'string' } } } },
    ['a'],
  ],
  ['an enum', z.enum(['a', 'b']), { ...wrapper, properties: { value: { type: 'string', enum: ['a', 'b'] } } }, 'b'],
  [
    'a union',
    z.union([z.number(), z.object({ value: z.string() })]),
    {
      ...wrapper,
      properties: {
        value: {
          anyOf: [
            { type: 'number' },
            { type: 'object', properties: { value: { type: 'string' } }, required: ['value'] },
          ],
        },
      },
    },
    7,
  ],
  [
    'recursive',
    tree,
    {
      ...wrapper,
      properties: { value: { $ref: '#/$defs/value' } },
      $defs: {
        value: { anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#/$defs/value' } }] },
      },
    },
    ['a', ['b']],
  ],
])('sends an output that is %s as an object, and unwraps the response', async (_, schema, sent, value) => {
  const { jsonSchema, validate } = compileOutput(schema, 'output');
  expect(jsonSchema).toEqual(sent);
  await expect(Promise.all([validate({ value }), validate(value)])).resolves.toEqual([
    { ok: true, value },
    { ok: true, value },
  ]);
});

test('sends an object output unchanged, with its strict form', async () => {
  const { jsonSchema, unwrap, validate } = compileOutput(z.object({ value: z.string().optional() }), 'output');
  expect([jsonSchema, getStrictForm(jsonSchema), unwrap({ value: 'a' })]).toEqual([
    { type: 'object', properties: { value: { type: 'string' } } },
    {
      type: 'object',
      properties: { value: { type: ['string', 'null'] } },
      required: ['value'],
      additionalProperties: false,
    },
    { value: 'a' },
  ]);
  await expect(validate({ value: null })).resolves.toEqual({ ok: true, value: {} });
});

test('unwraps a value that the schema allows with and without the wrapper', async () => {
  const { validate } = compileOutput(z.union([z.string(), z.object({ value: z.string() })]), 'output');
  expect(await validate({ value: 'a' })).toEqual({ ok: true, value: 'a' });
});

test('keeps a value that the schema allows only with its field named value', async () => {
  const { validate } = compileOutput(z.union([z.string(), z.object({ value: z.number() })]), 'output');
  expect(await validate({ value: 1 })).toEqual({ ok: true, value: { value: 1 } });
  expect(await validate({ value: true })).toMatchObject({ ok: false });
  expect(await validate(true)).toMatchObject({ ok: false });
});

test('unwraps only an object whose single field is value', () => {
  const { unwrap } = compileOutput(z.array(z.string()), 'output');
  const others = [null, 'a', ['a'], {}, { a: 1 }, { value: 1, a: 1 }];
  expect(others.map(unwrap)).toEqual(others);
  expect(unwrap({ value: ['a'] })).toEqual(['a']);
});
