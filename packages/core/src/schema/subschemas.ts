import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { escapePointer } from './pointer.ts';

/** What stands at a keyword: a schema, a list of schemas, or schemas by names that are the user's. */
type Holds = 'schema' | 'list' | 'names';

const KEYWORDS: ReadonlyMap<string, Holds> = new Map([
  ...['items', 'additionalItems', 'unevaluatedItems', 'contains'].map((keyword) => [keyword, 'schema'] as const),
  ...['additionalProperties', 'unevaluatedProperties', 'propertyNames'].map((keyword) => [keyword, 'schema'] as const),
  ...['contentSchema', 'not', 'if', 'then', 'else'].map((keyword) => [keyword, 'schema'] as const),
  ...['prefixItems', 'allOf', 'anyOf', 'oneOf'].map((keyword) => [keyword, 'list'] as const),
  ...['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'].map(
    (keyword) => [keyword, 'names'] as const,
  ),
]);

/** The schemas right inside a schema, by where they stand in it. What stands at `enum`, `default` and the like is a value. */
export function listSubschemas(schema: JsonSchema): readonly (readonly [pointer: string, schema: unknown])[] {
  const found: (readonly [string, unknown])[] = [];
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword];
    const holds = getHolds(keyword, value);
    if (holds === undefined) continue;
    const at = `/${keyword}`;
    if (holds === 'schema') found.push([at, value]);
    else for (const [name, each] of Object.entries(Object(value))) found.push([`${at}/${escapePointer(name)}`, each]);
  }
  return found;
}

/** The schema with something else in place of each schema right inside it; the very same one where nothing changed. */
export function mapSubschemas(schema: JsonSchema, map: (schema: unknown) => unknown): JsonSchema {
  let changed: Record<string, unknown> | undefined;
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword];
    const holds = getHolds(keyword, value);
    if (holds === undefined) continue;
    const mapped = holds === 'schema' ? map(value) : mapAll(value, map);
    if (mapped === value) continue;
    changed ??= { ...schema };
    changed[keyword] = mapped;
  }
  return changed ?? schema;
}

function getHolds(keyword: string, value: unknown): Holds | undefined {
  const holds = KEYWORDS.get(keyword);
  if (holds === 'names') return isRecord(value) ? holds : undefined;
  if (holds === 'list') return Array.isArray(value) ? holds : undefined;
  // Before 2020-12 the schemas of a tuple stood at `items`.
  return holds !== undefined && Array.isArray(value) ? 'list' : holds;
}

/** Of a list, or by names. */
function mapAll(value: unknown, map: (schema: unknown) => unknown): unknown {
  if (Array.isArray(value)) {
    const mapped = value.map((each) => map(each));
    return mapped.every((each, index) => each === value[index]) ? value : mapped;
  }
  const before: readonly [string, unknown][] = Object.entries(Object(value));
  const after = before.map(([name, each]) => [name, map(each)] as const);
  return after.every(([, each], index) => each === before[index]?.[1]) ? value : Object.fromEntries(after);
}
