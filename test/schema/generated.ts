import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

const name = fc.stringMatching(/^[a-e]{1,2}$/);

/** Texts of `y` pass each of these. */
const PATTERNS = [
  /^y*$/,
  /^(y|n)*$/i,
  /^\p{L}*$/u,
  /^(?<all>y*)$/,
  /^(?!x)/,
  /y*/,
  /^[\w-]*$/,
  /\b|^$/,
  /^.*$/s,
  /^(y?)\1*$/,
];

/** Formats, and a text that is of each. */
const FORMATTED = {
  email: { schema: z.email(), text: 'ada@example.test' },
  uuid: { schema: z.uuid(), text: '3f1c9d6e-4a51-4b5a-9d3c-0e6b6f3a2c10' },
  date: { schema: z.iso.date(), text: '2026-01-02' },
  'date-time': { schema: z.iso.datetime(), text: '2026-01-02T03:04:05Z' },
  duration: { schema: z.iso.duration(), text: 'P1D' },
  hostname: { schema: z.hostname(), text: 'example.test' },
  ipv4: { schema: z.ipv4(), text: '10.0.0.1' },
  uri: { schema: z.url(), text: 'https://example.test/' },
} as const;

/** A property that must not be there. */
const ABSENT = { never: z.never().optional() };

let ids = 0;

/** A schema with an id is a definition, and zod takes no two of the same id. */
function withId<Type extends z.ZodType>(schema: Type, sign: string): Type {
  return schema.meta({ id: `part${sign}${++ids}` }) as Type; // The same type with metadata.
}

/** Objects of every type that JSON Schema can say the whole of: no refinement but what its keywords say. */
export const zodObjects: Arbitrary<z.ZodObject> = fc.letrec<{ any: z.ZodType; object: z.ZodObject }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.record({ least: fc.nat(2), more: fc.nat(3) }).map(({ least, more }) =>
        z
          .string()
          .min(least)
          .max(least + more),
      ),
      fc.record({ least: fc.integer({ min: -5, max: 5 }), more: fc.nat(9) }).map(({ least, more }) =>
        z
          .number()
          .min(least)
          .max(least + more),
      ),
      fc.constant(z.int()),
      fc.constant(z.boolean()),
      fc.constant(z.null()),
      fc.constantFrom('x', 1, true).map((value) => z.literal(value)),
      fc.uniqueArray(name, { minLength: 1, maxLength: 3 }).map((values) => z.enum(values)),
      fc.constant(z.string().transform((text) => text.length)),
      fc.constantFrom(...PATTERNS).map((pattern) => z.string().regex(pattern)),
      fc.constantFrom(...Object.values(FORMATTED)).map(({ schema }) => schema),
      fc.constant(z.number().gt(0).lt(100)),
      fc.constant(z.int().gt(0)),
      fc.constant(z.literal(['x', 2, null])),
      fc.constant(z.unknown()),
    ),
    tie('any').map((schema) => schema.optional()),
    tie('any').map((schema) => schema.nullable()),
    name.map((value) => z.string().default(value)),
    tie('any').map((schema) => z.array(schema).max(3)),
    tie('object'),
    tie('object').map((schema) => schema.describe('An object.')),
    fc.array(tie('any'), { minLength: 2, maxLength: 3 }).map((schemas) => z.union(schemas)),
    fc
      .tuple(tie('object'), tie('object'))
      .map(([one, other]) =>
        z.discriminatedUnion('kind', [
          one.extend({ kind: z.literal('one') }),
          other.extend({ kind: z.literal('other') }),
        ]),
      ),
    tie('any').map((schema) => z.record(z.string(), schema)),
    tie('any').map((schema) => z.tuple([schema, z.string()])),
    tie('any').map((schema) => z.tuple([z.boolean()]).rest(schema)),
    fc.constant(z.string().default(() => crypto.randomUUID())),
    fc
      .tuple(tie('object'), fc.constantFrom('', '%', '/', '~', ' ', '%20', '#', '$defs/'))
      .map(([schema, sign]) => withId(schema, sign)),
  ) as Arbitrary<z.ZodType>, // Of schemas of many kinds.
  object: fc
    .tuple(fc.uniqueArray(fc.tuple(name, tie('any')), { selector: ([key]) => key, maxLength: 4 }), fc.nat(9))
    .map(([entries, chance]) => z.object({ ...Object.fromEntries(entries), ...(chance === 9 && ABSENT) })),
})).object;

const kinds = ['one', 'other', 'third'] as const;

/** Roots of every kind whose values are objects: objects, unions with and without a discriminant, intersections, records. */
export const zodRoots: Arbitrary<z.ZodType> = fc.oneof(
  zodObjects,
  zodObjects.map((schema) => z.strictObject(schema.shape)),
  zodObjects.map((schema) => withId(schema, '/')),
  zodObjects.map((schema) => z.looseObject(schema.shape)),
  zodObjects.map((schema) => z.lazy(() => schema)),
  fc.array(zodObjects, { minLength: 2, maxLength: 3 }).map((schemas) => z.union(schemas)),
  fc
    .array(zodObjects, { minLength: 2, maxLength: 3 })
    .map((schemas) => z.union(schemas.map((schema) => z.strictObject(schema.shape)))),
  fc.tuple(fc.array(zodObjects, { minLength: 2, maxLength: 3 }), fc.boolean()).map(([schemas, isStrict]) => {
    const branches = schemas.map((schema, index) => {
      const shape = { ...schema.shape, kind: z.literal(kinds[index] ?? 'third') };
      return isStrict ? z.strictObject(shape) : z.object(shape);
    });
    return z.discriminatedUnion('kind', branches as never); // Of at least two.
  }),
  fc.tuple(zodObjects, zodObjects).map(([one, other]) => {
    const renamed = Object.entries(other.shape).map(([key, each]) => [`${key}_`, each] as const);
    return z.intersection(one, z.union([z.object(Object.fromEntries(renamed)), z.object({ else: z.boolean() })]));
  }),
  zodObjects.map((schema) => z.record(z.string(), schema)),
) as Arbitrary<z.ZodType>; // Of schemas of many kinds.

/** A value that a JSON Schema allows, by choices that `next` makes. */
export function generateValue(schema: Schema, next: (below: number) => number): unknown {
  return generateFor(schema, { root: schema, next });
}

/** The value with something else here and there. */
export function breakValue(
  value: unknown,
  { next, other }: { readonly next: (below: number) => number; readonly other: unknown },
): unknown {
  if (next(6) === 0) return other;
  if (Array.isArray(value)) return value.map((each) => breakValue(each, { next, other }));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, breakValue(each, { next, other })]));
}

interface GenerationScope {
  readonly root: Schema;
  readonly next: (below: number) => number;
}

function generateFor(schema: Schema, making: GenerationScope): unknown {
  const { next } = making;
  const { $ref, anyOf, oneOf, allOf, enum: values, const: constant, type } = schema;
  if (Array.isArray(allOf)) {
    const parts = allOf.map((part: Schema) => generateFor(part, making));
    return Object.assign({}, ...parts);
  }
  if (typeof $ref === 'string') return generateFor(resolveReference($ref, making.root), making);
  if (constant !== undefined) return constant;
  if (Array.isArray(values)) return values[next(values.length)];
  const branches = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (branches !== undefined) return generateFor(branches[next(branches.length)] ?? {}, making);
  const kind = Array.isArray(type) ? type[next(type.length)] : type;
  switch (kind) {
    case 'string': {
      const format = schema['format'] ?? /format: "([\w-]+)"/.exec(String(schema['description']))?.[1];
      if (typeof format === 'string') return FORMATTED[format as keyof typeof FORMATTED].text;
      // The strict form tells lengths in words.
      const told = String(schema['description'] ?? '');
      const least = Number(schema['minLength'] ?? /minLength: (\d+)/.exec(told)?.[1] ?? 0);
      const most = Number(schema['maxLength'] ?? /maxLength: (\d+)/.exec(told)?.[1] ?? least + 3);
      return 'y'.repeat(least + next(most - least + 1));
    }
    case 'number':
    case 'integer': {
      const above = schema['exclusiveMinimum'];
      const least = Math.max(Number(schema['minimum'] ?? (above === undefined ? -3 : Number(above) + 1)), -1_000);
      const most = Math.min(Number(schema['maximum'] ?? least + 5), least + 5);
      return kind === 'integer' ? Math.ceil(least) + next(2) : least + next(Math.floor(most - least) + 1);
    }
    case 'boolean':
      return next(2) === 1;
    case 'null':
      return null;
    case 'array':
      return generateList(schema, making);
    case 'object':
      return generateObject(schema, making);
  }
  return {};
}

function generateList({ prefixItems, items, maxItems }: Schema, making: GenerationScope): unknown {
  if (Array.isArray(prefixItems)) return prefixItems.map((item: Schema) => generateFor(item, making));
  const length = making.next(Math.min(Number(maxItems ?? 2), 2) + 1);
  return Array.from({ length }, () => generateFor(items as Schema, making));
}

function generateObject(
  { properties = {}, required = [], additionalProperties }: Schema,
  making: GenerationScope,
): unknown {
  const entries = Object.entries(properties as Record<string, Schema>).filter(
    ([key, schema]) =>
      schema['not'] === undefined && ((required as readonly string[]).includes(key) || making.next(2) === 1),
  );
  const own = entries.map(([key, schema]) => [key, generateFor(schema, making)] as const);
  const isRecord = typeof additionalProperties === 'object' && making.next(2) === 1;
  const further = isRecord ? [['zz', generateFor(additionalProperties as Schema, making)] as const] : [];
  return Object.fromEntries([...own, ...further]);
}

function resolveReference(reference: string, root: Schema): Schema {
  let place: unknown = root;
  for (const key of reference.split('/').slice(1)) place = (place as Record<string, unknown>)[key];
  return place as Schema; // As it was generated.
}
