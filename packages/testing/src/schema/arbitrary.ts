import type { Json, JsonSchema } from '@pawl/core';
import fc from 'fast-check';
import { numberArbitrary } from './number-arbitrary.ts';
import { DEEPEST, namesIn, numberIn, optionsOf, type Place, propertiesOf, resolve, valuesOf } from './resolve.ts';
import { stringArbitrary } from './string-arbitrary.ts';

/** Values that a schema takes. What it asks beyond JSON Schema, such as a refinement, is not known here. */
export function arbitraryOf(schema: JsonSchema): fc.Arbitrary<Json> {
  return arbitrary(schema, { root: schema, depth: 0 });
}

/** The same value for the same seed. */
export function sampleOf(schema: JsonSchema, seed: number): Json {
  const [value = null] = fc.sample(arbitraryOf(schema), { seed, numRuns: 1 });
  return value;
}

function arbitrary(schema: JsonSchema, place: Place): fc.Arbitrary<Json> {
  const resolved = resolve(schema, place);
  const values = valuesOf(resolved);
  if (values.length > 0) return fc.constantFrom(...values);
  const options = optionsOf(resolved);
  if (options.length > 0) return oneOf(options, place);
  switch (typeOf(resolved)) {
    case 'object':
      return objectArbitrary(resolved, place);
    case 'array':
      return listArbitrary(resolved, place);
    case 'string':
      return stringArbitrary(resolved);
    case 'number':
      return numberArbitrary(resolved, { isInteger: false });
    case 'integer':
      return numberArbitrary(resolved, { isInteger: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 }).map((value) => value as Json); // fast-check's own name for the same.
  }
}

function typeOf(schema: JsonSchema): unknown {
  if (schema['type'] !== undefined) return schema['type'];
  if (schema['properties'] !== undefined) return 'object';
  return schema['items'] === undefined && schema['prefixItems'] === undefined ? undefined : 'array';
}

/** Far down, the simplest: a recursive schema has to end somewhere. */
function oneOf(options: readonly JsonSchema[], place: Place): fc.Arbitrary<Json> {
  if (place.depth < DEEPEST) return fc.oneof(...options.map((option) => arbitrary(option, place)));
  const simple = options.find((option) => !['object', 'array'].includes(String(typeOf(resolve(option, place)))));
  return arbitrary(simple ?? options[0] ?? {}, place);
}

function objectArbitrary(schema: JsonSchema, place: Place): fc.Arbitrary<Json> {
  const required = namesIn(schema['required']);
  const isDeep = place.depth >= DEEPEST;
  const below = { ...place, depth: place.depth + 1 };
  const known = Object.entries(propertiesOf(schema)).filter(([name]) => !isDeep || required.includes(name));
  const fields = Object.fromEntries(known.map(([name, each]) => [name, arbitrary(each, below)]));
  const requiredKeys = known.map(([name]) => name).filter((name) => required.includes(name));
  const own = fc.record(fields, { requiredKeys, noNullPrototype: true });
  const others = othersOf(schema, below);
  return others === undefined || isDeep ? own : fc.tuple(others, own).map(([more, each]) => ({ ...more, ...each }));
}

/** Of a record: names that the schema does not fix. */
function othersOf(schema: JsonSchema, place: Place): fc.Arbitrary<Record<string, Json>> | undefined {
  const { additionalProperties: others } = schema;
  if (typeof others !== 'object' || others === null) return undefined;
  const least = numberIn(schema['minProperties']) ?? 0;
  const names = schema['propertyNames'];
  const name = typeof names === 'object' && names !== null ? arbitrary(names as JsonSchema, place) : NAME;
  return fc.dictionary(name.map(String), arbitrary(others as JsonSchema, place), {
    minKeys: least,
    maxKeys: numberIn(schema['maxProperties']) ?? least + 2,
    noNullPrototype: true,
  });
}

const NAME = fc.stringMatching(/^[a-z]{1,8}$/);

function listArbitrary(schema: JsonSchema, place: Place): fc.Arbitrary<Json> {
  const below = { ...place, depth: place.depth + 1 };
  const { prefixItems, items } = schema;
  if (Array.isArray(prefixItems)) {
    return fc.tuple(...prefixItems.map((each: JsonSchema) => arbitrary(each, below)));
  }
  const least = numberIn(schema['minItems']) ?? 0;
  const most = Math.min(numberIn(schema['maxItems']) ?? least + 3, place.depth >= DEEPEST ? least : least + 10);
  if (most <= 0) return fc.constant([]);
  const each = arbitrary(typeof items === 'object' && items !== null ? (items as JsonSchema) : {}, below);
  const lengths = { minLength: least, maxLength: Math.max(least, most) };
  if (schema['uniqueItems'] !== true) return fc.array(each, lengths);
  return fc.uniqueArray(each, {
    ...lengths,
    comparator: (one, other) => JSON.stringify(one) === JSON.stringify(other),
  });
}
