import { tool } from '@pawl/core';
import type { JsonSchema } from '@pawl/core/chat';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { adaptSchema } from '../../packages/core/src/openai/adapt-schema.ts';
import { PROFILES, type ProfileName } from '../../packages/core/src/openai/profiles.ts';
import { compileOutput } from '../../packages/core/src/schema/compile-output.ts';
import { compileSchema } from '../../packages/core/src/schema/schema.ts';
import { generateValue, zodRoots } from './generated.ts';
import { findServerProblems } from './server-rules.ts';

/** Multiplies the runs of each property: `SOAK=100 vitest run test/schema`. */
const SOAK = Number(process.env['SOAK'] ?? 1);
const choices = fc.infiniteStream(fc.nat());
const names = Object.keys(PROFILES) as ProfileName[];

function chooser(stream: Iterator<number>): (below: number) => number {
  return (below) => (stream.next().value ?? 0) % Math.max(1, below);
}

function sentTo(profile: ProfileName, schema: JsonSchema): { readonly schema: JsonSchema; readonly isStrict: boolean } {
  const shaped = adaptSchema({ schema, strict: undefined }, PROFILES[profile]);
  return { schema: shaped.schema ?? {}, isStrict: shaped.strict === true };
}

describe('for a root of any kind', () => {
  test('sends each server one object without unsupported parts', () => {
    let count = 0;
    fc.assert(
      fc.property(zodRoots, (input) => {
        const { jsonSchema } = tool({ name: 't', description: 't', input, execute: () => 1 });
        for (const profile of names) {
          const { schema, isStrict } = sentTo(profile, jsonSchema);
          expect({ profile, problems: findServerProblems(profile, schema) }).toEqual({ profile, problems: [] });
          if (isStrict) count++;
        }
      }),
      { numRuns: 80 * SOAK },
    );
    expect(count).toBeGreaterThan(0);
  });

  test('accepts values of the sent form, including nulls for omitted fields', async () => {
    await fc.assert(
      fc.asyncProperty(zodRoots, choices, fc.constantFrom(...names), async (input, random, profile) => {
        const { jsonSchema, validate } = tool({ name: 't', description: 't', input, execute: () => 1 });
        const value = generateValue(compileSchema(input, 'input').jsonSchema, chooser(random));
        const { schema, isStrict } = sentTo(profile, jsonSchema);
        const given = isStrict ? padded(value, { schema, root: schema }) : value;
        expect(accepts(profile, schema)(given)).toBe(true);
        expect(await validate(given)).toMatchObject({ ok: true });
      }),
      { numRuns: 100 * SOAK },
    );
  });
});

describe('an output of any kind', () => {
  const scalars = fc.constantFrom(z.string(), z.int(), z.null(), z.enum(['a', 'b']), z.array(z.string()).max(3));
  const value = z.object({ value: z.string() });
  const roots = fc.oneof(
    zodRoots,
    scalars,
    fc.tuple(scalars, zodRoots).map(([one, other]) => z.union([one, other])),
    zodRoots.map((schema) => schema.nullable()),
    fc.constantFrom(value, z.array(value), value.nullable(), z.record(z.string(), z.string())),
    fc.constant(z.union([z.object({ value: z.int() }), z.object({ value })])),
  ) as fc.Arbitrary<z.ZodType>; // The arbitraries generate different schema types.

  test('is sent as one object that each server supports', () => {
    fc.assert(
      fc.property(roots, (schema) => {
        const { jsonSchema } = compileOutput(schema, 'output');
        for (const profile of names) {
          const sent = sentTo(profile, jsonSchema);
          expect({ profile, problems: findServerProblems(profile, sent.schema) }).toEqual({ profile, problems: [] });
        }
      }),
      { numRuns: 60 * SOAK },
    );
  });

  test('is unwrapped if it was wrapped, and otherwise kept', async () => {
    await fc.assert(
      fc.asyncProperty(roots, choices, async (schema, random) => {
        const plain = compileSchema(schema, 'output');
        const { jsonSchema, validate } = compileOutput(schema, 'output');
        const bare = generateValue(plain.jsonSchema, chooser(random));
        const isWrapped = !accepts('compatible', jsonSchema)(bare);
        expect(await validate(isWrapped ? { value: bare } : bare)).toMatchObject({ ok: true });
        // A response without the wrapper is accepted as well.
        expect(await validate(bare)).toMatchObject({ ok: true });
      }),
      { numRuns: 100 * SOAK },
    );
  });

  test.each<[string, z.ZodType, unknown, unknown]>([
    ['an object whose only field is `value`', value, { value: 'a' }, { value: 'a' }],
    ['such an object in a union, wrapped', z.union([z.int(), value]), { value: { value: 'a' } }, { value: 'a' }],
    ['such an object in a union, bare', z.union([z.int(), value]), { value: 'a' }, { value: 'a' }],
    ['the other branch of that union', z.union([z.int(), value]), { value: 7 }, 7],
    ['such an object, nullable', value.nullable(), { value: { value: 'a' } }, { value: 'a' }],
    ['null', value.nullable(), { value: null }, null],
    ['a record, which is no union', z.record(z.string(), z.string()), { value: 'a' }, { value: 'a' }],
    ['a list of such objects', z.array(value), { value: [{ value: 'a' }] }, [{ value: 'a' }]],
  ])('%s', async (_, schema, given, output) => {
    expect(await compileOutput(schema, 'output').validate(given)).toEqual({ ok: true, value: output });
  });
});

const options = { strict: false, validateFormats: false } as const;
const checkers = { 'draft-07': new Ajv(options), '2020-12': new Ajv2020(options) };

function accepts(profile: ProfileName, schema: JsonSchema): (value: unknown) => boolean {
  const check = checkers[PROFILES[profile].schemaDialect].compile(schema);
  return (value) => check(value) === true;
}

interface Padding {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
}

/** Adds a null for each property that the strict form has and the value lacks. */
function padded(value: unknown, { schema, root }: Padding): unknown {
  const { $ref, anyOf, items, properties } = schema;
  if (typeof $ref === 'string') return padded(value, { schema: targetOf($ref, root), root });
  if (Array.isArray(anyOf)) {
    const arm = anyOf.find((each: JsonSchema) => isOf(value, { schema: each, root })) as JsonSchema | undefined;
    return arm === undefined ? value : padded(value, { schema: arm, root });
  }
  if (Array.isArray(value)) return value.map((each) => padded(each, { schema: (items ?? {}) as JsonSchema, root }));
  if (typeof value !== 'object' || value === null || properties === undefined) return value;
  const entries = Object.entries(properties as Readonly<Record<string, JsonSchema>>).map(([name, each]) => {
    const field = (value as Readonly<Record<string, unknown>>)[name];
    return [name, field === undefined ? null : padded(field, { schema: each, root })] as const;
  });
  return Object.fromEntries(entries);
}

function targetOf(reference: string, root: JsonSchema): JsonSchema {
  const definitions = root['$defs'] as Readonly<Record<string, JsonSchema>> | undefined;
  return reference === '#' ? root : (definitions?.[reference.slice('#/$defs/'.length)] ?? {});
}

/** Whether a value matches a branch of a strict union, apart from missing properties. */
function isOf(value: unknown, { schema, root }: Padding): boolean {
  const { $ref, anyOf, type, enum: values, const: constant, properties, items, minimum, maximum } = schema;
  if (typeof $ref === 'string') return isOf(value, { schema: targetOf($ref, root), root });
  if (Array.isArray(anyOf)) return anyOf.some((arm: JsonSchema) => isOf(value, { schema: arm, root }));
  if (constant !== undefined) return value === constant;
  if (Array.isArray(values)) return values.includes(value);
  const isNumber = typeof value === 'number' && value >= Number(minimum ?? value) && value <= Number(maximum ?? value);
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const types = [type].flat();
  if (kind === 'number') return isNumber && (types.includes('number') || Number.isInteger(value));
  if (!types.includes(kind)) return false;
  if (Array.isArray(value)) return value.every((each) => isOf(each, { schema: (items ?? {}) as JsonSchema, root }));
  if (kind !== 'object') return true;
  const fields = (properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const given = Object.entries(value as object);
  const isKnown = given.every(([name, each]) => isOf(each, { schema: fields[name] ?? { type: 'none' }, root }));
  const missing = Object.keys(fields).filter((name) => given.every(([each]) => each !== name));
  return isKnown && missing.every((name) => isOf(null, { schema: fields[name] ?? {}, root }));
}
