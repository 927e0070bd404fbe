import { isRecord } from '../base/json.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { messageOf } from '../event/error-data.ts';

export interface Serialised {
  readonly text: string;
  /** The paths in the value that have no exact JSON form. */
  readonly lossy: readonly string[];
}

/** Any value as text for a model: a string as it is, everything else as JSON. Never throws. */
export function serialise(value: unknown): Serialised {
  if (typeof value === 'string') return { text: value, lossy: [] };
  const lossy: string[] = [];
  const plain = toPlain(value, { path: '', above: [], lossy, seen: new Set(), repeats: { count: 0 } });
  return { text: stringifyWellFormed(plain) ?? 'null', lossy };
}

interface Place {
  readonly path: string;
  /** The objects that this one is inside of. */
  readonly above: readonly object[];
  readonly lossy: string[];
  /** Every object so far, and how often one was written once more. */
  readonly seen: Set<object>;
  readonly repeats: { count: number };
}

const MAX_DEPTH = 64;

/** Objects that refer to one another in many ways would be written as often as there are ways: more than any memory. */
const MAX_REPEATS = 10_000;

function toPlain(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case 'bigint':
      return mark(place, String(value));
    case 'number':
      return Number.isFinite(value) ? value : mark(place, String(value));
    case 'function':
    case 'symbol':
      return mark(place, `[${typeof value}]`);
    case 'object':
      return value === null ? null : objectToPlain(value, place);
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
  }
}

function objectToPlain(value: object, place: Place): unknown {
  if (place.above.includes(value)) return mark(place, '[circular]');
  if (place.above.length >= MAX_DEPTH) return mark(place, '[too deep]');
  if (place.seen.has(value) && ++place.repeats.count > MAX_REPEATS) return mark(place, '[repeated]');
  place.seen.add(value);
  const inside: Place = { ...place, above: [...place.above, value] };
  try {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? mark(place, 'Invalid Date') : value.toISOString();
    if (value instanceof Error) return mark(place, { error: messageOf(value) });
    if (value instanceof Map) return mark(place, mapToPlain(value, inside));
    if (value instanceof Set) return mark(place, listToPlain([...value], inside));
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return mark(place, `[${value.byteLength} bytes]`);
    if (Array.isArray(value)) return listToPlain(value, inside);
    if ('toJSON' in value && typeof value.toJSON === 'function') return toPlain(value.toJSON(), inside);
    return isOpaque(value) ? mark(place, `[${kindOf(value)}]`) : fieldsToPlain(value, inside);
  } catch (error) {
    return mark(place, `[unreadable: ${messageOf(error)}]`);
  }
}

/** A stream, a response, a promise: what they hold is in no field, and `{}` would say that it is nothing. */
function isOpaque(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Plain objects, also those of another realm, have a prototype without one.
  return prototype !== null && Object.getPrototypeOf(prototype) !== null && Object.keys(value).length === 0;
}

function kindOf(value: object): string {
  const { constructor: made } = value;
  return typeof made === 'function' ? made.name : Object.prototype.toString.call(value).slice(8, -1);
}

function mark<T>({ path, lossy }: Place, plain: T): T {
  lossy.push(path || 'value');
  return plain;
}

function listToPlain(list: readonly unknown[], place: Place): unknown[] {
  return list.map((element, index) => toPlain(element, { ...place, path: `${place.path}[${index}]` }));
}

function mapToPlain(map: ReadonlyMap<unknown, unknown>, place: Place): unknown {
  const entries = [...map];
  if (entries.every(([key]) => typeof key === 'string')) return fieldsToPlain(Object.fromEntries(entries), place);
  return listToPlain(entries, place);
}

function fieldsToPlain(value: object, place: Place): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field: unknown = isRecord(value) ? value[key] : undefined;
    const path = place.path === '' ? key : `${place.path}.${key}`;
    // defineProperty, so that a field named __proto__ stays a field.
    Object.defineProperty(plain, key, { value: toPlain(field, { ...place, path }), enumerable: true });
  }
  return plain;
}
