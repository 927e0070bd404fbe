import { isRecord } from '../base/json.ts';

export interface Serialised {
  readonly text: string;
  /** The paths in the value that have no exact JSON form. */
  readonly lossy: readonly string[];
}

/** Any value as text for a model: a string as it is, everything else as JSON. Never throws. */
export function serialise(value: unknown): Serialised {
  if (typeof value === 'string') return { text: value, lossy: [] };
  if (value === undefined) return { text: 'null', lossy: [] };
  const lossy: string[] = [];
  const plain = toPlain(value, { path: '', above: [], lossy });
  return { text: JSON.stringify(plain), lossy };
}

interface Place {
  readonly path: string;
  /** The objects that this one is inside of. */
  readonly above: readonly object[];
  readonly lossy: string[];
}

const MAX_DEPTH = 64;

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
  const inside: Place = { ...place, above: [...place.above, value] };
  try {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? mark(place, 'Invalid Date') : value.toISOString();
    if (value instanceof Error) return mark(place, { error: value.message || value.name });
    if (value instanceof Map) return mark(place, mapToPlain(value, inside));
    if (value instanceof Set) return mark(place, listToPlain([...value], inside));
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return mark(place, `[${value.byteLength} bytes]`);
    if (Array.isArray(value)) return listToPlain(value, inside);
    if ('toJSON' in value && typeof value.toJSON === 'function') return toPlain(value.toJSON(), inside);
    return fieldsToPlain(value, inside);
  } catch (error) {
    return mark(place, `[unreadable: ${error instanceof Error ? error.message : 'it threw'}]`);
  }
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
