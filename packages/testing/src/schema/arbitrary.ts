import type { Json, JsonSchema } from '@pawl/core/chat';
import fc from 'fast-check';
import { createNumberArbitrary } from './number-arbitrary.ts';
import {
  isNever,
  listOptions,
  listValues,
  MAX_DEPTH,
  readNames,
  readNumber,
  readProperties,
  readType,
  resolve,
  type SchemaPosition,
  toSchema,
} from './resolve.ts';
import { createStringArbitrary } from './string-arbitrary.ts';

/**
 * Returns a value that the schema accepts, always the same for the same seed. Constraints outside JSON Schema, such as
 * refinements, are not known. `root` is the document that references resolve against.
 */
export function sampleSchema(schema: JsonSchema, seed: number, root: JsonSchema = schema): Json {
  const [value = null] = fc.sample(createArbitrary(schema, { root, depth: 0 }), { seed, numRuns: 1 });
  return value;
}

function createArbitrary(schema: JsonSchema, place: SchemaPosition): fc.Arbitrary<Json> {
  const resolved = resolve(schema, place);
  const values = listValues(resolved);
  if (values.length > 0) return fc.constantFrom(...values);
  const options = listOptions(resolved);
  if (options.length > 0) return createOptionArbitrary(options, place);
  switch (readType(resolved)) {
    case 'object':
      return createObjectArbitrary(resolved, place);
    case 'array':
      return createListArbitrary(resolved, place);
    case 'string':
      return createStringArbitrary(resolved);
    case 'number':
    case 'integer':
      return createNumberArbitrary(resolved, { isInteger: readType(resolved) === 'integer' });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 }).map((value) => value as Json); // fast-check has its own type for JSON.
  }
}

/** Below `MAX_DEPTH`, chooses the option with the smallest value: a recursive schema has to end. */
function createOptionArbitrary(options: readonly JsonSchema[], place: SchemaPosition): fc.Arbitrary<Json> {
  if (place.depth < MAX_DEPTH) return fc.oneof(...options.map((option) => createArbitrary(option, place)));
  const heights = options.map((option) => measureHeight(option, place.root, MAX_HEIGHT));
  return createArbitrary(options[heights.indexOf(Math.min(...heights))] ?? {}, place);
}

function createObjectArbitrary(schema: JsonSchema, place: SchemaPosition): fc.Arbitrary<Json> {
  const required = readNames(schema['required']);
  const isDeep = place.depth >= MAX_DEPTH;
  const measureBelow = { ...place, depth: place.depth + 1 };
  const declared = readProperties(schema);
  const others = createOtherFields(schema, measureBelow);
  // Required names that only `additionalProperties` describes.
  const further = required.filter((name) => declared[name] === undefined && others !== undefined);
  const known = [
    ...Object.entries(declared).filter(([name, each]) => {
      return required.includes(name) || !(isDeep || isNever(resolve(each, place)));
    }),
    ...further.map((name) => [name, toSchema(schema['additionalProperties'])] as const),
  ];
  const fields = Object.fromEntries(known.map(([name, each]) => [name, createArbitrary(each, measureBelow)]));
  const requiredKeys = known.map(([name]) => name).filter((name) => required.includes(name));
  const own = fc.record(fields, { requiredKeys, noNullPrototype: true });
  return others === undefined || isDeep ? own : fc.tuple(others, own).map(([more, each]) => ({ ...more, ...each }));
}

/** Fields of a record, whose names the schema does not list. */
function createOtherFields(schema: JsonSchema, place: SchemaPosition): fc.Arbitrary<Record<string, Json>> | undefined {
  const { additionalProperties: others } = schema;
  if (typeof others !== 'object' || others === null || isNever(toSchema(others))) return undefined;
  const least = readNumber(schema['minProperties']) ?? 0;
  const names = schema['propertyNames'];
  const name = typeof names === 'object' && names !== null ? createArbitrary(names as JsonSchema, place) : NAME;
  return fc.dictionary(name.map(String), createArbitrary(others as JsonSchema, place), {
    minKeys: least,
    maxKeys: readNumber(schema['maxProperties']) ?? least + 2,
    noNullPrototype: true,
  });
}

const NAME = fc.stringMatching(/^[a-z]{1,8}$/);

function createListArbitrary(schema: JsonSchema, place: SchemaPosition): fc.Arbitrary<Json> {
  const measureBelow = { ...place, depth: place.depth + 1 };
  const { prefixItems, items } = schema;
  const listed = prefixItems ?? items;
  // zod 3 writes the items of a tuple as a list.
  if (Array.isArray(listed)) return fc.tuple(...listed.map((each: JsonSchema) => createArbitrary(each, measureBelow)));
  const least = readNumber(schema['minItems']) ?? 0;
  const most = Math.min(readNumber(schema['maxItems']) ?? least + 3, place.depth >= MAX_DEPTH ? least : least + 10);
  if (most <= 0) return fc.constant([]);
  const each = createArbitrary(typeof items === 'object' && items !== null ? (items as JsonSchema) : {}, measureBelow);
  const lengths = { minLength: least, maxLength: Math.max(least, most) };
  if (schema['uniqueItems'] !== true) return fc.array(each, lengths);
  return fc.uniqueArray(each, {
    ...lengths,
    comparator: (one, other) => JSON.stringify(one) === JSON.stringify(other),
  });
}

/** Each level may have several options, so the cost grows exponentially. */
const MAX_HEIGHT = 6;

/** The number of levels below the smallest value of a schema; `Infinity` above `left`. */
function measureHeight(schema: JsonSchema, root: JsonSchema, left: number): number {
  if (left === 0) return Number.POSITIVE_INFINITY;
  const resolved = resolve(schema, { root });
  if (listValues(resolved).length > 0) return 0;
  const measureBelow = (inner: JsonSchema): number => measureHeight(inner, root, left - 1);
  const options = listOptions(resolved);
  if (options.length > 0) return Math.min(...options.map(measureBelow));
  switch (readType(resolved)) {
    case 'object': {
      const fields = readProperties(resolved);
      return addLevel(readNames(resolved['required']).map((name) => measureBelow(fields[name] ?? {})));
    }
    case 'array': {
      const { prefixItems, items } = resolved;
      const listed = prefixItems ?? items;
      if (Array.isArray(listed)) return addLevel(listed.map((each) => measureBelow(toSchema(each))));
      return (readNumber(resolved['minItems']) ?? 0) === 0 ? 1 : addLevel([measureBelow(toSchema(items))]);
    }
    default:
      return 0;
  }
}

function addLevel(heights: readonly number[]): number {
  return 1 + Math.max(0, ...heights);
}
