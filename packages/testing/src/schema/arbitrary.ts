import type { Json, JsonSchema } from '@pawl/core/chat';
import fc from 'fast-check';
import { numberArbitrary } from './number-arbitrary.ts';
import {
  DEEPEST,
  isNever,
  namesIn,
  numberIn,
  optionsOf,
  type Place,
  propertiesOf,
  resolve,
  schemaIn,
  typeOf,
  valuesOf,
} from './resolve.ts';
import { stringArbitrary } from './string-arbitrary.ts';

/** The same value for the same seed. What a schema asks beyond JSON Schema, such as a refinement, is not known. `root`: the document that a branch is of, which its references lead into. */
export function sampleOf(schema: JsonSchema, seed: number, root: JsonSchema = schema): Json {
  const [value = null] = fc.sample(arbitrary(schema, { root, depth: 0 }), { seed, numRuns: 1 });
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
    case 'integer':
      return numberArbitrary(resolved, { isInteger: typeOf(resolved) === 'integer' });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 }).map((value) => value as Json); // fast-check's own name for the same.
  }
}

/** Far down, the simplest: a recursive schema has to end somewhere. */
function oneOf(options: readonly JsonSchema[], place: Place): fc.Arbitrary<Json> {
  if (place.depth < DEEPEST) return fc.oneof(...options.map((option) => arbitrary(option, place)));
  const heights = options.map((option) => heightOf(option, place.root, MOST));
  return arbitrary(options[heights.indexOf(Math.min(...heights))] ?? {}, place);
}

function objectArbitrary(schema: JsonSchema, place: Place): fc.Arbitrary<Json> {
  const required = namesIn(schema['required']);
  const isDeep = place.depth >= DEEPEST;
  const below = { ...place, depth: place.depth + 1 };
  const declared = propertiesOf(schema);
  const others = othersOf(schema, below);
  // Of a record, names that it has to have.
  const further = required.filter((name) => declared[name] === undefined && others !== undefined);
  const known = [
    ...Object.entries(declared).filter(([name, each]) => {
      return required.includes(name) || !(isDeep || isNever(resolve(each, place)));
    }),
    ...further.map((name) => [name, schemaIn(schema['additionalProperties'])] as const),
  ];
  const fields = Object.fromEntries(known.map(([name, each]) => [name, arbitrary(each, below)]));
  const requiredKeys = known.map(([name]) => name).filter((name) => required.includes(name));
  const own = fc.record(fields, { requiredKeys, noNullPrototype: true });
  return others === undefined || isDeep ? own : fc.tuple(others, own).map(([more, each]) => ({ ...more, ...each }));
}

/** Of a record: names that the schema does not fix. */
function othersOf(schema: JsonSchema, place: Place): fc.Arbitrary<Record<string, Json>> | undefined {
  const { additionalProperties: others } = schema;
  if (typeof others !== 'object' || others === null || isNever(schemaIn(others))) return undefined;
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
  const listed = prefixItems ?? items;
  // Of zod 3, a tuple's `items` are a list.
  if (Array.isArray(listed)) return fc.tuple(...listed.map((each: JsonSchema) => arbitrary(each, below)));
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

/** Looking further costs more than it finds: each level may have several choices. */
const MOST = 6;

/** How many levels the smallest value of a schema has below it; `Infinity` where it has more than `left`. */
function heightOf(schema: JsonSchema, root: JsonSchema, left: number): number {
  if (left === 0) return Number.POSITIVE_INFINITY;
  const resolved = resolve(schema, { root });
  if (valuesOf(resolved).length > 0) return 0;
  const below = (inner: JsonSchema): number => heightOf(inner, root, left - 1);
  const options = optionsOf(resolved);
  if (options.length > 0) return Math.min(...options.map(below));
  switch (typeOf(resolved)) {
    case 'object': {
      const fields = propertiesOf(resolved);
      return above(namesIn(resolved['required']).map((name) => below(fields[name] ?? {})));
    }
    case 'array': {
      const { prefixItems, items } = resolved;
      const listed = prefixItems ?? items;
      if (Array.isArray(listed)) return above(listed.map((each) => below(schemaIn(each))));
      return (numberIn(resolved['minItems']) ?? 0) === 0 ? 1 : above([below(schemaIn(items))]);
    }
    default:
      return 0;
  }
}

function above(heights: readonly number[]): number {
  return 1 + Math.max(0, ...heights);
}
