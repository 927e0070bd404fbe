import { isRecord, stringifyCanonical } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { IDENTITY, USAGE_NOTES } from './keywords.ts';

/** Keywords that do not restrict values. */
const DESCRIPTIONS = ['title', 'description', 'default', 'examples'];
const ANNOTATIONS: ReadonlySet<string> = new Set([...IDENTITY, ...USAGE_NOTES, ...DESCRIPTIONS, '$defs']);

/** Whether a schema has no keyword that restricts values. */
export function isAnnotationOnly(schema: JsonSchema): boolean {
  return Object.keys(schema).every((keyword) => ANNOTATIONS.has(keyword));
}

/** Whether two schemas or values are the same JSON, whatever the order of their keys. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return one === other || stringifyCanonical(one) === stringifyCanonical(other);
}

/**
 * Intersects two schemas into one. It has the properties and requirements of both, the shared types and values, and the narrower
 * limits. A keyword that cannot be merged goes into its `allOf`. Returns `undefined` if no value can pass both schemas.
 */
export function intersectSchemas(one: JsonSchema, other: JsonSchema): JsonSchema | undefined {
  const merged: Record<string, unknown> = { ...one };
  const rest: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(other)) {
    if (!Object.hasOwn(merged, keyword)) merged[keyword] = value;
    else if (!isSameJson(merged[keyword], value)) {
      const both = intersectValues(keyword, merged[keyword], value);
      if (both === NEVER) return undefined;
      if (both === NOT_MERGEABLE) rest[keyword] = value;
      else merged[keyword] = both;
    }
  }
  if (Object.keys(rest).length > 0) merged['allOf'] = [...toList(merged['allOf']), rest];
  return mergeConstAndEnum(merged);
}

const NEVER = Symbol('no value passes both');
const NOT_MERGEABLE = Symbol('both keywords are needed');

function intersectValues(keyword: string, one: unknown, other: unknown): unknown {
  switch (keyword) {
    case 'type':
      return intersectTypes(toList(one), toList(other));
    case 'enum': {
      const shared = toList(one).filter((value) => toList(other).some((each) => isSameJson(each, value)));
      return shared.length === 0 ? NEVER : shared;
    }
    case 'const':
      return NEVER;
    case 'properties':
      return intersectProperties(Object(one), Object(other));
    case 'required':
    case 'allOf':
      return removeDuplicates([...toList(one), ...toList(other)]);
    case 'items':
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return intersectSubschemas(one, other);
    case 'minimum':
    case 'exclusiveMinimum':
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return Math.max(Number(one), Number(other));
    case 'maximum':
    case 'exclusiveMaximum':
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
      return Math.min(Number(one), Number(other));
    case 'uniqueItems':
      return true;
    case 'description':
      return `${one} ${other}`;
    case '$defs':
      return { ...Object(other), ...Object(one) };
  }
  return ANNOTATIONS.has(keyword) ? one : NOT_MERGEABLE;
}

function intersectTypes(one: readonly unknown[], other: readonly unknown[]): unknown {
  const shared = one.flatMap((type) => {
    if (other.includes(type)) return [type];
    const isInteger =
      (type === 'number' && other.includes('integer')) || (type === 'integer' && other.includes('number'));
    return isInteger ? ['integer'] : [];
  });
  if (shared.length === 0) return NEVER;
  return shared.length === 1 ? shared[0] : removeDuplicates(shared);
}

function intersectProperties(one: JsonSchema, other: JsonSchema): JsonSchema {
  const names = removeDuplicates([...Object.keys(one), ...Object.keys(other)]);
  const entries = names.map((name) => [name, intersectSubschemas(getOwn(one, name), getOwn(other, name))] as const);
  return Object.fromEntries(entries);
}

/** Intersects two subschemas. Each may be missing or a boolean. */
function intersectSubschemas(one: unknown, other: unknown): unknown {
  if (one === false || other === false) return false;
  if (!isRecord(one) || isAnnotationOnly(one)) return isRecord(other) || other === true ? other : (one ?? other);
  if (!isRecord(other) || isAnnotationOnly(other) || isSameJson(one, other)) return one;
  const both = isPlain(one) && isPlain(other) ? intersectSchemas(one, other) : undefined;
  return both ?? { allOf: removeDuplicates([...listConjuncts(one), ...listConjuncts(other)]) };
}

/** Whether a schema has neither references nor alternatives, so that its own keywords are all of it. */
function isPlain(schema: JsonSchema): boolean {
  return !['$ref', 'anyOf', 'oneOf', 'allOf', 'if', 'not'].some((keyword) => schema[keyword] !== undefined);
}

function listConjuncts(schema: JsonSchema): readonly unknown[] {
  return Object.keys(schema).length === 1 && Array.isArray(schema['allOf']) ? schema['allOf'] : [schema];
}

/** Keeps only `const` if `enum` includes it. Returns `undefined` if `enum` does not. */
function mergeConstAndEnum(schema: JsonSchema): JsonSchema | undefined {
  const { enum: values, ...rest } = schema;
  if (!Array.isArray(values) || schema['const'] === undefined) return schema;
  return values.some((value) => isSameJson(value, schema['const'])) ? rest : undefined;
}

/** Returns the original if the changed schema has identical values, so that callers can compare by identity. */
export function keepIfSame(original: JsonSchema, changed: JsonSchema): JsonSchema {
  const keys = Object.keys(original);
  const isSame = keys.length === Object.keys(changed).length && keys.every((key) => original[key] === changed[key]);
  return isSame ? original : changed;
}

/** Returns the values of `const` or `enum`; `undefined` if a schema has neither. */
export function readEnumValues({ enum: values, const: constant }: JsonSchema): readonly unknown[] | undefined {
  if (constant !== undefined) return [constant];
  return Array.isArray(values) ? values : undefined;
}

/** Picks title and description, for a schema that replaces this one. */
export function pickAnnotations({ title, description }: JsonSchema): JsonSchema {
  return { ...(title !== undefined && { title }), ...(description !== undefined && { description }) };
}

export function getOwn(object: JsonSchema, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

export function toList(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** Keeps the first of equal values, in order. Values are compared as JSON. */
export function removeDuplicates<T>(values: readonly T[]): T[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const json = stringifyCanonical(value);
    return !seen.has(json) && seen.add(json);
  });
}
