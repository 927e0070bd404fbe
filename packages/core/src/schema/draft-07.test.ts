import { expect, test } from 'vitest';
import { z } from 'zod';
import { toDraft07 } from './draft-07.ts';
import { compileSchema } from './schema.ts';

test('writes 2020-12 keywords as their draft-07 forms', () => {
  const node: z.ZodType = z
    .object({
      pair: z.tuple([z.string(), z.number()]).rest(z.boolean()),
      $defs: z.literal('$defs'),
      get next() {
        return node.optional();
      },
    })
    .meta({ id: 'Node' });
  const { jsonSchema } = compileSchema(z.object({ node }), 'input');
  expect(toDraft07(jsonSchema)).toEqual({
    type: 'object',
    properties: { node: { $ref: '#/definitions/Node' } },
    required: ['node'],
    definitions: {
      Node: {
        type: 'object',
        properties: {
          pair: {
            type: 'array',
            minItems: 2,
            items: [{ type: 'string' }, { type: 'number' }],
            additionalItems: { type: 'boolean' },
          },
          $defs: { type: 'string', const: '$defs' },
          next: { $ref: '#/definitions/Node' },
        },
        required: ['pair', '$defs'],
      },
    },
  });
  expect(toDraft07(jsonSchema)).toBe(toDraft07(jsonSchema));
});

test('removes $schema and keeps values that are not lists of schemas', () => {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', $ref: 7, properties: null };
  expect(toDraft07(schema)).toEqual({ $ref: 7, properties: null });
});
