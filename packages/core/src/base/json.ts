import { findJsonProblem } from './find-json-problem.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** True of `{…}`, never of an array or null. Its fields are still unknown. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Objects of another realm have a prototype of their own, which has none. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether a value is what JSON.parse could give; fields that are undefined count as left out. */
export function isJson(value: unknown): value is Json {
  try {
    JSON.stringify(value); // Throws where it goes round in circles, or too deep.
    return isPlain(value);
  } catch {
    return false;
  }
}

function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlain);
  if (!isRecord(value) || !isPlainObject(value)) return false;
  return Object.values(value).every((field) => field === undefined || isPlain(field));
}

export type ParseResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** Parses JSON without throwing; the problem says where the text stops being JSON. */
export function parseJson(text: string): ParseResult {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    // The engine's own words differ, may lack the position, and may quote the whole text. Most callers do not ask.
    return {
      ok: false,
      get problem() {
        return findJsonProblem(text);
      },
    };
  }
}

/**
 * The path of the first number that a double cannot hold, such as `1e400` (JSON.parse reads it as Infinity): `''` for the
 * value itself, `undefined` if there is none. `text`, the JSON that the value was read from, spares most values the search.
 */
export function findOverflow(value: unknown, text?: string): string | undefined {
  if (text !== undefined && !MAY_OVERFLOW.test(text)) return undefined;
  // By hand: what a model writes may be nested deeper than the stack.
  const open: LocatedValue[] = [{ path: '', value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value === 'number' && !Number.isFinite(next.value)) return next.path;
    for (const field of listFields(next).reverse()) open.push(field);
  }
  return undefined;
}

/** A number with an exponent, or with more digits than the largest double. */
const MAY_OVERFLOW = /\d[eE]\+?\d|\d{309}/;

interface LocatedValue {
  readonly path: string;
  readonly value: unknown;
}

function listFields({ path, value }: LocatedValue): LocatedValue[] {
  if (Array.isArray(value)) return value.map((element, at) => ({ path: `${path}[${at}]`, value: element }));
  if (!isRecord(value)) return [];
  return Object.entries(value).map(([name, field]) => ({ path: path === '' ? name : `${path}.${name}`, value: field }));
}

/** The same text for the same value, whatever the order of its keys. For hashes and comparisons. */
export function stringifyCanonical(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    isRecord(field) ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))) : field,
  );
}
