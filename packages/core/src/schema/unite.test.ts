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
  ['a union and a schema of it', [{ anyOf: [text, number] }, text], { anyOf: [text, number] }],
  [
    'a union that says more',
    [{ description: 'A.', anyOf: [text, number] }, { type: 'boolean' }],
    { anyOf: [{ description: 'A.', anyOf: [text, number] }, { type: 'boolean' }] },
  ],
  ['a constant and a schema', [{ const: 1 }, text], { anyOf: [{ const: 1 }, text] }],
  ['nothing and a schema', [false, text], text],
  ['nothing at all', [false, false], false],
  ['anything and a schema', [true, text], true],
  ['a note and a schema', [{ description: 'A.' }, text], { description: 'A.' }],
  ['constants', [{ const: 1 }, { enum: [1, 2] }], { type: 'number', enum: [1, 2] }],
  ['constants of two types', [{ const: 1 }, { const: 'a' }], { type: ['number', 'string'], enum: [1, 'a'] }],
])('a property that is in every branch takes what it takes in any of them: %s', (_, all, united) => {
  expect(uniteSchemas(all.map(withA))).toEqual(withA(united));
});

test('requires what every branch requires, keeps what each says, and is closed if each is', () => {
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

test('keeps what every branch says, but no words that are those of a branch', () => {
  const words = { title: 'T', description: 'D.' };
  expect(
    uniteSchemas([
      { ...withA(text), ...words },
      { ...withA(text), ...words },
    ]),
  ).toStrictEqual(withA(text));
});
