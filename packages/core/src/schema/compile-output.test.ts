import { expect, test } from 'vitest';
import { z } from 'zod';
import { compileOutput } from './compile-output.ts';
import type { Schema } from './schema.ts';
import { getStrictForm } from './strict-form-link.ts';

const around = { type: 'object', required: ['value'], additionalProperties: false };
const tree: z.ZodType = z.union([z.string(), z.array(z.lazy(() => tree))]);

test.each<[string, Schema, unknown, unknown]>([
  [
    'a list',
    z.array(z.string()),
    { ...around, properties: { value: { type: 'array', items: { type: 'string' } } } },
    ['a'],
  ],
  ['an enum', z.enum(['a', 'b']), { ...around, properties: { value: { type: 'string', enum: ['a', 'b'] } } }, 'b'],
  [
    'a union',
    z.union([z.number(), z.object({ value: z.string() })]),
    {
      ...around,
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
    'one that looks at itself',
    tree,
    {
      ...around,
      properties: { value: { $ref: '#/$defs/value' } },
      $defs: {
        value: { anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#/$defs/value' } }] },
      },
    },
    ['a', ['b']],
  ],
])('an output that is %s is sent as an object, and taken out of it again', async (_, schema, sent, value) => {
  const { jsonSchema, validate } = compileOutput(schema, 'output');
  expect(jsonSchema).toEqual(sent);
  await expect(Promise.all([validate({ value }), validate(value)])).resolves.toEqual([
    { ok: true, value },
    { ok: true, value },
  ]);
});

test('an output that is an object is sent as it is, with its strict form', async () => {
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

test('a value that an output takes with and without what is around it is taken out', async () => {
  const { validate } = compileOutput(z.union([z.string(), z.object({ value: z.string() })]), 'output');
  expect(await validate({ value: 'a' })).toEqual({ ok: true, value: 'a' });
});

test('a value that an output takes only with what seems to be around it is left alone', async () => {
  const { validate } = compileOutput(z.union([z.string(), z.object({ value: z.number() })]), 'output');
  expect(await validate({ value: 1 })).toEqual({ ok: true, value: { value: 1 } });
  expect(await validate({ value: true })).toMatchObject({ ok: false });
  expect(await validate(true)).toMatchObject({ ok: false });
});

test('nothing is taken out of what is no object with that one field', () => {
  const { unwrap } = compileOutput(z.array(z.string()), 'output');
  const others = [null, 'a', ['a'], {}, { a: 1 }, { value: 1, a: 1 }];
  expect(others.map(unwrap)).toEqual(others);
  expect(unwrap({ value: ['a'] })).toEqual(['a']);
});
