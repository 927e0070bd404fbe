import { ConfigError } from '../base/errors.ts';
import { isPlainObject, isRecord } from '../base/json.ts';
import { describeType, getClassName } from '../base/options.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { getErrorMessage } from '../event/error-data.ts';

export interface Serialised {
  readonly text: string;
  /** The paths in the value that have no exact JSON form. */
  readonly lossy: readonly string[];
}

/**
 * Any value as text for a model: a string as it is, everything else as JSON.
 *
 * @throws ConfigError `result.unreadable` for what was returned by mistake, and says nothing as JSON: a promise, a stream, bytes, a function.
 */
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
      throw unreadable(place, { what: 'a function', fix: 'Return what it gives, or leave it out.' });
    case 'symbol':
      throw unreadable(place, { what: 'a symbol', fix: 'Return a text, or leave it out.' });
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
    if (value instanceof Error) return mark(place, { error: getErrorMessage(value) });
    if (value instanceof Map) return mark(place, mapToPlain(value, inside));
    if (value instanceof Set) return mark(place, listToPlain([...value], inside));
    if (value instanceof RegExp) return mark(place, String(value));
    if (Array.isArray(value)) return listToPlain(value, inside);
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return value.valueOf();
    const mistake = mistakeIn(value);
    if (mistake !== undefined) throw unreadable(place, mistake);
    if ('toJSON' in value && typeof value.toJSON === 'function') return toPlain(value.toJSON(), inside);
    return fieldsToPlain(value, inside);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    return mark(place, `[unreadable: ${getErrorMessage(error)}]`);
  }
}

interface Mistake {
  readonly what: string;
  /** What to return in its place. */
  readonly fix: string;
}

class Unreadable extends ConfigError {}

/** The tool has run by now: who reads this must not repeat the call because of it. */
function unreadable({ path }: Place, { what, fix }: Mistake): Unreadable {
  const message = `The call ran, but its result can't be read: ${path === '' ? 'it' : path} is ${what}. ${fix}`;
  return new Unreadable(message, { code: 'result.unreadable' });
}

/** What holds its contents in no field, so that `{}` would say that it is empty. */
function mistakeIn(value: object): Mistake | undefined {
  const what = describeType(value);
  if (hasMethod(value, 'then')) return { what: 'a promise', fix: 'An await is missing.' };
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return { what: `${what} of ${value.byteLength} bytes`, fix: BYTES };
  }
  if (hasMethod(value, Symbol.asyncIterator)) return { what: `a stream (${getClassName(value)})`, fix: STREAM };
  if (isPlainObject(value)) return undefined; // Its fields say what they are.
  if (hasMethod(value, 'arrayBuffer') && hasMethod(value, 'text')) {
    return {
      what,
      fix: hasMethod(value, 'json') ? 'Return what await response.json() or response.text() gives.' : BYTES,
    };
  }
  if (hasMethod(value, 'toJSON')) return undefined;
  if (hasMethod(value, 'pipe') || hasMethod(value, 'getReader'))
    return { what: `a stream (${getClassName(value)})`, fix: STREAM };
  const isIterable = hasMethod(value, Symbol.iterator);
  if (isIterable && hasMethod(value, 'next')) return { what: 'an iterator', fix: LIST };
  if (Object.keys(value).length > 0) return undefined;
  return { what: `${what}, which has no fields`, fix: isIterable ? LIST : 'Return a plain object with what it holds.' };
}

const BYTES = 'Return a text, or contentParts(…) for images and files.';
const STREAM = 'Read it to its end, and return what it held.';
const LIST = 'Return a list: [...value].';

function hasMethod(value: object, name: string | symbol): boolean {
  return name in value && typeof Reflect.get(value, name) === 'function';
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
