import { describe, expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { toObjectRoot } from './object-root.ts';

/** An object that requires properties of these names. */
function withNames(names: readonly string[]): JsonSchema {
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])), required: names };
}

function numbered(count: number, letter = 'p'): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index}`);
}

function descriptionOf(branches: readonly JsonSchema[]): unknown {
  return toObjectRoot({ anyOf: branches })?.['description'];
}

describe('the description of a union that is sent as one object', () => {
  test('names sixteen properties of a branch', () => {
    const [exactly, more] = [numbered(16), numbered(17)];
    expect(descriptionOf([withNames(exactly), withNames(['a'])])).toBe(`One of: { ${exactly.join(', ')} } | { a }.`);
    expect(descriptionOf([withNames(more), withNames(['a'])])).toBe(`One of: { ${exactly.join(', ')}, … } | { a }.`);
  });

  test('lists twelve branches, and none of more', () => {
    const branches = numbered(13).map((name) => withNames([name]));
    expect(descriptionOf(branches.slice(0, 12))).toBe(
      `One of: ${numbered(12)
        .map((name) => `{ ${name} }`)
        .join(' | ')}.`,
    );
    expect(descriptionOf(branches)).toBeUndefined();
  });

  test('is left out if it would have more than 2,000 characters', () => {
    const name = (length: number): string => 'x'.repeat(length);
    const frame = 'One of: {  } | { a }.'.length;
    expect(descriptionOf([withNames([name(2_000 - frame)]), withNames(['a'])])).toHaveLength(2_000);
    expect(descriptionOf([withNames([name(2_001 - frame)]), withNames(['a'])])).toBeUndefined();
  });
});

test('objects that are constants are one object', () => {
  expect(toObjectRoot({ enum: [{ a: 1 }, { a: 2, b: 'x' }] })).toEqual({
    type: 'object',
    description: 'One of: { a: 1 } | { a: 2, b: "x" }.',
    properties: { a: { type: 'number', enum: [1, 2] }, b: { const: 'x' } },
    required: ['a'],
    additionalProperties: false,
  });
  expect(toObjectRoot({ enum: [{ a: 1 }, 2] })).toBeUndefined();
});
