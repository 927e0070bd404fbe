import { isRecord } from '../base/json.ts';
import { toNote } from './description.ts';
import type { JsonSchema } from './json-schema.ts';
import { CONTENT_ENCODINGS, IDENTITY, LIST_LENGTHS, TEXT_LENGTHS, USAGE_NOTES } from './keywords.ts';
import { isAnnotationOnly, isSameJson, removeDuplicates, toList } from './merge.ts';
import { isPatternOf } from './patterns.ts';
import type { SchemaSupport } from './schema-support.ts';

export interface Reduced {
  readonly schema: JsonSchema;
  /** What the schema said before and does not say now. */
  readonly notes: readonly string[];
}

/** A schema without the keywords that a server does not take, or not with these values. What is inside of it is left alone. */
export function omitKeywords(given: JsonSchema, support: SchemaSupport): Reduced {
  const { schema, notes } = replaceTuple(roundLimits(given, support), support);
  const isKept = makeIsKept(schema, support);
  const lost = Object.entries(schema).filter(([keyword, value]) => !isKept(keyword, value));
  if (lost.length === 0) return { schema, notes };
  const kept = Object.entries(schema).filter(([keyword, value]) => isKept(keyword, value));
  const said = lost.filter(([keyword, value]) => !isSilent(keyword, value, schema));
  return {
    schema: Object.fromEntries(kept),
    notes: [...notes, ...said.map(([keyword, value]) => toNote(keyword, value))],
  };
}

const REPETITIONS: readonly string[] = [...TEXT_LENGTHS, ...LIST_LENGTHS];

type IsKept = (keyword: string, value: unknown) => boolean;

function makeIsKept(schema: JsonSchema, support: SchemaSupport): IsKept {
  const { formats, patterns, lengthsBesidePatterns, maxRepetitions, omittedKeywords } = support;
  const isKnown = (format: unknown): boolean => formats === 'any' || formats.some((each) => each === format);
  const isCompiled = (pattern: unknown): boolean => typeof pattern === 'string' && isPatternOf(pattern, patterns);
  const isShaped = isCompiled(schema['pattern']) || (schema['format'] !== undefined && isKnown(schema['format']));
  return (keyword, value) => {
    // Without the schema of its values a record says nothing.
    if (omittedKeywords.includes(keyword))
      return keyword === 'additionalProperties' && isRecord(value) && !isAnnotationOnly(value);
    if (keyword === 'format') return isKnown(value);
    if (keyword === 'pattern') return isCompiled(value);
    if (keyword === 'patternProperties') return Object.keys(Object(value)).every(isCompiled);
    if (REPETITIONS.includes(keyword) && Number(value) >= maxRepetitions) return false;
    return lengthsBesidePatterns || !isShaped || !TEXT_LENGTHS.includes(keyword);
  };
}

/** Of no use to a model. */
const TECHNICAL = [...IDENTITY, ...USAGE_NOTES, ...CONTENT_ENCODINGS, 'title', 'additionalProperties'];

function isSilent(keyword: string, value: unknown, { format }: JsonSchema): boolean {
  if (TECHNICAL.includes(keyword)) return true;
  // A format says what its pattern does.
  if (keyword === 'pattern') return format !== undefined;
  if (keyword === 'propertyNames') return isSameJson(value, { type: 'string' });
  if (keyword === 'not') return isSameJson(value, {});
  return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;
}

/** Of whole numbers, "more than 2" is "3 or more". */
function roundLimits(schema: JsonSchema, { omittedKeywords }: SchemaSupport): JsonSchema {
  const { exclusiveMinimum: above, exclusiveMaximum: below, minimum, maximum, ...rest } = schema;
  const isInclusive = omittedKeywords.includes('exclusiveMinimum') && !omittedKeywords.includes('minimum');
  if (schema['type'] !== 'integer' || !isInclusive) return schema;
  const least = [minimum, typeof above === 'number' ? Math.floor(above) + 1 : undefined];
  const most = [maximum, typeof below === 'number' ? Math.ceil(below) - 1 : undefined];
  const lowest = Math.max(...keepNumbers(least));
  const highest = Math.min(...keepNumbers(most));
  return {
    ...rest,
    ...(Number.isFinite(lowest) && { minimum: lowest }),
    ...(Number.isFinite(highest) && { maximum: highest }),
  };
}

function keepNumbers(values: readonly unknown[]): readonly number[] {
  return values.filter((value) => typeof value === 'number');
}

/** A list of any of the tuple's elements, and a list has to say of what. */
function replaceTuple(schema: JsonSchema, { tuples }: SchemaSupport): Reduced {
  const { prefixItems, items, ...rest } = schema;
  if (!Array.isArray(prefixItems)) {
    const isBare = schema['type'] === 'array' && items === undefined;
    return { schema: isBare ? { ...schema, items: {} } : schema, notes: [] };
  }
  const isClosed = items === false && Number(schema['minItems'] ?? 0) >= prefixItems.length;
  if (tuples === 'any' || (tuples === 'closed' && isClosed)) return { schema, notes: [] };
  const elements = removeDuplicates([...prefixItems, ...(isRecord(items) ? [items] : [])]);
  const [single = {}] = elements;
  const isAny = items === true || items === undefined;
  return {
    schema: { ...rest, type: 'array', items: isAny ? {} : elements.length === 1 ? single : { anyOf: elements } },
    notes: [toNote('prefixItems', toList(prefixItems))],
  };
}
