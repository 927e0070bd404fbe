import type { JsonSchema } from '@pawl/core/chat';
import { findEnds } from './number-arbitrary.ts';
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
} from './resolve.ts';

/**
 * Narrows the schema to each of its branches, one at a time: each enum value, each union option, each optional field
 * present and absent, both ends of each range. References resolve against the whole schema.
 */
export function listBranches(schema: JsonSchema): readonly JsonSchema[] {
  return expandSchema(schema, { root: schema, depth: 0 }).slice(0, MAX_BRANCHES);
}

/** Each branch is a call, so only the first ones of a large schema are used. */
const MAX_BRANCHES = 200;

function expandSchema(schema: JsonSchema, place: SchemaPosition): readonly JsonSchema[] {
  const resolved = resolve(schema, place);
  const values = listValues(resolved);
  if (values.length > 0) return values.map((value) => ({ const: value }));
  if (place.depth >= MAX_DEPTH) return [resolved];
  const below = { ...place, depth: place.depth + 1 };
  const options = listOptions(resolved);
  if (options.length > 0) return options.flatMap((option) => expandSchema(option, below));
  if (resolved['properties'] !== undefined) return expandFields(resolved, below);
  switch (readType(resolved)) {
    case 'array':
      return expandList(resolved, below);
    case 'boolean':
      return [{ const: true }, { const: false }];
    case 'integer':
    case 'number': {
      const ends = findEnds(resolved, { isInteger: readType(resolved) === 'integer' });
      return [resolved, ...ends.map((end) => ({ const: end }))];
    }
    default:
      return [resolved];
  }
}

function expandFields(schema: JsonSchema, place: SchemaPosition): readonly JsonSchema[] {
  const fields = readProperties(schema);
  const required = readNames(schema['required']);
  const found = Object.entries(fields).flatMap(([name, field]): readonly JsonSchema[] => {
    const { [name]: _, ...others } = fields;
    if (isNever(resolve(field, place))) return required.includes(name) ? [] : [{ ...schema, properties: others }];
    const there = expandSchema(field, place).map((branch) => ({
      ...schema,
      properties: { ...fields, [name]: branch },
      required: [...new Set([...required, name])],
    }));
    if (required.includes(name)) return there;
    return [...there, { ...schema, properties: others }];
  });
  return found.length === 0 ? [schema] : found;
}

function expandList(schema: JsonSchema, place: SchemaPosition): readonly JsonSchema[] {
  const { items } = schema;
  if (typeof items !== 'object' || items === null) return [schema];
  const least = readNumber(schema['minItems']) ?? 0;
  const shortest = least === 0 ? [{ ...schema, maxItems: 0 }] : [{ ...schema, maxItems: least }];
  const each = expandSchema(items as JsonSchema, place).map((item) => ({
    ...schema,
    items: item,
    minItems: Math.max(1, least),
  }));
  return [...shortest, ...each];
}
