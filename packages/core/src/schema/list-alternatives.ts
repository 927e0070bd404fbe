import { isRecord } from '../base/json.ts';
import { memoize } from '../base/memoize.ts';
import type { JsonSchema } from './json-schema.ts';
import { getOwn, intersectSchemas, isAnnotationOnly, readEnumValues, toList } from './merge.ts';
import { resolvePointer } from './pointer.ts';
import { uniteSchemas } from './unite.ts';

const alternativesByRoot = memoize((root: JsonSchema) =>
  memoize((schema: JsonSchema): readonly JsonSchema[] => [...new Set(expand(schema, { root, enclosing: [] }))]),
);

/**
 * Resolves references, unions and `allOf` of a schema into a list of schemas without them. A value passes the schema if it passes
 * one of the list. The keywords beside a union are part of each of its branches. Memoized by root and schema.
 */
export function listAlternatives(schema: unknown, root: JsonSchema): readonly JsonSchema[] {
  return isRecord(schema) ? alternativesByRoot(root)(schema) : [];
}

interface ExpansionScope {
  readonly root: JsonSchema;
  /** The schemas that are being expanded: a schema may refer to itself. */
  readonly enclosing: readonly unknown[];
}

function expand(schema: unknown, { root, enclosing }: ExpansionScope): readonly JsonSchema[] {
  if (!isRecord(schema) || enclosing.includes(schema)) return [];
  const { own, conjuncts } = splitConjuncts(schema);
  if (conjuncts.length === 0) return [schema];
  const scope = { root, enclosing: [...enclosing, schema] };
  return conjuncts.reduce((found: readonly JsonSchema[], conjunct) => combine(found, conjunct(scope)), [own]);
}

/** Lists the alternatives of a part of a schema. A value must pass one alternative of each part. */
type Conjunct = (scope: ExpansionScope) => readonly JsonSchema[];

function splitConjuncts(schema: JsonSchema): { readonly own: JsonSchema; readonly conjuncts: readonly Conjunct[] } {
  const { $defs: _, $ref, anyOf, oneOf, allOf, dependentSchemas, ...others } = schema;
  const { if: condition, then: whenTrue, else: whenFalse, ...own } = others;
  const conjuncts: Conjunct[] = [];
  if (typeof $ref === 'string')
    conjuncts.push((scope) =>
      expand(resolvePointer(scope.root, $ref), scope).map((each) => omitDescription(own, each)),
    );
  for (const branches of [anyOf, oneOf])
    if (Array.isArray(branches)) conjuncts.push((scope) => branches.flatMap((branch) => expand(branch, scope)));
  if (Array.isArray(allOf)) for (const each of allOf) conjuncts.push((scope) => expand(each, scope));
  if (condition !== undefined) {
    const met = whenTrue === undefined ? condition : { allOf: [condition, whenTrue] };
    conjuncts.push((scope) => [met, whenFalse ?? {}].flatMap((branch) => expand(branch, scope)));
  }
  for (const [name, dependent] of Object.entries(isRecord(dependentSchemas) ? dependentSchemas : {})) {
    const met = { allOf: [{ required: [name] }, dependent] };
    conjuncts.push((scope) => [...expand(met, scope), {}]);
  }
  return { own, conjuncts };
}

/** Removes the description of a reference's target if the reference has its own. */
function omitDescription(own: JsonSchema, target: JsonSchema): JsonSchema {
  const { description: _, ...rest } = target;
  return own['description'] === undefined || isAnnotationOnly(own) ? target : rest;
}

/** Above this number of combinations, the alternatives are united into one schema. */
const MAX_COMBINATIONS = 64;

function combine(ones: readonly JsonSchema[], others: readonly JsonSchema[]): readonly JsonSchema[] {
  const limited = ones.length * others.length > MAX_COMBINATIONS ? [uniteSchemas(others)] : others;
  const pairs = ones.flatMap((one) => limited.map((other) => joinSchemas(one, other)));
  return pairs.filter((pair) => pair !== undefined);
}

function joinSchemas(one: JsonSchema, other: JsonSchema): JsonSchema | undefined {
  if (isAnnotationOnly(one)) return other;
  return isAnnotationOnly(other) ? one : intersectSchemas(one, other);
}

/** Whether a schema allows null. A schema without a type allows it. */
export function isNullAllowed(schema: unknown, root: JsonSchema): boolean {
  if (schema === true) return true;
  return listAlternatives(schema, root).some(({ type, enum: values, const: constant, allOf, not }) => {
    if (constant !== undefined) return constant === null;
    if (Array.isArray(values)) return values.includes(null);
    if (type !== undefined) return toList(type).includes('null');
    if (isRecord(not) && Object.keys(not).length === 0) return false;
    return !Array.isArray(allOf) || allOf.every((part) => isNullAllowed(part, root));
  });
}

/** Returns the schema of a property, or `undefined` if the object schema does not list it. */
export function getProperty({ properties }: JsonSchema, name: string): unknown {
  return isRecord(properties) ? getOwn(properties, name) : undefined;
}

/**
 * Tells what a null means for a property:
 * - `value`: the schema allows null.
 * - `omitted`: only the strict form allows null, because the property is optional.
 * - `invalid`: the property is required and does not allow null.
 */
export function classifyNull(object: JsonSchema, name: string, root: JsonSchema): 'omitted' | 'value' | 'invalid' {
  if (isNullAllowed(getProperty(object, name), root)) return 'value';
  const { required } = object;
  return Array.isArray(required) && required.includes(name) ? 'invalid' : 'omitted';
}

/** Lists the values that a schema restricts a property to; `undefined` if it does not. Such values tell branches of a union apart. */
export function listAllowedValues(schema: unknown, root: JsonSchema): readonly unknown[] | undefined {
  const values = listAlternatives(schema, root).map(
    (each) => readEnumValues(each) ?? (each['type'] === 'null' ? [null] : undefined),
  );
  return values.length === 0 || values.includes(undefined) ? undefined : values.flatMap((each) => each ?? []);
}
