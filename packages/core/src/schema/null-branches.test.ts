import { expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { disagreements } from './null-branches.ts';

const LEFT_OUT = { type: 'string' };
const NULL = { type: ['string', 'null'] };
const object = (properties: JsonSchema, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required,
});

test.each<[string, readonly JsonSchema[], string | undefined]>([
  ['a field that may be null in one, and left out in the other', [object({ x: LEFT_OUT }), object({ x: NULL })], 'x'],
  ['a later branch', [object({ x: LEFT_OUT }), object({ x: { type: 'number' } }), object({ x: NULL })], 'x'],
  ['a field that may be null in both', [object({ x: NULL }), object({ x: { type: 'null' } })], undefined],
  ['a field that may be left out in both', [object({ x: LEFT_OUT }), object({ x: { type: 'number' } })], undefined],
  ['a field that only one has', [object({ x: NULL }), object({ y: LEFT_OUT })], undefined],
  [
    'a field of a field',
    [object({ a: object({ x: LEFT_OUT }) }, ['a']), object({ a: object({ x: NULL }) }, ['a'])],
    'a.x',
  ],
  [
    'branches that a constant tells apart',
    [object({ k: { const: 1 }, x: LEFT_OUT }, ['k']), object({ k: { const: 2 }, x: NULL }, ['k'])],
    undefined,
  ],
  [
    'branches that share a value',
    [object({ k: { enum: [1, 2] }, x: LEFT_OUT }, ['k']), object({ k: { enum: [2, 3] }, x: NULL }, ['k'])],
    'x',
  ],
  [
    'branches that refer to the whole',
    [object({ next: { $ref: '#' }, x: LEFT_OUT }), object({ next: { $ref: '#' }, y: NULL })],
    undefined,
  ],
])('finds what two branches of a union disagree about: %s', (_, anyOf, name) => {
  const reason = `branches disagree about whether "${name}" may be null or left out`;
  expect(disagreements({ anyOf })).toEqual(name === undefined ? [] : [{ pointer: '', reason }]);
});
