import { isRecord } from '../base/json.ts';
import { memoize } from '../base/memoize.ts';
import type { JsonSchema } from './json-schema.ts';
import { getOwn, intersectSchemas, isAnnotationOnly, readValues, toList } from './merge.ts';
import { resolvePointer } from './pointer.ts';
import { uniteSchemas } from './unite.ts';

const alternativesIn = memoize((root: JsonSchema) =>
  memoize((schema: JsonSchema): readonly JsonSchema[] => [...new Set(expand(schema, { root, around: [] }))]),
);

/**
 * What a schema is made of: itself, what it refers to, or the branches of its unions, each with what stands beside the union
 * and with every part of `allOf`. A value passes the schema if it passes one of them. Made once for each schema of a root.
 */
export function alternatives(schema: unknown, root: JsonSchema): readonly JsonSchema[] {
  return isRecord(schema) ? alternativesIn(root)(schema) : [];
}

interface Expanding {
  readonly root: JsonSchema;
  /** A schema may refer to itself. */
  readonly around: readonly unknown[];
}

function expand(schema: unknown, { root, around }: Expanding): readonly JsonSchema[] {
  if (!isRecord(schema) || around.includes(schema)) return [];
  const { own, conjuncts } = parts(schema);
  if (conjuncts.length === 0) return [schema];
  const within = { root, around: [...around, schema] };
  return conjuncts.reduce((found: readonly JsonSchema[], conjunct) => combine(found, conjunct(within)), [own]);
}

/** One of several has to pass. */
type Conjunct = (within: Expanding) => readonly JsonSchema[];

function parts(schema: JsonSchema): { readonly own: JsonSchema; readonly conjuncts: readonly Conjunct[] } {
  const { $defs: _, $ref, anyOf, oneOf, allOf, dependentSchemas, ...others } = schema;
  const { if: condition, then: whenTrue, else: whenFalse, ...own } = others;
  const conjuncts: Conjunct[] = [];
  if (typeof $ref === 'string')
    conjuncts.push((within) =>
      expand(resolvePointer(within.root, $ref), within).map((each) => placeBeneath(own, each)),
    );
  for (const branches of [anyOf, oneOf])
    if (Array.isArray(branches)) conjuncts.push((within) => branches.flatMap((branch) => expand(branch, within)));
  if (Array.isArray(allOf)) for (const each of allOf) conjuncts.push((within) => expand(each, within));
  if (condition !== undefined) {
    const met = whenTrue === undefined ? condition : { allOf: [condition, whenTrue] };
    conjuncts.push((within) => [met, whenFalse ?? {}].flatMap((branch) => expand(branch, within)));
  }
  for (const [name, dependent] of Object.entries(isRecord(dependentSchemas) ? dependentSchemas : {})) {
    const met = { allOf: [{ required: [name] }, dependent] };
    conjuncts.push((within) => [...expand(met, within), {}]);
  }
  return { own, conjuncts };
}

/** What is said beside a reference goes before what the target says. */
function placeBeneath(own: JsonSchema, target: JsonSchema): JsonSchema {
  const { description: _, ...rest } = target;
  return own['description'] === undefined || isAnnotationOnly(own) ? target : rest;
}

/** More combinations than these are one: what each has. */
const MOST = 64;

function combine(ones: readonly JsonSchema[], others: readonly JsonSchema[]): readonly JsonSchema[] {
  const few = ones.length * others.length > MOST ? [uniteSchemas(others)] : others;
  const pairs = ones.flatMap((one) => few.map((other) => joined(one, other)));
  return pairs.filter((pair) => pair !== undefined);
}

function joined(one: JsonSchema, other: JsonSchema): JsonSchema | undefined {
  if (isAnnotationOnly(one)) return other;
  return isAnnotationOnly(other) ? one : intersectSchemas(one, other);
}

/** Whether null passes. A schema that says nothing of the type allows it. */
export function allowsNull(schema: unknown, root: JsonSchema): boolean {
  if (schema === true) return true;
  return alternatives(schema, root).some(({ type, enum: values, const: constant, allOf, not }) => {
    if (constant !== undefined) return constant === null;
    if (Array.isArray(values)) return values.includes(null);
    if (type !== undefined) return toList(type).includes('null');
    if (isRecord(not) && Object.keys(not).length === 0) return false;
    return !Array.isArray(allOf) || allOf.every((part) => allowsNull(part, root));
  });
}

/** The schema of a property, where the alternative has it. */
export function propertyOf({ properties }: JsonSchema, name: string): unknown {
  return isRecord(properties) ? getOwn(properties, name) : undefined;
}

/**
 * What a null means for a property: `left-out` where only the strict form allows it, `value` where the schema itself
 * does, `wrong` where it may not stand at all.
 */
export function nullMeaning(object: JsonSchema, name: string, root: JsonSchema): 'left-out' | 'value' | 'wrong' {
  if (allowsNull(propertyOf(object, name), root)) return 'value';
  const { required } = object;
  return Array.isArray(required) && required.includes(name) ? 'wrong' : 'left-out';
}

/** The values that a property must have, where it says so: what tells branches of a union apart. */
export function valuesOf(schema: unknown, root: JsonSchema): readonly unknown[] | undefined {
  const values = alternatives(schema, root).map(
    (each) => readValues(each) ?? (each['type'] === 'null' ? [null] : undefined),
  );
  return values.length === 0 || values.includes(undefined) ? undefined : values.flatMap((each) => each ?? []);
}
