import fc, { type Arbitrary } from 'fast-check';
import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;

const name = fc.stringMatching(/^[a-e]{1,2}$/);

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
  ) as Arbitrary<z.ZodType>, // Of schemas of many kinds.
  object: fc
    .uniqueArray(fc.tuple(name, tie('any')), { selector: ([key]) => key, maxLength: 4 })
    .map((entries) => z.object(Object.fromEntries(entries))),
})).object;

/** A value that a JSON Schema allows, by choices that `next` makes. */
export function conforming(schema: Schema, next: (below: number) => number): unknown {
  return made(schema, { root: schema, next });
}

/** The value with something else here and there. */
export function spoilt(
  value: unknown,
  { next, other }: { readonly next: (below: number) => number; readonly other: unknown },
): unknown {
  if (next(6) === 0) return other;
  if (Array.isArray(value)) return value.map((each) => spoilt(each, { next, other }));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, spoilt(each, { next, other })]));
}

interface Making {
  readonly root: Schema;
  readonly next: (below: number) => number;
}

function made(schema: Schema, making: Making): unknown {
  const { next } = making;
  const { $ref, anyOf, oneOf, enum: values, const: constant, type } = schema;
  if (typeof $ref === 'string') return made(target($ref, making.root), making);
  if (constant !== undefined) return constant;
  if (Array.isArray(values)) return values[next(values.length)];
  const branches = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (branches !== undefined) return made(branches[next(branches.length)] ?? {}, making);
  const kind = Array.isArray(type) ? type[next(type.length)] : type;
  switch (kind) {
    case 'string': {
      // The strict form tells lengths in words.
      const told = String(schema['description'] ?? '');
      const least = Number(schema['minLength'] ?? /minLength: (\d+)/.exec(told)?.[1] ?? 0);
      const most = Number(schema['maxLength'] ?? /maxLength: (\d+)/.exec(told)?.[1] ?? least + 3);
      return 'y'.repeat(least + next(most - least + 1));
    }
    case 'number':
    case 'integer': {
      const least = Math.max(Number(schema['minimum'] ?? -3), -1_000);
      const most = Math.min(Number(schema['maximum'] ?? least + 5), least + 5);
      return kind === 'integer' ? Math.ceil(least) + next(2) : least + next(Math.floor(most - least) + 1);
    }
    case 'boolean':
      return next(2) === 1;
    case 'null':
      return null;
    case 'array':
      return madeList(schema, making);
    case 'object':
      return madeObject(schema, making);
  }
  return {};
}

function madeList({ prefixItems, items, maxItems }: Schema, making: Making): unknown {
  if (Array.isArray(prefixItems)) return prefixItems.map((item: Schema) => made(item, making));
  const length = making.next(Math.min(Number(maxItems ?? 2), 2) + 1);
  return Array.from({ length }, () => made(items as Schema, making));
}

function madeObject({ properties = {}, required = [], additionalProperties }: Schema, making: Making): unknown {
  const entries = Object.entries(properties as Record<string, Schema>).filter(
    ([key]) => (required as readonly string[]).includes(key) || making.next(2) === 1,
  );
  const own = entries.map(([key, schema]) => [key, made(schema, making)] as const);
  const isRecord = typeof additionalProperties === 'object' && making.next(2) === 1;
  const further = isRecord ? [['zz', made(additionalProperties as Schema, making)] as const] : [];
  return Object.fromEntries([...own, ...further]);
}

function target(reference: string, root: Schema): Schema {
  let place: unknown = root;
  for (const key of reference.split('/').slice(1)) place = (place as Record<string, unknown>)[key];
  return place as Schema; // As it was generated.
}
