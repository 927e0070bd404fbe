import type { Json, JsonSchema } from '@pawl/core';
import { isObject } from '../stand-in/json.ts';

/** A schema in its document, some levels below the root. */
export interface Place {
  readonly root: JsonSchema;
  readonly depth: number;
}

/** Below this level recursive schemas are given the smallest value that they take. */
export const DEEPEST = 5;

/** The schema behind references, with what `allOf` adds. */
export function resolve(schema: JsonSchema, { root }: Pick<Place, 'root'>): JsonSchema {
  let found = schema;
  for (let hops = 0; typeof found['$ref'] === 'string' && hops < 20; hops++) {
    const { $ref, ...beside } = found;
    found = { ...at(root, String($ref)), ...beside };
  }
  const parts = schemasIn(found['allOf']);
  if (parts.length === 0) return found;
  const { allOf: _, ...own } = found;
  return [own, ...parts.map((part) => resolve(part, { root }))].reduce(both);
}

function at(root: JsonSchema, reference: string): JsonSchema {
  let found: unknown = root;
  for (const part of reference.replace(/^#\/?/, '').split('/')) {
    if (part === '') continue;
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    found = isObject(found) ? found[name] : undefined;
  }
  return isObject(found) ? found : {};
}

function both(one: JsonSchema, other: JsonSchema): JsonSchema {
  const required = [...new Set([...namesIn(one['required']), ...namesIn(other['required'])])];
  return {
    ...one,
    ...other,
    properties: { ...propertiesOf(one), ...propertiesOf(other) },
    ...(required.length === 0 ? {} : { required }),
  };
}

export function propertiesOf({ properties }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  if (!isObject(properties)) return {};
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, isObject(each) ? each : {}]));
}

export function namesIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
}

export function schemasIn(list: unknown): readonly JsonSchema[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** What `anyOf`, `oneOf` or a list of types leaves to choose from; empty where there is one form. */
export function optionsOf(schema: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf, type, ...beside } = schema;
  const given = schemasIn(anyOf ?? oneOf);
  const typed = type === undefined ? beside : { ...beside, type };
  if (given.length > 0) return given.map((option) => ({ ...typed, ...option }));
  return Array.isArray(type) ? type.map((each) => ({ ...beside, type: each })) : [];
}

/** The values of `enum` and `const`. */
export function valuesOf(schema: JsonSchema): readonly Json[] {
  if (schema['const'] !== undefined) return [schema['const'] as Json]; // A schema is JSON.
  return Array.isArray(schema['enum']) ? (schema['enum'] as Json[]) : []; // As above.
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
