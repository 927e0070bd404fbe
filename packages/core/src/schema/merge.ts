import { isRecord, stringifyCanonical } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { IDENTITY, USAGE_NOTES } from './keywords.ts';

/** Keywords that say nothing about which values pass. */
const WORDS = ['title', 'description', 'default', 'examples'];
const ANNOTATIONS: ReadonlySet<string> = new Set([...IDENTITY, ...USAGE_NOTES, ...WORDS, '$defs']);

/** Whether a schema limits values at all. */
export function isAnnotationOnly(schema: JsonSchema): boolean {
  return Object.keys(schema).every((keyword) => ANNOTATIONS.has(keyword));
}

/** Whether two schemas, or values, are the same JSON. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return one === other || stringifyCanonical(one) === stringifyCanonical(other);
}

/**
 * One schema for what passes both: properties and requirements joined, types and values that both have, the narrower of two
 * limits. What has no such form stands in its `allOf`. `undefined` if nothing can pass both.
 */
export function intersectSchemas(one: JsonSchema, other: JsonSchema): JsonSchema | undefined {
  const merged: Record<string, unknown> = { ...one };
  const rest: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(other)) {
    if (!Object.hasOwn(merged, keyword)) merged[keyword] = value;
    else if (!isSameJson(merged[keyword], value)) {
      const both = intersectValues(keyword, merged[keyword], value);
      if (both === NEVER) return undefined;
      if (both === NO_FORM) rest[keyword] = value;
      else merged[keyword] = both;
    }
  }
  if (Object.keys(rest).length > 0) merged['allOf'] = [...toList(merged['allOf']), rest];
  return reconcileValues(merged);
}

const NEVER = Symbol('nothing passes both');
const NO_FORM = Symbol('both have to stand');

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
  return ANNOTATIONS.has(keyword) ? one : NO_FORM;
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

/** Either may be missing, or a boolean. */
function intersectSubschemas(one: unknown, other: unknown): unknown {
  if (one === false || other === false) return false;
  if (!isRecord(one) || isAnnotationOnly(one)) return isRecord(other) || other === true ? other : (one ?? other);
  if (!isRecord(other) || isAnnotationOnly(other) || isSameJson(one, other)) return one;
  const both = isPlain(one) && isPlain(other) ? intersectSchemas(one, other) : undefined;
  return both ?? { allOf: removeDuplicates([...listConjuncts(one), ...listConjuncts(other)]) };
}

/** Without references and alternatives: what it says is there to be seen. */
function isPlain(schema: JsonSchema): boolean {
  return !['$ref', 'anyOf', 'oneOf', 'allOf', 'if', 'not'].some((keyword) => schema[keyword] !== undefined);
}

function listConjuncts(schema: JsonSchema): readonly unknown[] {
  return Object.keys(schema).length === 1 && Array.isArray(schema['allOf']) ? schema['allOf'] : [schema];
}

/** A constant of one and a list of values of the other say the constant, if it is in the list. */
function reconcileValues(schema: JsonSchema): JsonSchema | undefined {
  const { enum: values, ...rest } = schema;
  if (!Array.isArray(values) || schema['const'] === undefined) return schema;
  return values.some((value) => isSameJson(value, schema['const'])) ? rest : undefined;
}

/** `made`, or `given` if it has the very same values: whoever compares sees that nothing changed. */
export function keepIfSame(given: JsonSchema, made: JsonSchema): JsonSchema {
  const keys = Object.keys(given);
  const isSame = keys.length === Object.keys(made).length && keys.every((key) => given[key] === made[key]);
  return isSame ? given : made;
}

/** The values that `const` or `enum` leaves; `undefined` if there is neither. */
export function readValues({ enum: values, const: constant }: JsonSchema): readonly unknown[] | undefined {
  if (constant !== undefined) return [constant];
  return Array.isArray(values) ? values : undefined;
}

/** What a schema is called, for the schema that takes its place. */
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

/** Each once, in the order in which they come. */
export function removeDuplicates<T>(values: readonly T[]): T[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const json = stringifyCanonical(value);
    return !seen.has(json) && seen.add(json);
  });
}
