import { expect, test } from 'vitest';
import { z } from 'zod';
import { toDraft07 } from './draft-07.ts';
import { compileSchema } from './schema.ts';

test('what draft-07 has another word for is said in it', () => {
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

test('the name of another draft is left out, and what is no list of schemas stays as it is', () => {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', $ref: 7, properties: null };
  expect(toDraft07(schema)).toEqual({ $ref: 7, properties: null });
});
