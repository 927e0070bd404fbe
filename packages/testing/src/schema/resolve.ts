import type { Json, JsonSchema } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';

/** A place in a schema document, `depth` levels below the root. */
export interface SchemaPosition {
  readonly root: JsonSchema;
  readonly depth: number;
}

/** Below this level, a recursive schema gets the smallest value that it accepts. */
export const MAX_DEPTH = 5;

/** Resolves references and merges `allOf`. */
export function resolve(schema: JsonSchema, { root }: Pick<SchemaPosition, 'root'>): JsonSchema {
  let found = schema;
  for (let hops = 0; typeof found['$ref'] === 'string' && hops < 20; hops++) {
    const { $ref, ...beside } = found;
    const target = followReference(root, String($ref));
    found = Object.keys(beside).length === 0 ? target : { allOf: [target, beside] };
  }
  const parts = readSchemas(found['allOf']);
  if (parts.length === 0) return found;
  const { allOf: _, ...own } = found;
  return [own, ...parts.map((part) => resolve(part, { root }))].reduce(mergeSchemas);
}

function followReference(root: JsonSchema, reference: string): JsonSchema {
  let found: unknown = root;
  for (const part of reference.replace(/^#\/?/, '').split('/')) {
    if (part === '') continue;
    const names: JsonSchema = isObject(found) ? found : {};
    const name = listSpellings(part).find((each) => Object.hasOwn(names, each));
    found = name === undefined ? undefined : names[name];
  }
  return isObject(found) ? found : {};
}

/** A name in a reference may be escaped, percent-encoded, or neither. */
function listSpellings(name: string): readonly string[] {
  const decoded = decodePercent(name);
  return [name, decoded].flatMap((each) => [each, each.replaceAll('~1', '/').replaceAll('~0', '~')]);
}

function decodePercent(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // The name itself contains a percent sign.
  }
}

function mergeSchemas(one: JsonSchema, other: JsonSchema): JsonSchema {
  const required = [...new Set([...readNames(one['required']), ...readNames(other['required'])])];
  const patterns = [...readPatterns(one), ...readPatterns(other)];
  const joined = { ...one, ...other };
  return {
    ...joined,
    ...mergeBounds(one, other),
    ...(one['type'] !== undefined && other['type'] !== undefined && { type: mergeTypes(one['type'], other['type']) }),
    ...(patterns.length > 0 && { pattern: patterns }),
    ...(required.length > 0 && { required }),
    ...(joined['properties'] !== undefined && {
      properties: mergeProperties(readProperties(one), readProperties(other)),
    }),
    ...mergeOptions(one, other),
  };
}

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;

/** Keeps the narrower bound of each pair. */
function mergeBounds(one: JsonSchema, other: JsonSchema): JsonSchema {
  const narrowBounds = (names: readonly string[], narrower: (...values: number[]) => number) =>
    names.flatMap((name) => {
      const given = [one[name], other[name]].flatMap((value) => readNumber(value) ?? []);
      return given.length === 2 ? [[name, narrower(...given)] as const] : [];
    });
  return Object.fromEntries([...narrowBounds(LOWER, Math.max), ...narrowBounds(UPPER, Math.min)]);
}

function mergeTypes(one: unknown, other: unknown): Json {
  const others = readTypes(other);
  const shared = readTypes(one).flatMap((type) => {
    if (others.includes(type)) return [type];
    const isInteger = [type, ...others].includes('integer') && [type, ...others].includes('number');
    return isInteger ? ['integer'] : [];
  });
  return shared.length === 1 ? (shared[0] ?? []) : shared;
}

function readTypes(type: unknown): readonly string[] {
  return typeof type === 'string' ? [type] : readNames(type);
}

type Properties = Readonly<Record<string, JsonSchema>>;

function mergeProperties(one: Properties, other: Properties): Json {
  const joined: Record<string, JsonSchema> = { ...one };
  for (const [name, field] of Object.entries(other)) {
    const { [name]: known } = one;
    joined[name] = known === undefined ? field : { allOf: [known, field] };
  }
  return joined as Json; // A schema is JSON.
}

/** If both schemas have options, combines each option of one with each of the other. */
function mergeOptions(one: JsonSchema, other: JsonSchema): JsonSchema {
  const [mine, theirs] = [one, other].map(({ anyOf, oneOf }) => readSchemas(anyOf ?? oneOf));
  if (mine === undefined || theirs === undefined || mine.length === 0 || theirs.length === 0) return {};
  const anyOf = mine.flatMap((each) => theirs.map((their) => ({ allOf: [each, their] })));
  return { anyOf: anyOf as Json, oneOf: null };
}

/** Several patterns if `allOf` merged some. */
export function readPatterns({ pattern }: JsonSchema): readonly string[] {
  return typeof pattern === 'string' ? [pattern] : readNames(pattern);
}

/** `not: {}` accepts nothing. */
export function isNever({ not }: JsonSchema): boolean {
  return isObject(not) && Object.keys(not).length === 0;
}

export function readProperties({ properties }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  if (!isObject(properties)) return {};
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, toSchema(each)]));
}

/** `true` and `false` are schemas. */
export function toSchema(given: unknown): JsonSchema {
  if (given === false) return { not: {} };
  return isObject(given) ? given : {};
}

export function readNames(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
}

export function readSchemas(list: unknown): readonly JsonSchema[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** The options of `anyOf`, `oneOf` or a list of types; empty if there is one form only. */
export function listOptions(schema: JsonSchema): readonly JsonSchema[] {
  const { anyOf, oneOf, type, ...beside } = schema;
  const given = readSchemas(anyOf ?? oneOf).filter((option) => !isNever(option));
  const typed = type === undefined ? beside : { ...beside, type };
  if (given.length > 0)
    return given.map((option) => (Object.keys(typed).length === 0 ? option : { allOf: [typed, option] }));
  return Array.isArray(type) ? type.map((each) => ({ ...beside, type: each })) : [];
}

/** The values of `enum` and `const`. */
export function listValues(schema: JsonSchema): readonly Json[] {
  if (schema['const'] !== undefined) return [schema['const'] as Json]; // A schema is JSON.
  return Array.isArray(schema['enum']) ? (schema['enum'] as Json[]) : []; // As above.
}

export function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function readType(schema: JsonSchema): unknown {
  if (schema['type'] !== undefined) return schema['type'];
  if (schema['properties'] !== undefined) return 'object';
  return schema['items'] === undefined && schema['prefixItems'] === undefined ? undefined : 'array';
}
