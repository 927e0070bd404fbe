import type { Clock } from './clock.ts';
import { ConfigError } from './errors.ts';
import { isPlainObject } from './json.ts';
import { findClosest, normalizeName, shorten } from './text.ts';

/**
 * Describes one options object. A missing option, or a missing value of a union, does not compile.
 */
export interface OptionTable<Options> {
  readonly keys: { readonly [Key in KeyOf<Options>]-?: OptionKind<ValueOf<Options, Key>> };
  /** For names that other libraries use: a sentence that says what to write instead, by name. */
  readonly hints?: Readonly<Record<string, string>>;
  /** Returns a sentence for an unknown name. */
  readonly note?: (name: string) => string;
}

// Both distribute, so that the options of every member of a union are known.
type KeyOf<Options> = Options extends unknown ? keyof Options & string : never;
type ValueOf<Options, Key extends string> = Options extends unknown
  ? Key extends keyof Options
    ? Exclude<Options[Key], undefined>
    : never
  : never;

/**
 * What an option accepts: a type, the values of a union, a nested table, or a list of these. `'any'` is checked elsewhere.
 * `undefined` always counts as absent.
 */
type OptionKind<Value> = 'any' | SingleKind<Value> | readonly SingleKind<Value>[];

type SingleKind<Value> = unknown extends Value ? TypeName : TypeOf<Value> | ValuesOf<Extract<Value, string>>;

type TypeOf<Value> = Value extends boolean
  ? 'boolean'
  : Value extends string
    ? string extends Value
      ? 'text'
      : never
    : Value extends number
      ? 'number'
      : Value extends null
        ? 'null'
        : Value extends readonly unknown[]
          ?
              | 'list'
              | (Value extends readonly string[] ? 'texts' : never)
              | (Value extends readonly number[] ? 'numbers' : never)
          : Value extends (...parameters: never) => unknown
            ? 'function'
            : 'object' | 'clock' | OptionTable<Value>;

/** All values of a union. A missing one does not compile. */
type ValuesOf<Text extends string> = [Text] extends [never]
  ? never
  : string extends Text
    ? never
    : Readonly<Record<Text, true>>;

type TypeName = 'boolean' | 'text' | 'number' | 'null' | 'function' | 'list' | 'texts' | 'numbers' | 'object' | 'clock';

/** A table without its type parameter, for the check at run time. */
export interface AnyOptionTable extends Pick<OptionTable<unknown>, 'hints' | 'note'> {
  readonly keys: Readonly<Record<string, AnyKind>>;
}
type AnySingleKind = TypeName | AnyOptionTable | Readonly<Record<string, true>>;
type AnyKind = 'any' | AnySingleKind | readonly AnySingleKind[];

/**
 * Checks an options object: an unknown option, which would otherwise be ignored, and a value of the wrong type are errors. Returns
 * the options; those of a class instance as a plain object, so that a spread keeps its getters.
 *
 * @param where - the start of an error message: `'Tool "refund"'`
 * @throws ConfigError with the option and the most similar known one.
 *
 * @example
 * interface PageOptions { readonly maxBytes?: number; readonly robots?: 'obey' | 'ignore' }
 * const PAGE_OPTIONS: OptionTable<PageOptions> = { keys: { maxBytes: 'number', robots: { obey: true, ignore: true } } };
 * const { maxBytes } = checkOptions(options, PAGE_OPTIONS, 'fetchPage');
 */
export function checkOptions<Options>(options: Options, table: AnyOptionTable, where: string): Options {
  return checkTable(options, { table, where, path: '' }) as Options; // The same fields.
}

interface OptionScope {
  readonly table: AnyOptionTable;
  readonly where: string;
  /** The path of the object that contains the options: `limits.`. */
  readonly path: string;
}

function checkTable(options: unknown, place: OptionScope): object {
  const { table, where, path } = place;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const name = path === '' ? 'the options are' : `${path.slice(0, -1)} is`;
    // The value is not quoted: it can be an API key that was passed in place of the options.
    throw new ConfigError(`${where}: ${name} ${describeType(options)}. Pass ${describeTable(table)}.`);
  }
  if (!isPlainObject(options)) return checkInstance(options, place);
  let copy: object | undefined;
  for (const key of Object.keys(options)) {
    const value: unknown = Reflect.get(options, key);
    const checked = checkOption(key, value, place);
    // Only a nested instance is replaced, so most objects are not copied.
    if (checked !== value) copy = { ...(copy ?? options), [key]: checked };
  }
  return copy ?? options;
}

/** Reads an instance by the names of the table, because getters of a class and inherited fields are not own keys. */
function checkInstance(options: object, place: OptionScope): object {
  const { table, where } = place;
  const names = Object.keys(table.keys).filter((key) => key in options);
  if (names.length === 0 && getClassName(options) !== 'Object') {
    throw new ConfigError(`${where}: ${describeType(options)} has none of the options. Pass ${describeTable(table)}.`);
  }
  for (const key in options) if (!Object.hasOwn(table.keys, key)) checkOption(key, Reflect.get(options, key), place);
  return Object.fromEntries(names.map((key) => [key, checkOption(key, Reflect.get(options, key), place)]));
}

/** Returns the value. */
function checkOption(key: string, value: unknown, { table, where, path }: OptionScope): unknown {
  if (value === undefined) return value;
  if (!Object.hasOwn(table.keys, key)) throw createUnknownOptionError(key, { table, where, path });
  const kind = table.keys[key] ?? 'any';
  if (kind === 'any') return value;
  const kinds = isList(kind) ? kind : [kind];
  for (const one of kinds) {
    const inner = asTable(one);
    const isMeant = inner !== undefined && (kinds.length === 1 || getTypeName(value) === 'object');
    if (isMeant) return checkTable(value, { table: inner, where, path: `${path}${key}.` });
    if (inner === undefined && isOfKind(value, one)) return value;
  }
  throw new ConfigError(
    `${where}: ${path}${key} is ${describeOption(value)}. Pass ${kinds.flatMap(listFixes).join(', or ')}.`,
  );
}

/** Describes a value. For a list it shows the first element that is probably wrong. */
function describeOption(value: unknown): string {
  if (!Array.isArray(value) || value.length === 0) return describeValue(value);
  const odd: unknown = value.find((each) => typeof each !== typeof value[0]) ?? value[0];
  return `a list with ${describeValue(odd)}`;
}

function createUnknownOptionError(key: string, { table, where, path }: OptionScope): ConfigError {
  const names = Object.keys(table.keys);
  const same = normalizeName(key);
  const { hints = {} } = table;
  const spelt = names.find((name) => normalizeName(name) === same);
  const alike = spelt === undefined ? Object.keys(hints).find((name) => normalizeName(name) === same) : undefined;
  const hint = Object.hasOwn(hints, key) ? hints[key] : alike && hints[alike];
  const meant = hint === undefined ? (spelt ?? findNearestName(key, names)) : undefined;
  const nearest = meant === undefined ? hint : `Did you mean "${path}${meant}"?`;
  const note = hint === undefined ? table.note?.(key) : undefined;
  const known = `The options are: ${names.map((name) => path + name).join(', ')}.`;
  const fix = [nearest, note].filter((each) => each !== undefined).join(' ') || known;
  return new ConfigError(`${where}: there is no option "${path}${shorten(key, 60)}". ${fix}`);
}

/** Also finds `maxAttempts` for `attempt`, which is too short to be similar. */
function findNearestName(key: string, names: readonly string[]): string | undefined {
  const bare = new Map(names.map((name) => [name.replace(/^(?:max|min)(?=[A-Z])/, ''), name]));
  return findClosest(key, names) ?? bare.get(findClosest(key, bare.keys()) ?? '');
}

function isList(kind: AnyKind): kind is readonly AnySingleKind[] {
  return Array.isArray(kind);
}

function asTable(kind: AnySingleKind): AnyOptionTable | undefined {
  return typeof kind === 'object' && typeof kind['keys'] === 'object' ? (kind as AnyOptionTable) : undefined; // Values are `true`.
}

function isOfKind(value: unknown, kind: AnySingleKind): boolean {
  if (kind === 'texts' || kind === 'numbers') {
    const element = kind === 'texts' ? 'text' : 'number';
    return Array.isArray(value) && value.every((each) => getTypeName(each) === element);
  }
  if (kind === 'clock')
    return CLOCK.every((method) => getTypeName(value) === 'object' && hasMethod(value as object, method));
  if (typeof kind === 'string') return getTypeName(value) === kind;
  return typeof value === 'string' && Object.hasOwn(kind, value);
}

/** What a clock must have. `completeClock` adds the other methods. */
const CLOCK = ['now'] as const satisfies readonly (keyof Clock)[];

function hasMethod(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === 'function';
}

function getTypeName(value: unknown): TypeName | undefined {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  const type = typeof value;
  if (type === 'string') return 'text';
  return type === 'boolean' || type === 'number' || type === 'function' || type === 'object' ? type : undefined;
}

function listFixes(kind: AnySingleKind): readonly string[] {
  if (typeof kind === 'string') return FIXES[kind];
  const table = asTable(kind);
  if (table !== undefined) return [describeTable(table)];
  const values = Object.keys(kind).map((value) => JSON.stringify(value));
  const last = values.pop() ?? '';
  return [values.length === 0 ? last : `${values.join(', ')} or ${last}`];
}

const FIXES: Readonly<Record<TypeName, readonly string[]>> = {
  boolean: ['true or false'],
  text: ['a text'],
  number: ['a number'],
  null: [],
  function: ['a function'],
  list: ['a list'],
  texts: ['a list of texts'],
  numbers: ['a list of numbers'],
  object: ['an object'],
  clock: ['a clock: { now, after, sleep }'],
};

function describeTable({ keys }: AnyOptionTable): string {
  return `an object with any of these: ${Object.keys(keys).join(', ')}`;
}

/** Describes a value with its type, for an error: `the text "1"`, `1`, `a function`, `a Date`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the text ${JSON.stringify(shorten(value, 60))}`;
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return `the BigInt ${shorten(`${value}n`, 60)}`;
    case 'function':
    case 'symbol':
    case 'object':
      return describeType(value);
  }
}

/** Describes the type of a value, which can be a secret and is not quoted. */
export function describeType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return 'a text';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name = isPlainObject(value) ? 'object' : getClassName(value);
  return `${/^[aeio]/i.test(name) ? 'an' : 'a'} ${name}`;
}

export function getClassName(value: object): string {
  const { constructor: made } = value;
  return typeof made === 'function' && made.name !== '' ? made.name : 'object';
}
