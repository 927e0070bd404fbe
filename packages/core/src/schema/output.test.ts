import { expect, test } from 'vitest';
import { z } from 'zod';
import { compileOutput } from './output.ts';
import type { Schema } from './schema.ts';
import { linkedStrict } from './strict-link.ts';

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
  expect([jsonSchema, linkedStrict(jsonSchema), unwrap({ value: 'a' })]).toEqual([
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
