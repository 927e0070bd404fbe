import { isRecord } from '../base/json.ts';
import { collectDefinitions } from './definitions.ts';
import type { JsonSchema } from './json-schema.ts';
import { isAnnotationOnly, toList } from './merge.ts';
import { mapSubschemas } from './subschemas.ts';

/**
 * A schema of any draft as one of 2020-12 that servers can follow: what earlier drafts and OpenAPI say in other words is said
 * in those of 2020-12, and each reference leads to the root or into `$defs`.
 *
 * Gives the very same schema if it is one already.
 */
export function normalizeSchema(given: JsonSchema): JsonSchema {
  return upgrade(collectDefinitions(given));
}

function upgrade(schema: JsonSchema): JsonSchema {
  const inner = mapSubschemas(schema, (each) => (isRecord(each) ? upgrade(each) : each));
  return isLegacy(inner) ? upgradeNullable(upgradeLimits(upgradeTuple(removeIdentity(inner)))) : inner;
}

const LEGACY = ['$schema', '$id', '$anchor', 'nullable', 'dependencies', 'additionalItems'];

function isLegacy(schema: JsonSchema): boolean {
  const { items, exclusiveMinimum, exclusiveMaximum, required, type } = schema;
  const isOld = typeof exclusiveMinimum === 'boolean' || typeof exclusiveMaximum === 'boolean' || Array.isArray(items);
  const isWrong = type === 'any' || (required !== undefined && !Array.isArray(required));
  return isOld || isWrong || LEGACY.some((keyword) => schema[keyword] !== undefined);
}

/** References no longer need it. `required` was a flag of the property itself, `any` a type. */
function removeIdentity({ $schema: _, $id: __, $anchor: ___, type, required, ...schema }: JsonSchema): JsonSchema {
  return {
    ...(type !== undefined && type !== 'any' && { type }),
    ...schema,
    ...(Array.isArray(required) && { required }),
  };
}

function upgradeTuple({ items, additionalItems, dependencies, ...schema }: JsonSchema): JsonSchema {
  const upgrade = isRecord(dependencies) ? upgradeDependencies(schema, dependencies) : schema;
  if (!Array.isArray(items)) return { ...upgrade, ...(items !== undefined && { items }) };
  return { ...upgrade, prefixItems: items, ...(additionalItems !== undefined && { items: additionalItems }) };
}

function upgradeDependencies(schema: JsonSchema, dependencies: JsonSchema): JsonSchema {
  const entries = Object.entries(dependencies);
  const names = entries.filter(([, each]) => Array.isArray(each));
  const schemas = entries.filter(([, each]) => isRecord(each));
  return {
    ...schema,
    ...(names.length > 0 && { dependentRequired: Object.fromEntries(names) }),
    ...(schemas.length > 0 && { dependentSchemas: Object.fromEntries(schemas) }),
  };
}

/** Draft 4 had a flag beside the limit. */
function upgradeLimits(schema: JsonSchema): JsonSchema {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, ...rest } = schema;
  return {
    ...rest,
    ...(exclusiveMinimum === true ? { exclusiveMinimum: minimum } : { minimum, ...keepNumbers({ exclusiveMinimum }) }),
    ...(exclusiveMaximum === true ? { exclusiveMaximum: maximum } : { maximum, ...keepNumbers({ exclusiveMaximum }) }),
  };
}

function keepNumbers(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([, limit]) => typeof limit === 'number'));
}

/** OpenAPI 3.0. */
function upgradeNullable({ nullable, ...given }: JsonSchema): JsonSchema {
  const schema = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (nullable !== true || isAnnotationOnly(schema)) return schema;
  const { type, enum: values, description, ...rest } = schema;
  if (type === undefined || schema['const'] !== undefined)
    return {
      ...(description !== undefined && { description }),
      anyOf: [omit(schema, 'description'), { type: 'null' }],
    };
  return {
    ...rest,
    type: [...new Set([...toList(type), 'null'])],
    ...(Array.isArray(values) && { enum: values.includes(null) ? values : [...values, null] }),
    ...(description !== undefined && { description }),
  };
}

function omit(schema: JsonSchema, keyword: string): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([each]) => each !== keyword));
}
