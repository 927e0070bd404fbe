import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { getOwn, isAnnotationOnly, isSameJson, removeDuplicates, toList } from './merge.ts';

/**
 * Unites object schemas into one. It has the properties of all branches, and requires what all branches require. It allows more
 * values than the branches, since it does not express which properties belong together.
 */
export function uniteSchemas(branches: readonly JsonSchema[]): JsonSchema {
  const [first = {}, ...others] = branches;
  if (others.length === 0) return first;
  const properties = uniteProperties(branches.map((branch) => Object(branch['properties'])));
  const required = branches.map((branch) => toList(branch['required'])).reduce(intersectLists);
  const more = uniteAdditional(branches.map((branch) => branch['additionalProperties']));
  return {
    ...pickShared(branches),
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    ...(more !== undefined && { additionalProperties: more }),
  };
}

function intersectLists(one: readonly unknown[], other: readonly unknown[]): readonly unknown[] {
  return one.filter((each) => other.includes(each));
}

const UNITED_KEYWORDS: ReadonlySet<string> = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'description',
  'title',
]);

/** Picks the other keywords that all branches have with the same value. */
function pickShared([first = {}, ...others]: readonly JsonSchema[]): JsonSchema {
  const entries = Object.entries(first).filter(
    ([keyword, value]) => !UNITED_KEYWORDS.has(keyword) && others.every((other) => isSameJson(other[keyword], value)),
  );
  return Object.fromEntries(entries);
}

function uniteProperties(all: readonly JsonSchema[]): JsonSchema {
  const names = removeDuplicates(all.flatMap((properties) => Object.keys(properties)));
  const entries = names.map((name) => {
    const schemas = all.filter((properties) => Object.hasOwn(properties, name));
    return [name, uniteSubschemas(schemas.map((properties) => getOwn(properties, name)))] as const;
  });
  return Object.fromEntries(entries);
}

/** Unites schemas into one: the shared schema, an `enum` of all values, or a union. */
function uniteSubschemas(schemas: readonly unknown[]): unknown {
  const plain = schemas.filter((schema) => schema !== false);
  const [first] = plain;
  if (first === undefined) return false;
  if (!plain.every(isRecord)) return true;
  const [bare, ...others] = removeDuplicates(plain.map(({ description: _, ...rest }) => rest));
  if (bare !== undefined && others.length === 0) return { ...bare, ...joinDescriptions(plain) };
  if (plain.some(isAnnotationOnly)) return joinDescriptions(plain);
  const values = plain.map(readConstants);
  if (values.every((each) => each !== undefined)) {
    const all = removeDuplicates(values.flat());
    return { ...makeTypeSchema(all), enum: all, ...joinDescriptions(plain) };
  }
  return { anyOf: removeDuplicates(plain.flatMap(listBranches)) };
}

function joinDescriptions(schemas: readonly JsonSchema[]): JsonSchema {
  const texts = removeDuplicates(
    schemas.flatMap(({ description }) => (typeof description === 'string' ? description : [])),
  );
  return texts.length === 0 ? {} : { description: texts.join(' ') };
}

/** Reads the values of a schema that has no other rule than `const` or `enum`. */
function readConstants({ type: _, description: __, ...schema }: JsonSchema): readonly unknown[] | undefined {
  const keywords = Object.keys(schema);
  if (keywords.length !== 1) return undefined;
  if (schema['const'] !== undefined) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}

function makeTypeSchema(values: readonly unknown[]): JsonSchema {
  const types = removeDuplicates(values.map(getJsonType));
  return { type: types.length === 1 ? types[0] : types };
}

/** Returns the JSON type of a value; integers are `number`. */
export function getJsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function listBranches(schema: JsonSchema): readonly unknown[] {
  return Object.keys(schema).length === 1 && Array.isArray(schema['anyOf']) ? schema['anyOf'] : [schema];
}

/** Unites `additionalProperties`: closed if all branches are closed. */
function uniteAdditional(all: readonly unknown[]): unknown {
  if (all.every((each) => each === false)) return false;
  const schemas = all.filter((each) => each !== undefined && each !== false);
  return schemas.length === 0 ? undefined : uniteSubschemas(schemas);
}
