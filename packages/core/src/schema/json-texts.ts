import { isRecord, parseJson } from '../base/json.ts';
import { findRoundedIntegers, isDeeperThan, withoutPrototypes } from '../base/untrusted-json.ts';
import { alternatives, propertyOf } from './alternatives.ts';
import { pathText } from './issues.ts';
import type { JsonSchema } from './json-schema.ts';
import { toList } from './merge.ts';
import { fits, itemOf } from './nulls.ts';

/** A value in which texts were parsed, and where they stood. */
export interface ParsedTexts {
  readonly value: unknown;
  /** `filter.tags`, `rows[0]`, `''` for the value itself; empty if nothing was parsed. */
  readonly paths: readonly string[];
}

/**
 * Parses JSON that a model wrote as a text where the schema wants an array or an object, and allows no text.
 *
 * A text is kept if it is no such JSON, or if parsing would round an integer in it. Numbers and booleans as texts are not touched.
 */
export function parseJsonTexts(value: unknown, schema: JsonSchema): ParsedTexts {
  if (!holdsJsonText(value)) return { value, paths: [] };
  const paths: string[] = [];
  const read = parseIn(value, { schemas: [schema], root: schema, path: [], onParsed: (path) => paths.push(path) });
  return { value: paths.length === 0 ? value : read, paths };
}

/** Most arguments hold none. */
function holdsJsonText(value: unknown): boolean {
  if (typeof value === 'string') return isJsonLike(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsJsonText);
}

function isJsonLike(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

interface Place {
  /** What the value may be, references and unions not followed. */
  readonly schemas: readonly unknown[];
  /** Where references point into. */
  readonly root: JsonSchema;
  readonly path: readonly (string | number)[];
  readonly onParsed: (path: string) => void;
}

function parseIn(given: unknown, place: Place): unknown {
  const { schemas, root, path, onParsed } = place;
  const value = typeof given === 'string' ? parseText(given, place) : given;
  if (value !== given) onParsed(path.length === 0 ? '' : pathText(path));
  const possible = schemas.flatMap((schema) => alternatives(schema, root));
  if (Array.isArray(value)) {
    return value.map((element, index) =>
      parseIn(element, { ...place, schemas: possible.map((schema) => itemOf(schema, index)), path: [...path, index] }),
    );
  }
  if (!isRecord(value)) return value;
  const fitting = possible.filter((schema) => fits(value, schema, root));
  const branches = fitting.length === 0 ? possible : fitting;
  const fields = Object.entries(value).map(([name, field]) => {
    const inner = branches.map((schema) => propertyOf(schema, name) ?? schema['additionalProperties']);
    return [name, parseIn(field, { ...place, schemas: inner, path: [...path, name] })];
  });
  return Object.fromEntries(fields);
}

/** More is no argument, but a model that has lost its way. */
const MAX_DEPTH = 500;

function parseText(text: string, { schemas, root }: Place): unknown {
  if (!isJsonLike(text) || schemas.some((schema) => takesText(schema, root))) return text;
  if (isDeeperThan(text, MAX_DEPTH)) return text;
  const parsed = parseJson(text);
  if (!parsed.ok || findRoundedIntegers(text).length > 0) return text;
  const wanted = Array.isArray(parsed.value) ? 'array' : 'object';
  const isWanted = schemas.some((schema) =>
    alternatives(schema, root).some(({ type }) => toList(type).includes(wanted)),
  );
  return isWanted ? withoutPrototypes(parsed.value, text) : text;
}

/** Whether a text may pass. A schema that does not say so clearly may take anything. */
export function takesText(schema: unknown, root: JsonSchema): boolean {
  if (!isRecord(schema)) return schema !== false;
  if (schema['type'] !== undefined && !toList(schema['type']).includes('string')) return false;
  const found = alternatives(schema, root);
  return found.length === 0 || found.some((each) => mayBeText(each));
}

function mayBeText({ type, const: constant, enum: values }: JsonSchema): boolean {
  if (constant !== undefined) return typeof constant === 'string';
  if (Array.isArray(values)) return values.some((value) => typeof value === 'string');
  return type === undefined || toList(type).includes('string');
}
