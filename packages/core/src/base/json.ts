import { findJsonProblem } from './find-json-problem.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** Whether a value is an object that is not an array. Its fields are still unknown. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Accepts objects of another realm, whose prototype is that realm's `Object.prototype`. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether JSON.parse could return the value. Fields that are undefined count as absent. */
export function isJson(value: unknown): value is Json {
  try {
    JSON.stringify(value); // Throws if the value is circular or too deep.
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

/** Parses JSON without throwing. `problem` says where the text stops being JSON. */
export function parseJson(text: string): ParseResult {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    // The engine's own message differs by engine, can lack the position and can quote the whole text. Lazy: most callers do not read it.
    return {
      ok: false,
      get problem() {
        return findJsonProblem(text);
      },
    };
  }
}

/**
 * Returns the path of the first number that a double cannot hold, such as `1e400` (JSON.parse reads it as Infinity): `''` for the
 * value itself, `undefined` if there is none.
 *
 * @param text - the JSON of the value; most texts show without a search that there is no such number
 */
export function findOverflow(value: unknown, text?: string): string | undefined {
  if (text !== undefined && !MAY_OVERFLOW.test(text)) return undefined;
  // A loop, because a model can write JSON that is nested deeper than the stack.
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

/** Writes JSON with sorted keys, for hashes and comparisons: equal values have equal texts. */
export function stringifyCanonical(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    isRecord(field) ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))) : field,
  );
}
