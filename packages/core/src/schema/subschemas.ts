import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { escapePointer } from './pointer.ts';

/** What a keyword contains: a schema, a list of schemas, or schemas by user-defined names. */
type SubschemaShape = 'schema' | 'list' | 'names';

const KEYWORDS: ReadonlyMap<string, SubschemaShape> = new Map([
  ...['items', 'additionalItems', 'unevaluatedItems', 'contains'].map((keyword) => [keyword, 'schema'] as const),
  ...['additionalProperties', 'unevaluatedProperties', 'propertyNames'].map((keyword) => [keyword, 'schema'] as const),
  ...['contentSchema', 'not', 'if', 'then', 'else'].map((keyword) => [keyword, 'schema'] as const),
  ...['prefixItems', 'allOf', 'anyOf', 'oneOf'].map((keyword) => [keyword, 'list'] as const),
  ...['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'].map(
    (keyword) => [keyword, 'names'] as const,
  ),
]);

/** Lists the direct subschemas of a schema with their pointers. The contents of `enum`, `default` and the like are values, not schemas. */
export function listSubschemas(schema: JsonSchema): readonly (readonly [pointer: string, schema: unknown])[] {
  const found: (readonly [string, unknown])[] = [];
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword];
    const shape = getShape(keyword, value);
    if (shape === undefined) continue;
    const at = `/${keyword}`;
    if (shape === 'schema') found.push([at, value]);
    else for (const [name, each] of Object.entries(Object(value))) found.push([`${at}/${escapePointer(name)}`, each]);
  }
  return found;
}

/** Replaces the direct subschemas of a schema. Returns the same schema if nothing changed. */
export function mapSubschemas(schema: JsonSchema, map: (schema: unknown) => unknown): JsonSchema {
  let changed: Record<string, unknown> | undefined;
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword];
    const shape = getShape(keyword, value);
    if (shape === undefined) continue;
    const mapped = shape === 'schema' ? map(value) : mapAll(value, map);
    if (mapped === value) continue;
    changed ??= { ...schema };
    changed[keyword] = mapped;
  }
  return changed ?? schema;
}

function getShape(keyword: string, value: unknown): SubschemaShape | undefined {
  const shape = KEYWORDS.get(keyword);
  if (shape === 'names') return isRecord(value) ? shape : undefined;
  if (shape === 'list') return Array.isArray(value) ? shape : undefined;
  // Before 2020-12, `items` contained the schemas of a tuple.
  return shape !== undefined && Array.isArray(value) ? 'list' : shape;
}

/** Maps a list of schemas, or schemas by name. */
function mapAll(value: unknown, map: (schema: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    const mapped = value.map((each) => map(each));
    return mapped.every((each, index) => each === value[index]) ? value : mapped;
  }
  const before: readonly [string, unknown][] = Object.entries(Object(value));
  const after = before.map(([name, each]) => [name, map(each)] as const);
  return after.every(([, each], index) => each === before[index]?.[1]) ? value : Object.fromEntries(after);
}
