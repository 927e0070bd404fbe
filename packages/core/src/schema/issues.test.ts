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
  ['a wrong type', z.object({ a: z.string() }), { a: 3 }, 'a: expected string, got number'],
  ['a value that is not an object', z.object({ a: z.string() }), 'a', 'arguments: expected object, got string'],
  ['a small number', z.object({ a: z.int().min(3) }), { a: 1 }, 'a: expected number to be >=3, got 1'],
  ['a fraction', z.object({ a: z.int() }), { a: 1.5 }, 'a: expected int, got number'],
  ['a short text', z.object({ a: z.string().min(2) }), { a: '' }, 'a: expected string to have >=2 characters, got ""'],
  ['an unknown enum value', z.object({ a: z.enum(['x', 'y']) }), { a: 'z' }, 'a: expected one of "x"|"y", got "z"'],
  ['a wrong literal', z.object({ a: z.literal(4) }), { a: 5 }, 'a: expected 4, got 5'],
  ['a text of the wrong format', z.object({ a: z.email() }), { a: 'x' }, 'a: Invalid email address, got "x"'],
  [
    'an unknown field',
    z.strictObject({ a: z.string() }),
    { a: '', b: 1 },
    'arguments: Unrecognized key: "b", got an object',
  ],
  [
    'a long list',
    z.object({ a: z.array(z.int()).max(1) }),
    { a: [1, 2] },
    'a: expected array to have <=1 items, got an array',
  ],
  [
    'a nested field',
    z.object({ a: z.array(z.object({ b: z.string() })) }),
    { a: [{ b: 1 }] },
    'a[0].b: expected string, got number',
  ],
  [
    'a custom rule',
    z.object({ a: z.string().refine((a) => a > 'm', 'Must come after m') }),
    { a: 'b' },
    'a: Must come after m, got "b"',
  ],
  [
    'a value of no branch of a union',
    z.object({ a: z.union([z.string(), z.int()]) }),
    { a: true },
    'a: expected string or number, got true',
  ],
  [
    'a value of no branch of a zod/mini union',
    mini.object({ a: mini.union([mini.string(), mini.int()]) }),
    { a: true },
    'a: expected string or number, got true',
  ],
  [
    'the closest branch of a union',
    z.object({ a: shape }),
    { a: { type: 'square' } },
    'a.side: expected number, got undefined',
  ],
  [
    'a union with a custom message',
    z.object({ a: z.union([z.string(), z.int()], 'Give a name or an id') }),
    { a: true },
    'a: Give a name or an id, got true',
  ],
  [
    'a union of a text and an object',
    z.object({ a: z.union([z.string(), shape]) }),
    { a: 1 },
    'a: expected string or object, got 1',
  ],
  [
    'an unknown discriminant',
    z.object({ a: z.discriminatedUnion('k', [z.object({ k: z.literal('x') }), z.object({ k: z.literal('y') })]) }),
    { a: { k: 'z' } },
    `a.k: Invalid discriminator value. Expected 'x' | 'y', got "z"`,
  ],
  [
    'two issues',
    z.object({ a: z.string(), b: z.int() }),
    { b: '1' },
    'a: expected string, got undefined\nb: expected number, got string',
  ],
] as readonly (readonly [string, Schema, unknown, string])[])(
  'writes one line per issue with the path, the expected and the actual value: %s',
  async (_, schema, given, issues) => {
    await expect(compileSchema(schema, 'input').validate(given)).resolves.toEqual({ ok: false, issues });
  },
);

test('reads the path formats of all vendors', () => {
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

test('quotes only the start of a long text', () => {
  expect(formatIssues([{ message: 'is wrong', path: ['a'] }], { a: 'x'.repeat(100) })).toBe(
    `a: is wrong, got "${'x'.repeat(59)}… (42 characters more)`,
  );
});

test('writes ten issues as ten lines', () => {
  const issues = Array.from({ length: 10 }, (_, index) => ({ message: 'is wrong', path: [index] }));
  const lines = formatIssues(issues, []).split('\n');
  expect(lines).toEqual(issues.map((_, index) => `[${index}]: is wrong, got nothing`));
});

test.each<[string, readonly (readonly Issue[])[], string]>([
  ['ignores a branch without issues', [[], [{ message: 'is wrong', path: ['b'] }]], 'a.b: is wrong, got nothing'],
  ['keeps the message if there are no branches', [], 'a: Invalid input, got 1'],
  ['keeps the message if a branch names no expected type', [[{ message: 'is wrong' }]], 'a: Invalid input, got 1'],
  [
    'keeps the message if one of two branches names no expected type',
    [[{ message: 'expected text' }], [{ message: 'is wrong' }]],
    'a: Invalid input, got 1',
  ],
  ['lists the expected types', [[{ message: 'expected text' }]], 'a: expected text, got 1'],
])('formats the issues of a union: %s', (_, errors, text) => {
  expect(formatIssues([{ message: 'Invalid input', path: ['a'], errors }], { a: 1 })).toBe(text);
});

test('writes at most ten lines, and counts the other issues', () => {
  const issues = Array.from({ length: 12 }, (_, index) => ({ message: 'is wrong', path: [index] }));
  const lines = formatIssues(issues, []).split('\n');
  expect([lines.length, lines.at(-2), lines.at(-1)]).toEqual([10, '[8]: is wrong, got nothing', 'and 3 more issues']);
});

test('limits the length of the text', () => {
  const text = formatIssues([{ message: 'w'.repeat(5_000), path: ['a'] }], {});
  expect([text.length <= 1_000, text.slice(-25)]).toEqual([true, '… (4056 characters more)'.padStart(25, 'w')]);
});
