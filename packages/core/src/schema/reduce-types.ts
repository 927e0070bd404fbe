import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { KEYWORDS_OF_TYPE } from './keywords.ts';
import { isAnnotationOnly, readEnumValues, removeDuplicates, toList } from './merge.ts';
import { addNotes, toNote } from './notes.ts';
import type { SchemaSupport } from './schema-support.ts';
import { getJsonType } from './unite.ts';

const ALL_TYPES = ['string', 'number', 'boolean', 'object', 'array', 'null'];

const TYPE_BY_KEYWORD: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(KEYWORDS_OF_TYPE).flatMap(([type, keywords]) => keywords.map((keyword) => [keyword, type])),
);

/** Splits a schema into one schema for each of its types; `undefined` if the server supports the schema as a whole. */
export function splitByType(
  schema: JsonSchema,
  { typeLists, enums }: SchemaSupport,
): readonly JsonSchema[] | undefined {
  const { title: _, description: __, default: ___, ...rest } = schema;
  const values = readEnumValues(schema);
  const types = toList(schema['type']);
  if (values !== undefined) {
    const found = removeDuplicates(values.map(getJsonType));
    const isSplit = found.length > 1 && (enums !== 'any' || (types.length > 1 && typeLists !== 'any'));
    return isSplit ? found.map((type) => pickValues(rest, type, values)) : undefined;
  }
  if (types.length < 2 || typeLists === 'any' || (typeLists === 'bare' && Object.keys(rest).length === 1))
    return undefined;
  return types.map((type) => ({ type, ...pickKeywords(rest, type) }));
}

function pickValues(schema: JsonSchema, type: string, values: readonly unknown[]): JsonSchema {
  const { const: _, ...rest } = schema;
  return { ...pickKeywords(rest, type), type, enum: values.filter((value) => getJsonType(value) === type) };
}

function pickKeywords({ type: _, ...schema }: JsonSchema, type: unknown): JsonSchema {
  const wide = type === 'integer' ? 'number' : type;
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => (TYPE_BY_KEYWORD[keyword] ?? wide) === wide));
}

/** Converts the type and the values of a schema to the forms that the server supports. */
export function convertType(schema: JsonSchema, support: SchemaSupport): JsonSchema {
  return openValues(addMissingType(convertValues(schema, support), support), support);
}

function convertValues(schema: JsonSchema, { constants, enums }: SchemaSupport): JsonSchema {
  const values = readEnumValues(schema);
  if (values === undefined || (enums === 'any' && (constants || schema['const'] === undefined))) return schema;
  const { const: _, enum: __, ...rest } = schema;
  if (enums === 'any') return { ...rest, enum: values };
  const [type] = values.map(getJsonType);
  const isInteger = type === 'number' && schema['type'] === 'integer' && values.every(Number.isInteger);
  const own = { ...rest, type: isInteger ? 'integer' : type };
  if (type === 'null') return own;
  const isSent = type === 'string' || (type === 'number' && enums === 'one-type');
  if (isSent) return { ...own, enum: values };
  const isWhole = type === 'boolean' && values.length === 2;
  return isWhole ? own : addNotes(own, [toNote('enum', values)]);
}

/** Adds a type to a schema that allows values of any type, for servers that require one. */
function addMissingType(schema: JsonSchema, { anyValues, typeLists }: SchemaSupport): JsonSchema {
  const isOpen = schema['type'] === undefined && !TYPE_KEYWORDS.some((keyword) => schema[keyword] !== undefined);
  if (anyValues === 'empty' || !isOpen) return schema;
  const own = Object.keys(schema).flatMap((keyword) => TYPE_BY_KEYWORD[keyword] ?? []);
  if (own[0] !== undefined) return { type: own[0], ...schema };
  if (typeLists === 'none' || !isAnnotationOnly(schema)) return schema;
  return { type: ALL_TYPES, ...schema };
}

const TYPE_KEYWORDS = ['$ref', 'anyOf', 'oneOf', 'allOf', 'enum', 'const', 'not', 'if'];

/** Writes `additionalProperties` of any value as `true`, and lists each required property. */
function openValues(schema: JsonSchema, { anyValues, booleanSchemas }: SchemaSupport): JsonSchema {
  const { additionalProperties: more, properties, required } = schema;
  const isOpen = !booleanSchemas && isRecord(more) && isAny(more);
  const open = isOpen ? { ...schema, additionalProperties: true } : schema;
  if (anyValues === 'empty' || !Array.isArray(required) || !isRecord(properties)) return open;
  const missing = required.map(String).filter((name) => !Object.hasOwn(properties, name));
  if (missing.length === 0) return open;
  const added = missing.map((name) => [name, { type: ALL_TYPES }] as const);
  return { ...open, properties: { ...properties, ...Object.fromEntries(added) } };
}

function isAny({ type, ...rest }: JsonSchema): boolean {
  return isAnnotationOnly(rest) && (type === undefined || toList(type).length === ALL_TYPES.length);
}
