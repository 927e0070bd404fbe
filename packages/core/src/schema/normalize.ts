import { isRecord } from '../base/json.ts';
import { collectDefinitions } from './collect-definitions.ts';
import type { JsonSchema } from './json-schema.ts';
import { isAnnotationOnly, toList } from './merge.ts';
import { mapSubschemas } from './subschemas.ts';

/**
 * Converts a schema of any draft or of OpenAPI to 2020-12, with references that servers can follow: to the root or into `$defs`.
 *
 * Returns the same object if nothing has to change.
 */
export function normalizeSchema(schema: JsonSchema): JsonSchema {
  return upgrade(collectDefinitions(schema));
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

/** Removes `$schema` and `$id`, which no reference needs now, and the old forms `required: true` and `type: "any"`. */
function removeIdentity({ $schema: _, $id: __, $anchor: ___, type, required, ...schema }: JsonSchema): JsonSchema {
  return {
    ...(type !== undefined && type !== 'any' && { type }),
    ...schema,
    ...(Array.isArray(required) && { required }),
  };
}

function upgradeTuple({ items, additionalItems, dependencies, ...schema }: JsonSchema): JsonSchema {
  const upgraded = isRecord(dependencies) ? upgradeDependencies(schema, dependencies) : schema;
  if (!Array.isArray(items)) return { ...upgraded, ...(items !== undefined && { items }) };
  return { ...upgraded, prefixItems: items, ...(additionalItems !== undefined && { items: additionalItems }) };
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

/** Converts the exclusive limits of draft 4, where a boolean modifies `minimum` or `maximum`. */
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

/** Converts `nullable` of OpenAPI 3.0 to a null type. */
function upgradeNullable({ nullable, ...others }: JsonSchema): JsonSchema {
  const schema = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
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
