import type { Json, JsonSchema } from '@pawl/core/chat';
import { isObject } from '../base/json.ts';

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
    const target = at(root, String($ref));
    found = Object.keys(beside).length === 0 ? target : { allOf: [target, beside] };
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
    const names: JsonSchema = isObject(found) ? found : {};
    const name = spellings(part).find((each) => Object.hasOwn(names, each));
    found = name === undefined ? undefined : names[name];
  }
  return isObject(found) ? found : {};
}

/** A name in a reference may be escaped, percent-encoded, or neither. */
function spellings(name: string): readonly string[] {
  const decoded = percentDecoded(name);
  return [name, decoded].flatMap((each) => [each, each.replaceAll('~1', '/').replaceAll('~0', '~')]);
}

function percentDecoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // A percent sign of the name itself.
  }
}

function both(one: JsonSchema, other: JsonSchema): JsonSchema {
  const required = [...new Set([...namesIn(one['required']), ...namesIn(other['required'])])];
  const patterns = [...patternsOf(one), ...patternsOf(other)];
  const joined = { ...one, ...other };
  return {
    ...joined,
    ...bounds(one, other),
    ...(one['type'] !== undefined && other['type'] !== undefined && { type: sharedType(one['type'], other['type']) }),
    ...(patterns.length > 0 && { pattern: patterns }),
    ...(required.length > 0 && { required }),
    ...(joined['properties'] !== undefined && { properties: bothProperties(propertiesOf(one), propertiesOf(other)) }),
    ...bothOptions(one, other),
  };
}

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'] as const;
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'] as const;

/** The narrower ones. */
function bounds(one: JsonSchema, other: JsonSchema): JsonSchema {
  const narrowed = (names: readonly string[], narrower: (...values: number[]) => number) =>
    names.flatMap((name) => {
      const given = [one[name], other[name]].flatMap((value) => numberIn(value) ?? []);
      return given.length === 2 ? [[name, narrower(...given)] as const] : [];
    });
  return Object.fromEntries([...narrowed(LOWER, Math.max), ...narrowed(UPPER, Math.min)]);
}

function sharedType(one: unknown, other: unknown): Json {
  const others = typesIn(other);
  const shared = typesIn(one).flatMap((type) => {
    if (others.includes(type)) return [type];
    const isInteger = [type, ...others].includes('integer') && [type, ...others].includes('number');
    return isInteger ? ['integer'] : [];
  });
  return shared.length === 1 ? (shared[0] ?? []) : shared;
}

function typesIn(type: unknown): readonly string[] {
  return typeof type === 'string' ? [type] : namesIn(type);
}

type Properties = Readonly<Record<string, JsonSchema>>;

function bothProperties(one: Properties, other: Properties): Json {
  const joined: Record<string, JsonSchema> = { ...one };
  for (const [name, field] of Object.entries(other)) {
    const { [name]: known } = one;
    joined[name] = known === undefined ? field : { allOf: [known, field] };
  }
  return joined as Json; // A schema is JSON.
}

/** Where both leave something to choose, each choice of one with each of the other. */
function bothOptions(one: JsonSchema, other: JsonSchema): JsonSchema {
  const [mine, theirs] = [one, other].map(({ anyOf, oneOf }) => schemasIn(anyOf ?? oneOf));
  if (mine === undefined || theirs === undefined || mine.length === 0 || theirs.length === 0) return {};
  const anyOf = mine.flatMap((each) => theirs.map((their) => ({ allOf: [each, their] })));
  return { anyOf: anyOf as Json, oneOf: null };
}

/** Of a text; more than one where `allOf` adds some. */
export function patternsOf({ pattern }: JsonSchema): readonly string[] {
  return typeof pattern === 'string' ? [pattern] : namesIn(pattern);
}

/** `not: {}` is how a schema says that nothing passes it. */
export function isNever({ not }: JsonSchema): boolean {
  return isObject(not) && Object.keys(not).length === 0;
}

export function propertiesOf({ properties }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  if (!isObject(properties)) return {};
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, schemaIn(each)]));
}

/** `true` and `false` are schemas, too. */
export function schemaIn(given: unknown): JsonSchema {
  if (given === false) return { not: {} };
  return isObject(given) ? given : {};
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
  const given = schemasIn(anyOf ?? oneOf).filter((option) => !isNever(option));
  const typed = type === undefined ? beside : { ...beside, type };
  if (given.length > 0)
    return given.map((option) => (Object.keys(typed).length === 0 ? option : { allOf: [typed, option] }));
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

export function typeOf(schema: JsonSchema): unknown {
  if (schema['type'] !== undefined) return schema['type'];
  if (schema['properties'] !== undefined) return 'object';
  return schema['items'] === undefined && schema['prefixItems'] === undefined ? undefined : 'array';
}
