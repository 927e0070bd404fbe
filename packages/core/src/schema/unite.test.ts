import { expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { uniteSchemas } from './unite.ts';

const text = { type: 'string' };
const number = { type: 'number' };
const withA = (a: unknown): JsonSchema => ({ type: 'object', properties: { a } });

test.each<[string, readonly unknown[], unknown]>([
  ['the same schema twice', [text, text], text],
  [
    'the same schema with two descriptions',
    [
      { ...text, description: 'A.' },
      { ...text, description: 'B.' },
    ],
    { ...text, description: 'A. B.' },
  ],
  ['two schemas', [text, number], { anyOf: [text, number] }],
  ['a union and one of its branches', [{ anyOf: [text, number] }, text], { anyOf: [text, number] }],
  [
    'a union that says more',
    [{ description: 'A.', anyOf: [text, number] }, { type: 'boolean' }],
    { anyOf: [{ description: 'A.', anyOf: [text, number] }, { type: 'boolean' }] },
  ],
  ['a constant and a schema', [{ const: 1 }, text], { anyOf: [{ const: 1 }, text] }],
  ['false and a schema', [false, text], text],
  ['false only', [false, false], false],
  ['true and a schema', [true, text], true],
  ['a description and a schema', [{ description: 'A.' }, text], { description: 'A.' }],
  ['constants', [{ const: 1 }, { enum: [1, 2] }], { type: 'number', enum: [1, 2] }],
  ['constants of two types', [{ const: 1 }, { const: 'a' }], { type: ['number', 'string'], enum: [1, 'a'] }],
])('unites the schemas of a property of every branch: %s', (_, all, united) => {
  expect(uniteSchemas(all.map(withA))).toEqual(withA(united));
});

test('requires what every branch requires, keeps shared keywords, and is closed if every branch is', () => {
  const closed = { additionalProperties: false, minProperties: 1 };
  const one = { ...withA(text), ...closed, required: ['a', 'b'], title: 'One' };
  const other = { ...withA(text), ...closed, required: ['b'], maxProperties: 2 };
  expect(uniteSchemas([one, other])).toStrictEqual({ ...withA(text), ...closed, required: ['b'] });
  expect(uniteSchemas([one, { ...other, additionalProperties: number }])).toMatchObject({
    additionalProperties: number,
  });
  expect(uniteSchemas([one, withA(text)])).toStrictEqual(withA(text));
  expect(uniteSchemas([one])).toBe(one);
});

test('keeps shared keywords, but no title and description of a branch', () => {
  const words = { title: 'T', description: 'D.' };
  expect(
    uniteSchemas([
      { ...withA(text), ...words },
      { ...withA(text), ...words },
    ]),
  ).toStrictEqual(withA(text));
});
