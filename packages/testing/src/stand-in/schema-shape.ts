import type { Json, JsonSchema } from '@pawl/core';
import { isObject } from './json.ts';
import { type Lane, laneOf, type StringLimits } from './lane.ts';
import { stemsOf } from './words.ts';

/** What a JSON Schema asks for, reduced to what the stand-in can fill. */
export type Shape =
  | { readonly type: 'string'; readonly lane: Lane; readonly limits: StringLimits }
  | { readonly type: 'number'; readonly isInteger: boolean; readonly minimum?: number; readonly maximum?: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'choice'; readonly values: readonly Json[] }
  | { readonly type: 'list'; readonly of: Shape; readonly name: string }
  | { readonly type: 'record'; readonly fields: readonly Field[] }
  | { readonly type: 'null' };

export interface Field {
  readonly name: string;
  /** Stems of the name that say what is wanted. */
  readonly words: readonly string[];
  readonly shape: Shape;
  readonly isRequired: boolean;
  readonly isNullable: boolean;
  /** What the schema fills in itself; such a value is not worth sending. */
  readonly defaultValue?: Json;
}

/** Reads a schema. Whatever it is, this gives a shape: unknown forms become a text, recursion ends after some levels. */
export function shapeOf(schema: unknown, { name, root = schema, depth = 0 }: Place): Shape {
  const resolved = resolve(schema, root);
  const place = { root, depth: depth + 1, name };
  if (depth > DEEPEST) return { type: 'null' };
  const { const: only, enum: values, description } = resolved;
  if (only !== undefined) return { type: 'choice', values: [only as Json] }; // A schema is JSON.
  if (Array.isArray(values)) return { type: 'choice', values: (values as Json[]).filter((value) => value !== null) }; // As above.
  switch (typeOf(resolved)) {
    case 'object':
      return { type: 'record', fields: fieldsOf(resolved, place) };
    case 'array':
      return { type: 'list', of: shapeOf(resolved['items'] ?? {}, place), name };
    case 'number':
      return { type: 'number', isInteger: false, ...boundsOf(resolved, 0) };
    case 'integer':
      return { type: 'number', isInteger: true, ...boundsOf(resolved, 1) };
    case 'boolean':
      return { type: 'boolean' };
    case 'null':
      return { type: 'null' };
    case 'string': {
      const limits = limitsOf(resolved);
      const told = typeof description === 'string' ? description : '';
      const { format } = resolved;
      return { type: 'string', limits, lane: laneOf({ name, description: told, format, limits }) };
    }
  }
}

interface Place {
  /** The parameter's name, which tells what a text is for. */
  readonly name: string;
  readonly root?: unknown;
  readonly depth?: number;
}

const DEEPEST = 8;

/** The fields of an object schema; none where it is something else. */
export function fieldsOf(schema: JsonSchema, { root = schema, depth = 0 }: Omit<Place, 'name'> = {}): readonly Field[] {
  const { properties, required } = resolve(schema, root);
  if (!isRecord(properties)) return [];
  const names = Array.isArray(required) ? required : [];
  return Object.entries(properties).map(([name, property]) => {
    const resolved = resolve(property, root);
    const hasDefault = resolved['default'] !== undefined;
    return {
      name,
      words: stemsOf(name).filter((word) => !VAGUE.has(word)),
      shape: shapeOf(property, { name, root, depth }),
      isRequired: names.includes(name) && !hasDefault,
      isNullable: isNullable(isRecord(property) ? property : {}),
      ...(hasDefault ? { defaultValue: resolved['default'] as Json } : {}), // A schema is JSON.
    };
  });
}

/** Parts of names that fit any number or text. */
const VAGUE: ReadonlySet<string> = new Set([
  'max',
  'min',
  'number',
  'count',
  'num',
  'maximum',
  'minimum',
  'id',
  'is',
  'limit',
]);

/** Follows `$ref`, merges `allOf`, takes the first branch of a union that is not null. */
function resolve(schema: unknown, root: unknown): JsonSchema {
  let current = isRecord(schema) ? schema : {};
  for (let hops = 0; hops < DEEPEST; hops++) {
    const { $ref, allOf, ...own } = current;
    const branches = current['anyOf'] ?? current['oneOf'];
    if (typeof $ref === 'string') current = { ...atPointer(root, $ref), ...own };
    else if (Array.isArray(allOf)) current = Object.assign({}, own, ...allOf.filter(isRecord));
    else if (Array.isArray(branches)) {
      const { anyOf: _any, oneOf: _one, ...rest } = current;
      const chosen: unknown = branches.find((branch) => isRecord(branch) && branch['type'] !== 'null');
      current = isRecord(chosen) ? { ...rest, ...chosen } : rest;
    } else return current;
  }
  return current;
}

function atPointer(root: unknown, reference: string): JsonSchema {
  let value: unknown = root;
  for (const part of reference.split('/').slice(1)) {
    value = isRecord(value) ? value[part.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  }
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is JsonSchema {
  return isObject(value);
}

const TYPES = ['object', 'array', 'number', 'integer', 'boolean', 'null', 'string'] as const;

function typeOf({ type, properties, items }: JsonSchema): (typeof TYPES)[number] {
  const named: unknown = Array.isArray(type) ? type.find((name) => name !== 'null') : type;
  const known = TYPES.find((name) => name === named);
  if (known !== undefined) return known;
  if (properties !== undefined) return 'object';
  return items === undefined ? 'string' : 'array';
}

function isNullable({ type, anyOf, oneOf, enum: values }: JsonSchema): boolean {
  const branches = [anyOf, oneOf].flatMap((branch) => (Array.isArray(branch) ? branch : []));
  if (branches.some((branch) => isRecord(branch) && branch['type'] === 'null')) return true;
  return [type, values].some((list) => Array.isArray(list) && list.some((each) => each === 'null' || each === null));
}

/** `step` is what lies between a bound that counts and one that does not. Bounds of the number format itself are none. */
function boundsOf(schema: JsonSchema, step: number): { readonly minimum?: number; readonly maximum?: number } {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
  const least = typeof minimum === 'number' ? minimum : after(exclusiveMinimum, step || 1);
  const most = typeof maximum === 'number' ? maximum : after(exclusiveMaximum, -(step || 1));
  return {
    ...(least !== undefined && least > Number.MIN_SAFE_INTEGER ? { minimum: least } : {}),
    ...(most !== undefined && most < Number.MAX_SAFE_INTEGER ? { maximum: most } : {}),
  };
}

function after(bound: unknown, step: number): number | undefined {
  return typeof bound === 'number' ? bound + step : undefined;
}

function limitsOf({ minLength, maxLength, pattern }: JsonSchema): StringLimits {
  return {
    minLength: typeof minLength === 'number' ? minLength : 0,
    maxLength: typeof maxLength === 'number' ? maxLength : Number.POSITIVE_INFINITY,
    ...(typeof pattern === 'string' ? { pattern } : {}),
  };
}
