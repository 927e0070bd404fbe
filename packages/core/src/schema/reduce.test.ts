import { expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { reduceSchema } from './reduce.ts';
import { FULL_SUPPORT } from './schema-support.ts';

const next = { $ref: '#/$defs/Node' };
const node = (field: JsonSchema): JsonSchema => ({ type: 'object', properties: { next: field } });

test('a reference to the root leads into the definitions', () => {
  const support = { ...FULL_SUPPORT, references: 'definitions' as const };
  expect(reduceSchema(node({ $ref: '#' }), support)).toEqual({
    ...node({ $ref: '#/$defs/root' }),
    $defs: { root: node({ $ref: '#/$defs/root' }) },
  });
});

test('a reference that is not recursive gives way to what it leads to, another one stays, alone', () => {
  const support = { ...FULL_SUPPORT, references: 'inline' as const };
  const schema = {
    type: 'object',
    properties: { a: { $ref: '#/$defs/A' }, first: { description: 'The first.', ...next }, last: next },
    $defs: { A: { type: 'string', description: 'A.' }, Node: node(next) },
  };
  expect(reduceSchema(schema, support)).toStrictEqual({
    type: 'object',
    properties: {
      a: { type: 'string', description: 'A.' },
      first: { description: 'The first.', anyOf: [next] },
      last: next,
    },
    $defs: { Node: node(next) },
  });
});
