import type { JsonObject } from '@pawl/core';
import type { Json } from '@pawl/core/chat';

/** Parses JSON; `undefined` if the text is not JSON. */
export function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json; // JSON.parse returns nothing else.
  } catch {
    return undefined;
  }
}

/** True for `{…}`; false for arrays and null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Compares two JSON values; the order of keys does not matter. */
export function isSameJson(left: Json, right: Json): boolean {
  return serializeSorted(left) === serializeSorted(right);
}

/** Equal values have the same text: the order of keys does not matter. */
export function serializeSorted(value: Json): string {
  return JSON.stringify(value, (_key, field: Json) =>
    isObject(field) ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))) : field,
  );
}
