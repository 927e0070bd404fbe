import { isRecord, parseJson } from '../base/json.ts';
import { findRoundedIntegers, isDeeperThan, withoutPrototypes } from '../base/untrusted-json.ts';
import { formatPath } from './issues.ts';
import type { JsonSchema } from './json-schema.ts';
import { getProperty, listAlternatives } from './list-alternatives.ts';
import { toList } from './merge.ts';
import { getItemSchema, matchesConstants } from './without-nulls.ts';

/** A value after JSON texts in it were parsed. */
export interface ParsedTexts {
  readonly value: unknown;
  /** The paths of the parsed texts: `filter.tags`, `rows[0]`, `''` for the value itself. Empty if nothing was parsed. */
  readonly paths: readonly string[];
}

/**
 * Parses texts in a value that contain a JSON array or object, where the schema requires an array or object and allows no text.
 *
 * A text stays unchanged if it is not such JSON, or if parsing would round an integer. Texts with a number or a boolean stay
 * unchanged as well.
 */
export function parseJsonTexts(value: unknown, schema: JsonSchema): ParsedTexts {
  if (!hasJsonText(value)) return { value, paths: [] };
  const paths: string[] = [];
  const read = parseNested(value, { schemas: [schema], root: schema, path: [], onParsed: (path) => paths.push(path) });
  return { value: paths.length === 0 ? value : read, paths };
}

/** A shortcut: most arguments contain no JSON text. */
function hasJsonText(value: unknown): boolean {
  if (typeof value === 'string') return isJsonLike(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasJsonText);
}

function isJsonLike(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

interface Place {
  /** The schemas that apply to the value, with references and unions unresolved. */
  readonly schemas: readonly unknown[];
  /** The document that references point into. */
  readonly root: JsonSchema;
  readonly path: readonly (string | number)[];
  readonly onParsed: (path: string) => void;
}

function parseNested(original: unknown, place: Place): unknown {
  const { schemas, root, path, onParsed } = place;
  const value = typeof original === 'string' ? parseText(original, place) : original;
  if (value !== original) onParsed(path.length === 0 ? '' : formatPath(path));
  const possible = schemas.flatMap((schema) => listAlternatives(schema, root));
  if (Array.isArray(value)) {
    return value.map((element, index) =>
      parseNested(element, {
        ...place,
        schemas: possible.map((schema) => getItemSchema(schema, index)),
        path: [...path, index],
      }),
    );
  }
  if (!isRecord(value)) return value;
  const matching = possible.filter((schema) => matchesConstants(value, schema, root));
  const branches = matching.length === 0 ? possible : matching;
  const fields = Object.entries(value).map(([name, field]) => {
    const inner = branches.map((schema) => getProperty(schema, name) ?? schema['additionalProperties']);
    return [name, parseNested(field, { ...place, schemas: inner, path: [...path, name] })];
  });
  return Object.fromEntries(fields);
}

/** Deeper arguments come only from a model that repeats itself. */
const MAX_DEPTH = 500;

function parseText(text: string, { schemas, root }: Place): unknown {
  if (!isJsonLike(text) || schemas.some((schema) => isTextAllowed(schema, root))) return text;
  if (isDeeperThan(text, MAX_DEPTH)) return text;
  const parsed = parseJson(text);
  if (!parsed.ok || findRoundedIntegers(text).length > 0) return text;
  const type = Array.isArray(parsed.value) ? 'array' : 'object';
  const isExpected = schemas.some((schema) =>
    listAlternatives(schema, root).some((each) => toList(each['type']).includes(type)),
  );
  return isExpected ? withoutPrototypes(parsed.value, text) : text;
}

/** Whether a schema may allow a text. A schema without a type allows one. */
export function isTextAllowed(schema: unknown, root: JsonSchema): boolean {
  if (!isRecord(schema)) return schema !== false;
  if (schema['type'] !== undefined && !toList(schema['type']).includes('string')) return false;
  const found = listAlternatives(schema, root);
  return found.length === 0 || found.some((each) => canBeText(each));
}

function canBeText({ type, const: constant, enum: values }: JsonSchema): boolean {
  if (constant !== undefined) return typeof constant === 'string';
  if (Array.isArray(values)) return values.some((value) => typeof value === 'string');
  return type === undefined || toList(type).includes('string');
}
