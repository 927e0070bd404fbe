import { tool } from '@pawl/core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { toStrictJsonSchema } from 'openai/lib/transform';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { renderStrictForm } from '../../packages/core/src/schema/render-strict-form.ts';
import { compileSchema } from '../../packages/core/src/schema/schema.ts';
import { breakValue, generateValue, zodObjects } from './generated.ts';
import { findStrictProblems } from './strict-rules.ts';

/** Multiplies the runs of each property: `SOAK=100 vitest run test/schema`. A number below 1 reduces them. */
const SOAK = Number(process.env['SOAK'] ?? 1);
const choices = fc.infiniteStream(fc.nat());

function chooser(stream: Iterator<number>): (below: number) => number {
  return (below) => (stream.next().value ?? 0) % Math.max(1, below);
}

describe('for any schema', () => {
  test('accepts a value that conforms to the sent schema', async () => {
    await fc.assert(
      fc.asyncProperty(zodObjects, choices, async (schema, random) => {
        const { jsonSchema, validate } = compileSchema(schema, 'input');
        expect(await validate(generateValue(jsonSchema, chooser(random)))).toMatchObject({ ok: true });
      }),
      { numRuns: 400 * SOAK },
    );
  });

  test('accepts a value of the strict form, and removes its nulls', async () => {
    await fc.assert(
      fc.asyncProperty(zodObjects, choices, async (schema, random) => {
        const { jsonSchema, validate } = compileSchema(schema, 'input');
        const form = renderStrictForm(jsonSchema);
        if (!form.ok) return;
        expect(await validate(generateValue(form.schema, chooser(random)))).toMatchObject({ ok: true });
      }),
      { numRuns: 400 * SOAK },
    );
  });

  test('the sent schema accepts every value that zod accepts', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    fc.assert(
      fc.property(zodObjects, choices, fc.jsonValue(), (schema, random, other) => {
        const { jsonSchema } = compileSchema(schema, 'input');
        const next = chooser(random);
        const value = generateValue(jsonSchema, next);
        const isValid = ajv.compile(jsonSchema);
        for (const given of [value, breakValue(value, { next, replacement: other })])
          if (schema.safeParse(given).success) expect(isValid(given)).toBe(true);
      }),
      { numRuns: 200 * SOAK },
    );
  });

  test('the strict form follows every rule, and the openai package accepts it', () => {
    let count = 0;
    fc.assert(
      fc.property(zodObjects, (schema) => {
        const form = renderStrictForm(compileSchema(schema, 'input').jsonSchema);
        if (!form.ok) return;
        count++;
        expect(findStrictProblems(form.schema)).toEqual([]);
        expect(() => toStrictJsonSchema(structuredClone(form.schema))).not.toThrow();
      }),
      { numRuns: 400 * SOAK },
    );
    expect(count).toBeGreaterThan(20 * Math.min(1, SOAK));
  });

  test('the rules detect a form that breaks one', () => {
    const object = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    expect([
      findStrictProblems(object),
      findStrictProblems({ ...object, required: [] }),
      findStrictProblems({ ...object, additionalProperties: true }),
      findStrictProblems({ ...object, properties: { a: { type: 'string', minLength: 1 } } }),
      findStrictProblems({ ...object, properties: { a: {} } }),
    ]).toEqual([
      [],
      ['#: a property that is not required'],
      ['#: an open object'],
      ['/a: the keyword minLength'],
      ['/a: the type undefined'],
    ]);
  });
});

describe('large schemas', () => {
  const nested = (levels: number): z.ZodType => {
    let schema: z.ZodType = z.string();
    for (let level = 0; level < levels; level++) schema = z.object({ a: schema, b: z.string().optional() });
    return schema;
  };
  const tree: z.ZodType = z.object({
    name: z.string(),
    get children() {
      return z.array(z.union([tree, z.string()]));
    },
  });
  const wide = z.object(
    Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index}`, z.string().optional()])),
  );
  const long = z.object({ a: z.enum(Array.from({ length: 1_000 }, (_, index) => `value${index}`)) });

  test.each<[string, z.ZodType, unknown]>([
    ['that are recursive', tree, { name: 'a', children: ['b', { name: 'c', children: [] }] }],
    ['of 10 levels', nested(10), JSON.parse(`${'{"b":null,"a":'.repeat(10)}"x"${'}'.repeat(10)}`)],
    ['of 300 properties', wide, { p299: null }],
    ['of 1,000 values', long, { a: 'value999' }],
  ])('%s have a strict form and accept its values', async (_, schema, value) => {
    const { jsonSchema, validate } = compileSchema(schema, 'input');
    expect(renderStrictForm(jsonSchema).ok).toBe(true);
    expect(await validate(value)).toMatchObject({ ok: true });
  });

  test('a schema of 2,000 levels does not overflow the stack', () => {
    expect(renderStrictForm(deep(2_000))).toMatchObject({
      ok: false,
      reasons: [{ reason: expect.stringContaining('levels') }],
    });
  });

  function deep(levels: number): Record<string, unknown> {
    let schema: Record<string, unknown> = { type: 'string' };
    for (let level = 0; level < levels; level++)
      schema = { type: 'object', properties: { a: schema }, required: ['a'] };
    return schema;
  }
});

describe('a tool', () => {
  const options = { name: 'look', description: 'Looks.', execute: () => '' };

  test('reports why its schema has no strict form', () => {
    const { strictReport } = tool({ ...options, input: z.object({ tags: z.record(z.string(), z.string()) }) });
    expect(strictReport[0]).toEqual({
      pointer: '/properties/tags/additionalProperties',
      reason: 'properties with any name are allowed',
    });
  });

  test('with strict: true is refused with the places if there is no strict form', () => {
    expect(() => tool({ ...options, strict: true, input: z.object({ a: z.any(), b: z.tuple([z.string()]) }) })).toThrow(
      'Tool "look", input cannot be strict: /properties/a: any value is allowed; /properties/b/prefixItems: a tuple. Change the schema, or remove strict: true.',
    );
  });
});
