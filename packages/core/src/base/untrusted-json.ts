import { isRecord, parseJson } from './json.ts';

/** Whether brackets outside of strings are nested deeper than `maxDepth`. The text need not be JSON. */
export function isDeeperThan(text: string, maxDepth: number): boolean {
  if (text.length <= maxDepth) return false;
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH && isString) i++;
    else if (code === QUOTE) isString = !isString;
    else if (isString) continue;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    if (depth > maxDepth) return true;
  }
  return false;
}

/**
 * Removes keys that would set the prototype of an object that they are copied to.
 *
 * @param text - the JSON of the value; most texts show without a search that there is no such key
 */
export function withoutPrototypes(value: unknown, text: string): unknown {
  return /__proto__|\\u/.test(text) ? copyWithoutPrototypes(value) : value;
}

function copyWithoutPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyWithoutPrototypes);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([name]) => name !== '__proto__');
  return Object.fromEntries(entries.map(([name, field]) => [name, copyWithoutPrototypes(field)]));
}

/** An integer of a JSON text that a number cannot represent exactly. */
export interface RoundedInteger {
  readonly path: readonly (string | number)[];
  readonly digits: string;
}

/** Finds the integers of a JSON text that parsing would change, at most 10. Decimals are approximate anyway and are not checked. */
export function findRoundedIntegers(text: string): readonly RoundedInteger[] {
  // An integer of fewer than 16 digits is exact.
  if (!/\d{16}/.test(text)) return [];
  const found: RoundedInteger[] = [];
  const reader = new JsonPosition();
  for (let position = 0; position < text.length && found.length < 10; ) {
    const code = text.charCodeAt(position);
    if (code === QUOTE) {
      const end = findStringEnd(text, position);
      reader.addString({ start: position, end });
      position = end;
      continue;
    }
    const number = isNumberStart(code) ? readNumber(text, position) : undefined;
    if (number !== undefined && isRounded(number)) found.push({ path: reader.getPath(text), digits: number });
    if (number === undefined) reader.add(code);
    position += number?.length ?? 1;
  }
  return found;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Returns the position after the closing quote. */
function findStringEnd(text: string, start: number): number {
  for (let position = start + 1; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === BACKSLASH) position++;
    else if (code === QUOTE) return position + 1;
  }
  return text.length;
}

function isNumberStart(code: number): boolean {
  return code === 0x2d || (code >= 0x30 && code <= 0x39);
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function readNumber(text: string, start: number): string | undefined {
  NUMBER.lastIndex = start;
  return NUMBER.exec(text)?.[0];
}

function isRounded(number: string): boolean {
  if (number.length < 16 || !/^-?\d+$/.test(number)) return false;
  const value = Number(number);
  return !Number.isFinite(value) || BigInt(value) !== BigInt(number);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The position of a reader in a JSON text: an index or the range of a key for each level. */
class JsonPosition {
  readonly #levels: (number | Range | undefined)[] = [];
  #isKeyNext = false;

  add(code: number): void {
    const last = this.#levels.length - 1;
    const level = this.#levels[last];
    if (code === 0x7b || code === 0x5b) this.#levels.push(code === 0x5b ? 0 : undefined);
    else if (code === 0x7d || code === 0x5d) this.#levels.pop();
    else if (code === COMMA && typeof level === 'number') this.#levels[last] = level + 1;
    if (code === 0x7b || (code === COMMA && typeof level !== 'number')) this.#isKeyNext = true;
  }

  addString(range: Range): void {
    if (this.#isKeyNext) this.#levels[this.#levels.length - 1] = range;
    this.#isKeyNext = false;
  }

  getPath(text: string): readonly (string | number)[] {
    return this.#levels.map((level) => {
      if (typeof level === 'number') return level;
      const parsed = level === undefined ? undefined : parseJson(text.slice(level.start, level.end));
      return parsed?.ok === true ? String(parsed.value) : '';
    });
  }
}

const COMMA = 0x2c;
