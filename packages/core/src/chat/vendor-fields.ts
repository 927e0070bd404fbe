import { isRecord } from '../base/json.ts';
import { isPaddingValue } from './padding.ts';
import { stringifyWire } from './stringify-wire.ts';

/** Fields that only this server knows, gathered from the pieces of a response. What is empty says nothing. */
export class VendorFields {
  /** A map, since a server may call a field `__proto__`; made with the first field, which most responses do not have. */
  #fields: Map<string, unknown> | undefined;

  has(name: string): boolean {
    return this.#fields?.has(name) === true;
  }

  get(name: string): unknown {
    return this.#fields?.get(name);
  }

  /** The last value wins. A record of zeros is kept: beside a message it may be a status. */
  keep(name: string, value: unknown): void {
    if (!isEmpty(value)) this.#set(name, value);
  }

  /** The last value wins. Padding says nothing. */
  set(name: string, value: unknown): void {
    if (!isPaddingValue(value)) this.#set(name, value);
  }

  /** Texts and lists go on from piece to piece; of anything else the last word wins. */
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

  /** In the order in which they came. */
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

/** Repeated as they are by some servers in each piece. */
const CONSTANT = /(^|_)(id|type|name|model|format|status|signature)$/;

/** `list` is our own and grows in place: a long response has thousands of pieces. */
function extendList(list: unknown[], more: readonly unknown[]): unknown[] {
  // The whole list again, as citations often come.
  const next = isRepetition(more, list) ? more.slice(list.length) : more;
  for (const element of next) {
    const last = list.at(-1);
    if (isSameBlock(last, element)) list[list.length - 1] = mergeBlock(last, element);
    else list.push(element);
  }
  return list;
}

function isRepetition(more: readonly unknown[], list: readonly unknown[]): boolean {
  // Blocks that come in pieces may well be equal.
  if (list.length === 0 || more.length < list.length || hasIndex(more[0]) || isOpenThought(more[0])) return false;
  return list.every((element, at) => stringifyWire(element) === stringifyWire(more[at]));
}

type Block = Readonly<Record<string, unknown>>;

function hasIndex(element: unknown): element is Block {
  return isRecord(element) && typeof element['index'] === 'number';
}

/** A piece of one of LiteLLM's `thinking_blocks`: they have no index, and the last piece alone is signed. */
function isOpenThought(element: unknown): element is Block {
  return isRecord(element) && typeof element['thinking'] === 'string' && element['signature'] === '';
}

/** Two pieces of one block of `reasoning_details`. */
function isSameBlock(last: unknown, next: unknown): last is Block {
  if (isOpenThought(last)) return isRecord(next) && typeof next['thinking'] === 'string';
  return hasIndex(last) && hasIndex(next) && last['index'] === next['index'] && last['type'] === next['type'];
}

function mergeBlock(before: Block, next: unknown): Block {
  const fields = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(isRecord(next) ? next : {})) {
    if (isPaddingValue(value)) continue;
    const text = fields.get(name);
    const goesOn = STREAMED_FIELDS.has(name) && typeof text === 'string' && typeof value === 'string';
    fields.set(name, goesOn ? text + value : value);
  }
  return Object.fromEntries(fields);
}

/** What comes in pieces inside a block, or inside `audio`. */
const STREAMED_FIELDS: ReadonlySet<string> = new Set(['text', 'summary', 'thinking', 'data', 'transcript']);
