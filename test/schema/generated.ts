import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

const name = fc.stringMatching(/^[a-e]{1,2}$/);

/** Patterns that match texts of `y`. */
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

/** Formats, each with a valid text. */
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

/** A property that is never allowed. */
const ABSENT = { never: z.never().optional() };

let ids = 0;

/** Adds a unique id, so that the schema becomes a definition. Zod refuses two schemas with the same id. */
function withId<Type extends z.ZodType>(schema: Type, sign: string): Type {
  return schema.meta({ id: `part${sign}${++ids}` }) as Type; // The same type with metadata.
}

/** Objects with fields of every type that JSON Schema can express completely, without refinements. */
export const zodObjects: Arbitrary<z.ZodObject> = fc.letrec<{ any: z.ZodType; object: z.ZodObject }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.record({ min: fc.nat(2), more: fc.nat(3) }).map(({ min, more }) =>
        z
          .string()
          .min(min)
          .max(min + more),
      ),
      fc.record({ min: fc.integer({ min: -5, max: 5 }), more: fc.nat(9) }).map(({ min, more }) =>
        z
          .number()
          .min(min)
          .max(min + more),
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
  ) as Arbitrary<z.ZodType>, // The arbitraries generate different schema types.
  object: fc
    .tuple(fc.uniqueArray(fc.tuple(name, tie('any')), { selector: ([key]) => key, maxLength: 4 }), fc.nat(9))
    .map(([entries, chance]) => z.object({ ...Object.fromEntries(entries), ...(chance === 9 && ABSENT) })),
})).object;

const kinds = ['one', 'other', 'third'] as const;

/** Roots of every kind with object values: objects, unions with and without a discriminant, intersections, records. */
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
    return z.discriminatedUnion('kind', branches as never); // There are at least two branches.
  }),
  fc.tuple(zodObjects, zodObjects).map(([one, other]) => {
    const renamed = Object.entries(other.shape).map(([key, each]) => [`${key}_`, each] as const);
    return z.intersection(one, z.union([z.object(Object.fromEntries(renamed)), z.object({ else: z.boolean() })]));
  }),
  zodObjects.map((schema) => z.record(z.string(), schema)),
) as Arbitrary<z.ZodType>; // The arbitraries generate different schema types.

/** Generates a value that a JSON Schema allows. `next` makes the choices. */
export function generateValue(schema: Schema, next: (below: number) => number): unknown {
  return generateFor(schema, { root: schema, next });
}

/** Replaces random parts of a value. */
export function breakValue(
  value: unknown,
  { next, replacement }: { readonly next: (below: number) => number; readonly replacement: unknown },
): unknown {
  if (next(6) === 0) return replacement;
  if (Array.isArray(value)) return value.map((each) => breakValue(each, { next, replacement }));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, breakValue(each, { next, replacement })]));
}

interface GenerationScope {
  readonly root: Schema;
  readonly next: (below: number) => number;
}

function generateFor(schema: Schema, scope: GenerationScope): unknown {
  const { next } = scope;
  const { $ref, anyOf, oneOf, allOf, enum: values, const: constant, type } = schema;
  if (Array.isArray(allOf)) {
    const parts = allOf.map((part: Schema) => generateFor(part, scope));
    return Object.assign({}, ...parts);
  }
  if (typeof $ref === 'string') return generateFor(resolveReference($ref, scope.root), scope);
  if (constant !== undefined) return constant;
  if (Array.isArray(values)) return values[next(values.length)];
  const branches = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (branches !== undefined) return generateFor(branches[next(branches.length)] ?? {}, scope);
  const kind = Array.isArray(type) ? type[next(type.length)] : type;
  switch (kind) {
    case 'string': {
      const format = schema['format'] ?? /format: "([\w-]+)"/.exec(String(schema['description']))?.[1];
      if (typeof format === 'string') return FORMATTED[format as keyof typeof FORMATTED].text;
      // The strict form has lengths in the description.
      const description = String(schema['description'] ?? '');
      const min = Number(schema['minLength'] ?? /minLength: (\d+)/.exec(description)?.[1] ?? 0);
      const max = Number(schema['maxLength'] ?? /maxLength: (\d+)/.exec(description)?.[1] ?? min + 3);
      return 'y'.repeat(min + next(max - min + 1));
    }
    case 'number':
    case 'integer': {
      const exclusiveMin = schema['exclusiveMinimum'];
      const min = Math.max(
        Number(schema['minimum'] ?? (exclusiveMin === undefined ? -3 : Number(exclusiveMin) + 1)),
        -1_000,
      );
      const max = Math.min(Number(schema['maximum'] ?? min + 5), min + 5);
      return kind === 'integer' ? Math.ceil(min) + next(2) : min + next(Math.floor(max - min) + 1);
    }
    case 'boolean':
      return next(2) === 1;
    case 'null':
      return null;
    case 'array':
      return generateList(schema, scope);
    case 'object':
      return generateObject(schema, scope);
  }
  return {};
}

function generateList({ prefixItems, items, maxItems }: Schema, scope: GenerationScope): unknown {
  if (Array.isArray(prefixItems)) return prefixItems.map((item: Schema) => generateFor(item, scope));
  const length = scope.next(Math.min(Number(maxItems ?? 2), 2) + 1);
  return Array.from({ length }, () => generateFor(items as Schema, scope));
}

function generateObject(
  { properties = {}, required = [], additionalProperties }: Schema,
  scope: GenerationScope,
): unknown {
  const entries = Object.entries(properties as Record<string, Schema>).filter(
    ([key, schema]) =>
      schema['not'] === undefined && ((required as readonly string[]).includes(key) || scope.next(2) === 1),
  );
  const own = entries.map(([key, schema]) => [key, generateFor(schema, scope)] as const);
  const isRecord = typeof additionalProperties === 'object' && scope.next(2) === 1;
  const additional = isRecord ? [['zz', generateFor(additionalProperties as Schema, scope)] as const] : [];
  return Object.fromEntries([...own, ...additional]);
}

function resolveReference(reference: string, root: Schema): Schema {
  let place: unknown = root;
  for (const key of reference.split('/').slice(1)) place = (place as Record<string, unknown>)[key];
  return place as Schema; // The schema was generated with this target.
}
