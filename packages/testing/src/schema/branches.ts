import type { JsonSchema } from '@pawl/core/chat';
import { endsOf } from './number-arbitrary.ts';
import {
  DEEPEST,
  isNever,
  namesIn,
  numberIn,
  optionsOf,
  type Place,
  propertiesOf,
  resolve,
  typeOf,
  valuesOf,
} from './resolve.ts';

/**
 * The schema, narrowed in turn to each of its branches: each value of an enum, each option of a union, each optional field
 * there and not there, the ends of each range. One at a time: what is beside a branch stays as it was.
 * References in a branch lead into the whole schema.
 */
export function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  return branches(schema, { root: schema, depth: 0 }).slice(0, MOST_BRANCHES);
}

/** Of a large schema the first ones: each is a call. */
const MOST_BRANCHES = 200;

function branches(schema: JsonSchema, place: Place): readonly JsonSchema[] {
  const resolved = resolve(schema, place);
  const values = valuesOf(resolved);
  if (values.length > 0) return values.map((value) => ({ const: value }));
  if (place.depth >= DEEPEST) return [resolved];
  const below = { ...place, depth: place.depth + 1 };
  const options = optionsOf(resolved);
  if (options.length > 0) return options.flatMap((option) => branches(option, below));
  if (resolved['properties'] !== undefined) return fieldBranches(resolved, below);
  switch (typeOf(resolved)) {
    case 'array':
      return listBranches(resolved, below);
    case 'boolean':
      return [{ const: true }, { const: false }];
    case 'integer':
    case 'number': {
      const ends = endsOf(resolved, { isInteger: typeOf(resolved) === 'integer' });
      return [resolved, ...ends.map((end) => ({ const: end }))];
    }
    default:
      return [resolved];
  }
}

function fieldBranches(schema: JsonSchema, place: Place): readonly JsonSchema[] {
  const fields = propertiesOf(schema);
  const required = namesIn(schema['required']);
  const found = Object.entries(fields).flatMap(([name, field]): readonly JsonSchema[] => {
    const { [name]: _, ...others } = fields;
    if (isNever(resolve(field, place))) return required.includes(name) ? [] : [{ ...schema, properties: others }];
    const there = branches(field, place).map((branch) => ({
      ...schema,
      properties: { ...fields, [name]: branch },
      required: [...new Set([...required, name])],
    }));
    if (required.includes(name)) return there;
    return [...there, { ...schema, properties: others }];
  });
  return found.length === 0 ? [schema] : found;
}

function listBranches(schema: JsonSchema, place: Place): readonly JsonSchema[] {
  const { items } = schema;
  if (typeof items !== 'object' || items === null) return [schema];
  const least = numberIn(schema['minItems']) ?? 0;
  const shortest = least === 0 ? [{ ...schema, maxItems: 0 }] : [{ ...schema, maxItems: least }];
  const each = branches(items as JsonSchema, place).map((item) => ({
    ...schema,
    items: item,
    minItems: Math.max(1, least),
  }));
  return [...shortest, ...each];
}
