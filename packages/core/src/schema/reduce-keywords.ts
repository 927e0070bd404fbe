import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { CONTENT_ENCODINGS, IDENTITY, LIST_LENGTHS, TEXT_LENGTHS, USAGE_NOTES } from './keywords.ts';
import { isAnnotationOnly, isSameJson, removeDuplicates, toList } from './merge.ts';
import { toNote } from './notes.ts';
import { isPatternOf } from './patterns.ts';
import type { SchemaSupport } from './schema-support.ts';

export interface SchemaWithNotes {
  readonly schema: JsonSchema;
  /** The removed rules, as sentences. */
  readonly notes: readonly string[];
}

/** Removes keywords that a server does not support, or not with these values. Subschemas stay unchanged. */
export function omitKeywords(original: JsonSchema, support: SchemaSupport): SchemaWithNotes {
  const { schema, notes } = replaceTuple(roundLimits(original, support), support);
  const isKept = makeKeywordFilter(schema, support);
  const omitted = Object.entries(schema).filter(([keyword, value]) => !isKept(keyword, value));
  if (omitted.length === 0) return { schema, notes };
  const kept = Object.entries(schema).filter(([keyword, value]) => isKept(keyword, value));
  const noted = omitted.filter(([keyword, value]) => !isDroppedSilently(keyword, value, schema));
  return {
    schema: Object.fromEntries(kept),
    notes: [...notes, ...noted.map(([keyword, value]) => toNote(keyword, value))],
  };
}

const REPETITIONS: readonly string[] = [...TEXT_LENGTHS, ...LIST_LENGTHS];

type KeywordFilter = (keyword: string, value: unknown) => boolean;

function makeKeywordFilter(schema: JsonSchema, support: SchemaSupport): KeywordFilter {
  const { formats, patterns, lengthsBesidePatterns, maxRepetitions, omittedKeywords } = support;
  const isKnown = (format: unknown): boolean => formats === 'any' || formats.some((each) => each === format);
  const isCompiled = (pattern: unknown): boolean => typeof pattern === 'string' && isPatternOf(pattern, patterns);
  const isShaped = isCompiled(schema['pattern']) || (schema['format'] !== undefined && isKnown(schema['format']));
  return (keyword, value) => {
    // The schema of a record's values is kept: without it, the record would allow any value.
    if (omittedKeywords.includes(keyword))
      return keyword === 'additionalProperties' && isRecord(value) && !isAnnotationOnly(value);
    if (keyword === 'format') return isKnown(value);
    if (keyword === 'pattern') return isCompiled(value);
    if (keyword === 'patternProperties') return Object.keys(Object(value)).every(isCompiled);
    if (REPETITIONS.includes(keyword) && Number(value) >= maxRepetitions) return false;
    return lengthsBesidePatterns || !isShaped || !TEXT_LENGTHS.includes(keyword);
  };
}

/** Keywords that do not help a model. */
const TECHNICAL_KEYWORDS = [...IDENTITY, ...USAGE_NOTES, ...CONTENT_ENCODINGS, 'title', 'additionalProperties'];

function isDroppedSilently(keyword: string, value: unknown, { format }: JsonSchema): boolean {
  if (TECHNICAL_KEYWORDS.includes(keyword)) return true;
  // A format implies its pattern.
  if (keyword === 'pattern') return format !== undefined;
  if (keyword === 'propertyNames') return isSameJson(value, { type: 'string' });
  if (keyword === 'not') return isSameJson(value, {});
  return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;
}

/** Converts exclusive limits of integers to inclusive ones: more than 2 is 3 or more. */
function roundLimits(schema: JsonSchema, { omittedKeywords }: SchemaSupport): JsonSchema {
  const { exclusiveMinimum: above, exclusiveMaximum: below, minimum, maximum, ...rest } = schema;
  const isInclusive = omittedKeywords.includes('exclusiveMinimum') && !omittedKeywords.includes('minimum');
  if (schema['type'] !== 'integer' || !isInclusive) return schema;
  const minimums = [minimum, typeof above === 'number' ? Math.floor(above) + 1 : undefined];
  const maximums = [maximum, typeof below === 'number' ? Math.ceil(below) - 1 : undefined];
  const lowest = Math.max(...keepNumbers(minimums));
  const highest = Math.min(...keepNumbers(maximums));
  return {
    ...rest,
    ...(Number.isFinite(lowest) && { minimum: lowest }),
    ...(Number.isFinite(highest) && { maximum: highest }),
  };
}

function keepNumbers(values: readonly unknown[]): readonly number[] {
  return values.filter((value) => typeof value === 'number');
}

/** Converts a tuple to an array of any of its elements if the server does not support it. Adds `items` to an array without it. */
function replaceTuple(schema: JsonSchema, { tuples }: SchemaSupport): SchemaWithNotes {
  const { prefixItems, items, ...rest } = schema;
  if (!Array.isArray(prefixItems)) {
    const isBare = schema['type'] === 'array' && items === undefined;
    return { schema: isBare ? { ...schema, items: {} } : schema, notes: [] };
  }
  const isClosed = items === false && Number(schema['minItems'] ?? 0) >= prefixItems.length;
  if (tuples === 'any' || (tuples === 'closed' && isClosed)) return { schema, notes: [] };
  const types = removeDuplicates([...prefixItems, ...(isRecord(items) ? [items] : [])]);
  const [single = {}] = types;
  const isAny = items === true || items === undefined;
  return {
    schema: { ...rest, type: 'array', items: isAny ? {} : types.length === 1 ? single : { anyOf: types } },
    notes: [toNote('prefixItems', toList(prefixItems))],
  };
}
