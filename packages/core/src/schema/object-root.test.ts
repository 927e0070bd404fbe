import { describe, expect, test } from 'vitest';
import type { JsonSchema } from './json-schema.ts';
import { toObjectRoot } from './object-root.ts';

/** Returns an object schema that requires properties with these names. */
function withNames(names: readonly string[]): JsonSchema {
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])), required: names };
}

function numbered(count: number, letter = 'p'): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index}`);
}

function descriptionOf(branches: readonly JsonSchema[]): unknown {
  return toObjectRoot({ anyOf: branches })?.['description'];
}

describe('the description of a merged union', () => {
  test('lists at most sixteen properties of a branch', () => {
    const [exactly, more] = [numbered(16), numbered(17)];
    expect(descriptionOf([withNames(exactly), withNames(['a'])])).toBe(`One of: { ${exactly.join(', ')} } | { a }.`);
    expect(descriptionOf([withNames(more), withNames(['a'])])).toBe(`One of: { ${exactly.join(', ')}, … } | { a }.`);
  });

  test('marks optional properties, and adds a title or description of up to 120 characters', () => {
    const named = { ...withNames(['a']), properties: { a: {}, b: {} } };
    const [exactly, more] = ['x'.repeat(120), 'x'.repeat(121)];
    const other = withNames(['c']);
    expect(descriptionOf([named, other])).toBe('One of: { a, b? } | { c }.');
    expect(descriptionOf([{ ...named, title: 'A' }, other])).toBe('One of: { a, b? } (A) | { c }.');
    expect(descriptionOf([{ ...named, description: 'B.' }, other])).toBe('One of: { a, b? } (B.) | { c }.');
    expect(descriptionOf([{ ...named, title: exactly }, other])).toBe(`One of: { a, b? } (${exactly}) | { c }.`);
    expect(descriptionOf([{ ...named, title: more, description: 'B.' }, other])).toBe(
      'One of: { a, b? } (B.) | { c }.',
    );
  });

  test('lists up to twelve branches, and no branch if there are more', () => {
    const branches = numbered(13).map((name) => withNames([name]));
    expect(descriptionOf(branches.slice(0, 12))).toBe(
      `One of: ${numbered(12)
        .map((name) => `{ ${name} }`)
        .join(' | ')}.`,
    );
    expect(descriptionOf(branches)).toBeUndefined();
  });

  test('is omitted above 2,000 characters', () => {
    const name = (length: number): string => 'x'.repeat(length);
    const frame = 'One of: {  } | { a }.'.length;
    expect(descriptionOf([withNames([name(2_000 - frame)]), withNames(['a'])])).toHaveLength(2_000);
    expect(descriptionOf([withNames([name(2_001 - frame)]), withNames(['a'])])).toBeUndefined();
  });
});

test('merges constant objects into one object', () => {
  expect(toObjectRoot({ enum: [{ a: 1 }, { a: 2, b: 'x' }] })).toEqual({
    type: 'object',
    description: 'One of: { a: 1 } | { a: 2, b: "x" }.',
    properties: { a: { type: 'number', enum: [1, 2] }, b: { const: 'x' } },
    required: ['a'],
    additionalProperties: false,
  });
  expect(toObjectRoot({ enum: [{ a: 1 }, 2] })).toBeUndefined();
});

test('replaces a recursive reference to the root by a definition', () => {
  const branch = (name: string, field: JsonSchema): JsonSchema => ({
    ...withNames([name]),
    properties: { [name]: field },
  });
  const [itself, named] = [{ $ref: '#' }, { $ref: '#/$defs/root' }];
  const root = toObjectRoot({ title: 'T', anyOf: [branch('a', itself), branch('b', itself)] });
  expect(root).toStrictEqual({
    type: 'object',
    title: 'T',
    properties: { a: named, b: named },
    description: 'One of: { a } | { b }.',
    $defs: { root: { title: 'T', anyOf: [branch('a', named), branch('b', named)] } },
  });
});

test.each([
  ...['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames', 'minProperties'],
  ...['maxProperties', 'dependentRequired'],
])('treats a schema with %s and no type as an object, and adds no definitions', (keyword) => {
  expect(toObjectRoot({ [keyword]: {} })).toStrictEqual({ [keyword]: {}, type: 'object' });
});
