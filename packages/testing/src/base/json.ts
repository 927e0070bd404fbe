import type { JsonObject } from '@pawl/core';
import type { Json } from '@pawl/core/chat';

/** Text as JSON; `undefined` where it is none. */
export function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json; // JSON.parse gives nothing else.
  } catch {
    return undefined;
  }
}

/** True of `{…}`, never of an array or null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether two values are the same JSON, whatever the order of their keys. */
export function isSameJson(left: Json, right: Json): boolean {
  return ordered(left) === ordered(right);
}

function ordered(value: Json): string {
  return JSON.stringify(value, (_key, field: Json) =>
    isObject(field) ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1))) : field,
  );
}
