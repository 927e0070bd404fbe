import { ConfigError } from '../base/errors.ts';
import { isPlainObject, isRecord } from '../base/json.ts';
import { describeType, getClassName } from '../base/options.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import { getErrorMessage } from '../event/error-data.ts';

export interface SerializedValue {
  readonly text: string;
  /** The paths of values that have no exact JSON form. */
  readonly lossy: readonly string[];
}

/**
 * Serializes any value for a model: a string unchanged, every other value as JSON.
 *
 * @throws ConfigError `result.unreadable` if the value has no meaningful JSON: a promise, a stream, bytes, a function.
 */
export function serialize(value: unknown): SerializedValue {
  if (typeof value === 'string') return { text: value, lossy: [] };
  const lossy: string[] = [];
  const plain = toPlain(value, { path: '', ancestors: [], lossy, seen: new Set(), repeats: { count: 0 } });
  return { text: stringifyWellFormed(plain) ?? 'null', lossy };
}

interface Place {
  readonly path: string;
  /** The enclosing objects. */
  readonly ancestors: readonly object[];
  readonly lossy: string[];
  /** Every object so far, and how often an object was written again. */
  readonly seen: Set<object>;
  readonly repeats: { count: number };
}

const MAX_DEPTH = 64;

/** An object is written once per path that leads to it. Without a limit, objects with many references could exhaust the memory. */
const MAX_REPEATS = 10_000;

function toPlain(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case 'bigint':
      return markLossy(place, String(value));
    case 'number':
      return Number.isFinite(value) ? value : markLossy(place, String(value));
    case 'function':
      throw makeUnreadableError(place, { what: 'a function', fix: 'Return its result, or omit it.' });
    case 'symbol':
      throw makeUnreadableError(place, { what: 'a symbol', fix: 'Return a text, or omit it.' });
    case 'object':
      return value === null ? null : convertObject(value, place);
    case 'string':
    case 'boolean':
    case 'undefined':
      return value;
  }
}

function convertObject(value: object, place: Place): unknown {
  if (place.ancestors.includes(value)) return markLossy(place, '[circular]');
  if (place.ancestors.length >= MAX_DEPTH) return markLossy(place, '[too deep]');
  if (place.seen.has(value) && ++place.repeats.count > MAX_REPEATS) return markLossy(place, '[repeated]');
  place.seen.add(value);
  const inner: Place = { ...place, ancestors: [...place.ancestors, value] };
  try {
    if (value instanceof Date)
      return Number.isNaN(value.getTime()) ? markLossy(place, 'Invalid Date') : value.toISOString();
    if (value instanceof Error) return markLossy(place, { error: getErrorMessage(value) });
    if (value instanceof Map) return markLossy(place, convertMap(value, inner));
    if (value instanceof Set) return markLossy(place, convertList([...value], inner));
    if (value instanceof RegExp) return markLossy(place, String(value));
    if (Array.isArray(value)) return convertList(value, inner);
    if (value instanceof Number || value instanceof String || value instanceof Boolean) return value.valueOf();
    const mistake = findMistake(value);
    if (mistake !== undefined) throw makeUnreadableError(place, mistake);
    if ('toJSON' in value && typeof value.toJSON === 'function') return toPlain(value.toJSON(), inner);
    return convertFields(value, inner);
  } catch (error) {
    if (error instanceof UnreadableResultError) throw error;
    return markLossy(place, `[unreadable: ${getErrorMessage(error)}]`);
  }
}

interface ResultMistake {
  readonly what: string;
  /** What to return instead. */
  readonly fix: string;
}

class UnreadableResultError extends ConfigError {}

/** The message says that the call ran, so that a model does not repeat it. */
function makeUnreadableError({ path }: Place, { what, fix }: ResultMistake): UnreadableResultError {
  const message = `The call ran, but its result cannot be read: ${path === '' ? 'it' : path} is ${what}. ${fix}`;
  return new UnreadableResultError(message, { code: 'result.unreadable' });
}

/** Finds a value whose contents are not in its fields, so that it would be serialized as `{}`. */
function findMistake(value: object): ResultMistake | undefined {
  const what = describeType(value);
  if (hasMethod(value, 'then')) return { what: 'a promise', fix: 'Await it.' };
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return { what: `${what} of ${value.byteLength} bytes`, fix: BYTES };
  }
  if (hasMethod(value, Symbol.asyncIterator)) return { what: `a stream (${getClassName(value)})`, fix: STREAM };
  if (isPlainObject(value)) return undefined; // Its fields are checked one by one.
  if (hasMethod(value, 'arrayBuffer') && hasMethod(value, 'text')) {
    return {
      what,
      fix: hasMethod(value, 'json') ? 'Return the result of await response.json() or response.text().' : BYTES,
    };
  }
  if (hasMethod(value, 'toJSON')) return undefined;
  if (hasMethod(value, 'pipe') || hasMethod(value, 'getReader'))
    return { what: `a stream (${getClassName(value)})`, fix: STREAM };
  const isIterable = hasMethod(value, Symbol.iterator);
  if (isIterable && hasMethod(value, 'next')) return { what: 'an iterator', fix: LIST };
  if (Object.keys(value).length > 0) return undefined;
  return { what: `${what}, which has no fields`, fix: isIterable ? LIST : 'Return a plain object with its contents.' };
}

const BYTES = 'Return a text, or contentParts(…) for images and files.';
const STREAM = 'Read it to its end, and return its contents.';
const LIST = 'Return a list: [...value].';

function hasMethod(value: object, name: string | symbol): boolean {
  return name in value && typeof Reflect.get(value, name) === 'function';
}

function markLossy<T>({ path, lossy }: Place, plain: T): T {
  lossy.push(path || 'value');
  return plain;
}

function convertList(list: readonly unknown[], place: Place): unknown[] {
  return list.map((element, index) => toPlain(element, { ...place, path: `${place.path}[${index}]` }));
}

function convertMap(map: ReadonlyMap<unknown, unknown>, place: Place): unknown {
  const entries = [...map];
  if (entries.every(([key]) => typeof key === 'string')) return convertFields(Object.fromEntries(entries), place);
  return convertList(entries, place);
}

function convertFields(value: object, place: Place): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field: unknown = isRecord(value) ? value[key] : undefined;
    const path = place.path === '' ? key : `${place.path}.${key}`;
    // Assigning a field named __proto__ would set the prototype instead.
    Object.defineProperty(plain, key, { value: toPlain(field, { ...place, path }), enumerable: true });
  }
  return plain;
}
