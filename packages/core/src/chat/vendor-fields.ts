import { isRecord } from '../base/json.ts';
import { isPaddingValue } from './padding.ts';
import { stringifyWire } from './stringify-wire.ts';

/** Collects fields that only one server knows from the pieces of a response. Empty values are ignored. */
export class VendorFields {
  /** A map, because a server can name a field `__proto__`. Created lazily, because most responses have no such field. */
  #fields: Map<string, unknown> | undefined;

  has(name: string): boolean {
    return this.#fields?.has(name) === true;
  }

  get(name: string): unknown {
    return this.#fields?.get(name);
  }

  /** Sets a field; the last value wins. Keeps a record of zeros, which can be a status. */
  keep(name: string, value: unknown): void {
    if (!isEmpty(value)) this.#set(name, value);
  }

  /** Sets a field; the last value wins. Ignores padding. */
  set(name: string, value: unknown): void {
    if (!isPaddingValue(value)) this.#set(name, value);
  }

  /** Appends texts and lists to the earlier value. For other types the last value wins. */
  append(name: string, value: unknown): void {
    if (isPaddingValue(value)) return;
    const before = this.#fields?.get(name);
    if (typeof value === 'string' && typeof before === 'string' && !CONSTANT.test(name)) {
      this.#set(name, before + value);
    } else if (Array.isArray(value)) {
      this.#set(name, Array.isArray(before) ? extendList(before, value) : extendList([], value));
    } else if (name === 'audio' && isRecord(value) && isRecord(before)) {
      this.#set(name, mergeBlock(before, value));
    } else {
      this.#set(name, value);
    }
  }

  #set(name: string, value: unknown): void {
    this.#fields ??= new Map();
    this.#fields.set(name, value);
  }

  /** The fields in the order of their first values. */
  toObject(): object {
    return this.#fields === undefined ? NONE : Object.fromEntries(this.#fields);
  }
}

const NONE = {};

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (typeof value === 'object' && isBare(value));
}

function isBare(value: object): boolean {
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

/** Texts that some servers repeat unchanged in each piece. */
const CONSTANT = /(^|_)(id|type|name|model|format|status|signature)$/;

/** Extends `list` in place, because a long response has thousands of pieces. */
function extendList(list: unknown[], more: readonly unknown[]): unknown[] {
  // Some servers send the whole list in each piece, for example citations.
  const next = isRepetition(more, list) ? more.slice(list.length) : more;
  for (const element of next) {
    const last = list.at(-1);
    if (isSameBlock(last, element)) list[list.length - 1] = mergeBlock(last, element);
    else list.push(element);
  }
  return list;
}

function isRepetition(more: readonly unknown[], list: readonly unknown[]): boolean {
  // Two pieces of a block can be equal, so they are not a repetition.
  if (list.length === 0 || more.length < list.length || hasIndex(more[0]) || isOpenThought(more[0])) return false;
  return list.every((element, at) => stringifyWire(element) === stringifyWire(more[at]));
}

type Block = Readonly<Record<string, unknown>>;

function hasIndex(element: unknown): element is Block {
  return isRecord(element) && typeof element['index'] === 'number';
}

/** Whether a value is an unfinished piece of LiteLLM's `thinking_blocks`, which have no index. Only the last piece has a signature. */
function isOpenThought(element: unknown): element is Block {
  return isRecord(element) && typeof element['thinking'] === 'string' && element['signature'] === '';
}

/** Whether two pieces belong to one block, for example of `reasoning_details`. */
function isSameBlock(last: unknown, next: unknown): last is Block {
  if (isOpenThought(last)) return isRecord(next) && typeof next['thinking'] === 'string';
  return hasIndex(last) && hasIndex(next) && last['index'] === next['index'] && last['type'] === next['type'];
}

function mergeBlock(before: Block, next: unknown): Block {
  const fields = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(isRecord(next) ? next : {})) {
    if (isPaddingValue(value)) continue;
    const text = fields.get(name);
    const isContinued = STREAMED_FIELDS.has(name) && typeof text === 'string' && typeof value === 'string';
    fields.set(name, isContinued ? text + value : value);
  }
  return Object.fromEntries(fields);
}

/** Texts that come in pieces inside a block or inside `audio`. */
const STREAMED_FIELDS: ReadonlySet<string> = new Set(['text', 'summary', 'thinking', 'data', 'transcript']);
