import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { sampleSchema } from './arbitrary.ts';
import { listBranches } from './branches.ts';
import { makeInvalid } from './invalid.ts';

const tree = z.object({
  name: z.string().min(1),
  get children() {
    return z.array(tree).max(3);
  },
});

const expression = z.object({
  op: z.enum(['+', '-']),
  get left(): z.ZodUnion<[typeof expression, z.ZodNumber]> {
    return z.union([expression, z.number()]);
  },
});

const one = z.object({
  kind: z.literal('one'),
  get others() {
    return z.array(other).min(1).optional();
  },
});
const other = z.object({
  kind: z.literal('other'),
  get one() {
    return one.optional();
  },
});

const schemas = {
  texts: z.object({ short: z.string().min(3).max(5), code: z.string().regex(/^[A-Z]{2}-\d{3}$/), any: z.string() }),
  numbers: z.object({ count: z.int().min(1).max(5), share: z.number().gt(0).lt(1), even: z.number().multipleOf(2) }),
  formats: z.object({ email: z.email(), id: z.uuid(), page: z.url(), day: z.iso.date(), at: z.iso.datetime() }),
  addresses: z.object({ four: z.ipv4(), six: z.ipv6() }),
  choices: z.object({ unit: z.enum(['c', 'f']), only: z.literal(7), maybe: z.string().nullable().optional() }),
  unions: z.discriminatedUnion('type', [
    z.object({ type: z.literal('circle'), radius: z.number().positive() }),
    z.object({ type: z.literal('square'), side: z.int() }),
  ]),
  lists: z.object({ all: z.array(z.int()).min(1).max(3), pair: z.tuple([z.string(), z.boolean()]) }),
  records: z.object({ by: z.record(z.string(), z.number()) }),
  recursive: tree,
  both: z.intersection(z.object({ one: z.string() }), z.object({ two: z.int() })),
  narrowed: z.object({
    length: z.intersection(z.string().min(3), z.string().max(5)),
    number: z.intersection(z.int().min(3), z.number().max(5)),
    fields: z.intersection(z.object({ a: z.object({ x: z.int() }) }), z.object({ a: z.object({ y: z.int() }) })),
    choice: z.intersection(z.object({ a: z.int() }), z.union([z.object({ b: z.string() }), z.object({ c: z.int() })])),
  }),
  patterns: z.object({
    both: z.string().startsWith('ab').endsWith('yz'),
    word: z
      .string()
      .regex(/^[a-z]+$/)
      .regex(/^.{3,5}$/),
    long: z
      .string()
      .regex(/^[a-f]+$/)
      .min(10)
      .max(12),
    label: z.templateLiteral(['v', z.int().nonnegative(), '.', z.enum(['a', 'b'])]),
  }),
  moreFormats: z.object({
    seven: z.uuid({ version: 'v7' }),
    second: z.iso.datetime({ precision: 0 }),
    smile: z.emoji(),
    token: z.jwt(),
    bytes: z.base64(),
    net: z.cidrv6(),
    phone: z.e164(),
    span: z.iso.duration(),
  }),
  narrowNumbers: z.object({
    tiny: z.number().gt(0).lt(0.001),
    seventh: z.int().multipleOf(7).min(10).max(20),
    cents: z.number().multipleOf(0.01).min(0).max(1),
    single: z.float32(),
    huge: z.int().min(10_000_000_000),
    only: z.int().gt(4).lt(6),
  }),
  fixedRecords: z.object({ all: z.record(z.enum(['a', 'b']), z.int()), some: z.partialRecord(z.enum(['a']), z.int()) }),
  absent: z.object({ never: z.never().optional(), maybe: z.string().nullish(), usual: z.int().default(3) }),
  rest: z.object({ tail: z.tuple([z.string()]).rest(z.boolean()) }),
  expression,
  mutual: one,
} as const;

const cases = Object.entries(schemas).map(([name, schema]) => ({
  name,
  schema,
  json: z.toJSONSchema(schema, { io: 'input' }),
}));

test.each(cases)('samples values of $name that pass its zod schema, for every seed', ({ schema, json }) => {
  for (let seed = 0; seed < 25; seed++) {
    const value = sampleSchema(json, seed);
    expect(schema.safeParse(value).error?.issues ?? [], JSON.stringify(value)).toEqual([]);
  }
});

test.each(cases)('samples different values for the branches of $name that pass its zod schema', ({ schema, json }) => {
  const branches = listBranches(json);
  for (const [index, branch] of branches.entries()) {
    const value = sampleSchema(branch, index, json);
    expect(schema.safeParse(value).error?.issues ?? [], JSON.stringify(value)).toEqual([]);
  }
  expect(branches.length).toBeGreaterThan(0);
});

test('lists branches: enum values, union options, optional fields present and absent, ends of ranges', () => {
  const json = z.toJSONSchema(
    z.object({
      unit: z.enum(['c', 'f']).optional(),
      count: z.int().min(1).max(9),
      of: z.union([z.string(), z.null()]),
    }),
  );
  const values = listBranches(json).map(
    (branch, index) => sampleSchema(branch, index, json) as Record<string, unknown>,
  );
  expect(new Set(values.map(({ unit }) => unit))).toEqual(new Set(['c', 'f', undefined]));
  expect(values.map(({ count }) => count)).toEqual(expect.arrayContaining([1, 9]));
  expect(new Set(values.map(({ of }) => (of === null ? 'null' : typeof of)))).toEqual(new Set(['string', 'null']));
});

test.each(cases)('makes invalid arguments that $name rejects', ({ json }) => {
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(json);
  expect(check(makeInvalid(json, sampleSchema(json, 1)))).toBe(false);
});

test('samples the same value for the same seed, and usually another one for another seed', () => {
  const json = z.toJSONSchema(schemas.texts);
  expect(sampleSchema(json, 3)).toEqual(sampleSchema(json, 3));
  expect(sampleSchema(json, 3)).not.toEqual(sampleSchema(json, 4));
});

test("leaves a pattern with lookahead to the tool's own validation", () => {
  expect(typeof sampleSchema({ type: 'string', pattern: '^(?=.*\\d).{8,}$' }, 1)).toBe('string');
});

test.each(['100% sure', 'a%20b', 'app/User', 'a~b', 'é'])(
  'resolves a definition named %j, however a reference spells it',
  (name) => {
    const spellings = [name, name.replaceAll('~', '~0').replaceAll('/', '~1'), encodeURIComponent(name)];
    for (const spelling of name.includes('/') ? spellings.slice(1) : spellings) {
      const schema = { $ref: `#/$defs/${spelling}`, $defs: { [name]: { const: 7 } } };
      expect(sampleSchema(schema, 1)).toBe(7);
    }
  },
);
