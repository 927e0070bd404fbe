import { ConfigError } from './errors.ts';
import { isPlainObject } from './json.ts';
import { describeType } from './options.ts';

export interface CopyOptions {
  /** Begins the message: `'Agent "a", run'`. */
  readonly where: string;
  /** What the value is called: `metadata`. */
  readonly name: string;
  /** Whether fields that are undefined count as left out. @defaultValue false: they are refused */
  readonly ignoresUndefined?: boolean;
}

/**
 * A copy of a value that is to be stored. Hosts that keep text would lose what JSON can't hold, or fail where nobody looks for the
 * reason; the one in memory would keep it.
 *
 * @throws ConfigError that names the path.
 */
export function copyJson<T>(value: T, options: CopyOptions): T {
  return new JsonCopier(options).copy(value) as T; // The same fields.
}

/** A value with a path that is only joined where something is wrong. */
class JsonCopier {
  readonly #options: CopyOptions;
  readonly #path: (string | number)[] = [];
  /** The objects that the present one is in. */
  readonly #ancestors: object[] = [];

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  copy(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (Number.isFinite(value)) return value;
        throw this.#createError(String(value), 'Leave it out, or pass a text.');
      case 'bigint':
        throw this.#createError('a BigInt', 'Pass a text: String(value).');
      case 'undefined':
        throw this.#createError('undefined', 'Leave it out, or pass null.');
      case 'function':
      case 'symbol':
        throw this.#createError(`a ${typeof value}`, 'Leave it out.');
      case 'object':
        return value === null ? null : this.#copyObject(value);
    }
  }

  #copyObject(value: object): unknown {
    if (this.#ancestors.includes(value)) throw this.#createError('an object that holds itself', 'Leave it out.');
    if (this.#ancestors.length >= MAX_DEPTH)
      throw this.#createError('nested too deeply', `Use ${MAX_DEPTH} levels at most.`);
    this.#ancestors.push(value);
    const copy = Array.isArray(value) ? this.#copyList(value) : this.#copyFields(value);
    this.#ancestors.pop();
    return copy;
  }

  #copyList(list: readonly unknown[]): unknown[] {
    // By index: `map` passes over what is missing.
    return Array.from({ length: list.length }, (_, index) => this.#copyAt(index, list[index]));
  }

  #copyFields(value: object): object {
    if (!isPlainObject(value) && (Object.keys(value).length === 0 || hasHiddenContent(value))) {
      throw this.#createError(
        describeType(value),
        value instanceof Date ? 'Pass a text: date.toISOString().' : 'Pass a plain object.',
      );
    }
    const copy: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(value)) {
      if (field === undefined && this.#options.ignoresUndefined === true) continue;
      const copied = this.#copyAt(key, field);
      if (key === '__proto__') Object.defineProperty(copy, key, { value: copied, enumerable: true });
      else copy[key] = copied;
    }
    return copy;
  }

  #copyAt(key: string | number, value: unknown): unknown {
    this.#path.push(key);
    const copied = this.copy(value);
    this.#path.pop();
    return copied;
  }

  #createError(what: string, fix: string): ConfigError {
    const { where, name } = this.#options;
    const path = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    return new ConfigError(`${where}: ${name}${path} is ${what}, which JSON can't hold. ${fix}`);
  }
}

const MAX_DEPTH = 500;

/** An instance whose fields are not what it is: a `Map`, a `Buffer`, what writes itself in another way. */
function hasHiddenContent(value: object): boolean {
  return ArrayBuffer.isView(value) || Symbol.iterator in value || 'toJSON' in value || 'then' in value;
}
