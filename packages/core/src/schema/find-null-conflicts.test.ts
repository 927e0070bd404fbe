import { expect, test } from 'vitest';
import { findMergedNullConflicts, findNullConflicts } from './find-null-conflicts.ts';
import type { JsonSchema } from './json-schema.ts';

const LEFT_OUT = { type: 'string' };
const NULL = { type: ['string', 'null'] };
const object = (properties: JsonSchema, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required,
});

test.each<[string, readonly JsonSchema[], string | undefined]>([
  [
    'a field that is nullable in one branch and optional in the other',
    [object({ x: LEFT_OUT }), object({ x: NULL })],
    'x',
  ],
  ['a later branch', [object({ x: LEFT_OUT }), object({ x: { type: 'number' } }), object({ x: NULL })], 'x'],
  ['a field that is nullable in both branches', [object({ x: NULL }), object({ x: { type: 'null' } })], undefined],
  [
    'a field that is optional in both branches',
    [object({ x: LEFT_OUT }), object({ x: { type: 'number' } })],
    undefined,
  ],
  ['a field of one branch only', [object({ x: NULL }), object({ y: LEFT_OUT })], undefined],
  ['a nested field', [object({ a: object({ x: LEFT_OUT }) }, ['a']), object({ a: object({ x: NULL }) }, ['a'])], 'a.x'],
  [
    'branches with different constants',
    [object({ k: { const: 1 }, x: LEFT_OUT }, ['k']), object({ k: { const: 2 }, x: NULL }, ['k'])],
    undefined,
  ],
  [
    'branches of which only the first has a constant',
    [object({ k: { const: 1 }, x: LEFT_OUT }, ['k']), object({ k: LEFT_OUT, x: NULL }, ['k'])],
    'x',
  ],
  [
    'branches of which only the second has a constant',
    [object({ k: LEFT_OUT, x: LEFT_OUT }, ['k']), object({ k: { const: 1 }, x: NULL }, ['k'])],
    'x',
  ],
  [
    'branches with a shared constant',
    [object({ k: { enum: [1, 2] }, x: LEFT_OUT }, ['k']), object({ k: { enum: [2, 3] }, x: NULL }, ['k'])],
    'x',
  ],
  [
    'branches that refer to the root',
    [object({ next: { $ref: '#' }, x: LEFT_OUT }), object({ next: { $ref: '#' }, y: NULL })],
    undefined,
  ],
])('finds the field that two branches disagree about: %s', (_, anyOf, name) => {
  const reason = `branches disagree about whether "${name}" may be null or omitted`;
  expect(findNullConflicts({ anyOf })).toEqual(name === undefined ? [] : [{ pointer: '', reason }]);
});

test.each(['anyOf', 'oneOf'])('checks every branch of %s, also of a nested schema', (keyword) => {
  const schema = { [keyword]: [object({ x: LEFT_OUT }), object({ x: NULL })] };
  expect(findNullConflicts(schema)).toHaveLength(1);
  expect(findNullConflicts(object({ part: schema }))).toMatchObject([{ pointer: '/properties/part' }]);
});

test.each([
  ['parts', { allOf: [object({}), { anyOf: [object({ x: LEFT_OUT }), object({ x: NULL })] }] }],
  ['a condition', { if: object({ x: LEFT_OUT }), else: object({ x: NULL }) }],
  ['dependent schemas', { ...object({}), dependentSchemas: { a: object({ x: LEFT_OUT }), b: object({ x: NULL }) } }],
])('checks the alternatives of %s', (_, schema) => {
  expect(findNullConflicts(schema).map(({ pointer }) => pointer)).toContain('');
});

test('reports a conflict of merged branches if one is closed and the other allows null', () => {
  const closed = { ...object({ y: LEFT_OUT }), additionalProperties: false };
  const reason = 'branches disagree about whether "x" may be null or omitted';
  expect(findMergedNullConflicts([closed, object({ x: NULL })], {})).toEqual([{ pointer: '', reason }]);
  expect(findMergedNullConflicts([object({ x: NULL }), closed], {})).toEqual([{ pointer: '', reason }]);
  expect(findMergedNullConflicts([closed, object({ x: LEFT_OUT })], {})).toEqual([]);
  expect(findMergedNullConflicts([closed, object({ y: NULL })], {})).toEqual([]);
  expect(findMergedNullConflicts([object({ y: LEFT_OUT }), object({ x: NULL })], {})).toEqual([]);
  const [one, other] = [object({ k: { const: 1 } }, ['k']), object({ k: { const: 2 }, x: NULL }, ['k'])];
  expect(findMergedNullConflicts([{ ...one, additionalProperties: false }, other], {})).toEqual([]);
});
