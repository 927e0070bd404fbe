import { expect, test } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { formatIssues, type Issue } from './issues.ts';
import { compileSchema, type Schema } from './schema.ts';

const shape = z.union([
  z.object({ type: z.literal('circle'), radius: z.number() }),
  z.object({ type: z.literal('square'), side: z.number() }),
]);

test.each([
  ['a missing field', z.object({ a: z.string() }), {}, 'a: expected string, got undefined'],
  ['another type', z.object({ a: z.string() }), { a: 3 }, 'a: expected string, got number'],
  ['no object at all', z.object({ a: z.string() }), 'a', 'arguments: expected object, got string'],
  ['a number too small', z.object({ a: z.int().min(3) }), { a: 1 }, 'a: expected number to be >=3, got 1'],
  ['no whole number', z.object({ a: z.int() }), { a: 1.5 }, 'a: expected int, got number'],
  [
    'a text too short',
    z.object({ a: z.string().min(2) }),
    { a: '' },
    'a: expected string to have >=2 characters, got ""',
  ],
  ['none of the options', z.object({ a: z.enum(['x', 'y']) }), { a: 'z' }, 'a: expected one of "x"|"y", got "z"'],
  ['another literal', z.object({ a: z.literal(4) }), { a: 5 }, 'a: expected 4, got 5'],
  ['a text of no such form', z.object({ a: z.email() }), { a: 'x' }, 'a: Invalid email address, got "x"'],
  [
    'an unknown field',
    z.strictObject({ a: z.string() }),
    { a: '', b: 1 },
    'arguments: Unrecognized key: "b", got an object',
  ],
  [
    'a list too long',
    z.object({ a: z.array(z.int()).max(1) }),
    { a: [1, 2] },
    'a: expected array to have <=1 items, got an array',
  ],
  [
    'a place deep inside',
    z.object({ a: z.array(z.object({ b: z.string() })) }),
    { a: [{ b: 1 }] },
    'a[0].b: expected string, got number',
  ],
  [
    'a rule of the user',
    z.object({ a: z.string().refine((a) => a > 'm', 'Must come after m') }),
    { a: 'b' },
    'a: Must come after m, got "b"',
  ],
  [
    'none of a union',
    z.object({ a: z.union([z.string(), z.int()]) }),
    { a: true },
    'a: expected string or number, got true',
  ],
  [
    'none of a union of zod/mini',
    mini.object({ a: mini.union([mini.string(), mini.int()]) }),
    { a: true },
    'a: expected string or number, got true',
  ],
  [
    'the nearest of a union',
    z.object({ a: shape }),
    { a: { type: 'square' } },
    'a.side: expected number, got undefined',
  ],
  [
    'a union with words of its own',
    z.object({ a: z.union([z.string(), z.int()], 'Give a name or an id') }),
    { a: true },
    'a: Give a name or an id, got true',
  ],
  [
    'no object of a union',
    z.object({ a: z.union([z.string(), shape]) }),
    { a: 1 },
    'a: expected string or object, got 1',
  ],
  [
    'another kind of a union',
    z.object({ a: z.discriminatedUnion('k', [z.object({ k: z.literal('x') }), z.object({ k: z.literal('y') })]) }),
    { a: { k: 'z' } },
    `a.k: Invalid discriminator value. Expected 'x' | 'y', got "z"`,
  ],
  [
    'several at once',
    z.object({ a: z.string(), b: z.int() }),
    { b: '1' },
    'a: expected string, got undefined\nb: expected number, got string',
  ],
] as readonly (readonly [string, Schema, unknown, string])[])(
  'one line an issue, with the path, what was expected and what came: %s',
  async (_, schema, given, issues) => {
    await expect(compileSchema(schema, 'input').validate(given)).resolves.toEqual({ ok: false, issues });
  },
);

test('the paths of every vendor are read', () => {
  const issues = [
    { message: 'is wrong', path: [{ key: 'a' }, { key: 0 }, 'b'] },
    { message: 'is wrong' },
    { message: 'is wrong', path: ['toString'] },
    { message: 'is wrong', path: [Symbol.for('s')] },
  ];
  expect(formatIssues(issues, { a: [{ b: 1 }] })).toBe(
    'a[0].b: is wrong, got 1\narguments: is wrong, got an object\ntoString: is wrong, got nothing\nSymbol(s): is wrong, got nothing',
  );
});

test('a long text is quoted by its start', () => {
  expect(formatIssues([{ message: 'is wrong', path: ['a'] }], { a: 'x'.repeat(100) })).toBe(
    `a: is wrong, got "${'x'.repeat(59)}… (42 characters more)`,
  );
});

test('ten issues are ten lines', () => {
  const issues = Array.from({ length: 10 }, (_, index) => ({ message: 'is wrong', path: [index] }));
  const lines = formatIssues(issues, []).split('\n');
  expect(lines).toEqual(issues.map((_, index) => `[${index}]: is wrong, got nothing`));
});

test.each<[string, readonly (readonly Issue[])[], string]>([
  ['a branch with no issues says nothing', [[], [{ message: 'is wrong', path: ['b'] }]], 'a.b: is wrong, got nothing'],
  ['no branches', [], 'a: Invalid input, got 1'],
  ['a branch that expects nothing', [[{ message: 'is wrong' }]], 'a: Invalid input, got 1'],
  [
    'one branch of two that expects nothing',
    [[{ message: 'expected text' }], [{ message: 'is wrong' }]],
    'a: Invalid input, got 1',
  ],
  ['branches that expect something', [[{ message: 'expected text' }]], 'a: expected text, got 1'],
])('of a union: %s', (_, errors, text) => {
  expect(formatIssues([{ message: 'Invalid input', path: ['a'], errors }], { a: 1 })).toBe(text);
});

test('ten lines are told at most, and how many more issues there are', () => {
  const issues = Array.from({ length: 12 }, (_, index) => ({ message: 'is wrong', path: [index] }));
  const lines = formatIssues(issues, []).split('\n');
  expect([lines.length, lines.at(-2), lines.at(-1)]).toEqual([10, '[8]: is wrong, got nothing', 'and 3 more issues']);
});

test('the whole is bounded, whatever a vendor writes', () => {
  const text = formatIssues([{ message: 'w'.repeat(5_000), path: ['a'] }], {});
  expect([text.length <= 1_000, text.slice(-25)]).toEqual([true, '… (4056 characters more)'.padStart(25, 'w')]);
});
