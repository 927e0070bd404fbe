import { ConfigError } from './errors.ts';
import { isPlainObject } from './json.ts';
import { describeType } from './options.ts';

export interface CopyOptions {
  /** The start of an error message: `'Agent "a", run'`. */
  readonly where: string;
  /** The name of the value in an error message: `metadata`. */
  readonly name: string;
  /** Whether to omit fields that are undefined. @defaultValue false: they are an error */
  readonly ignoresUndefined?: boolean;
}

/**
 * Copies a value that will be stored. A host that stores text would lose what JSON cannot hold, or fail far from the cause, while
 * the in-memory host would keep it, so such a value is an error at once.
 *
 * @throws ConfigError with the path of the value.
 */
export function copyJson<T>(value: T, options: CopyOptions): T {
  return new JsonCopier(options).copy(value) as T; // The same fields.
}

/** Copies a value and keeps its path, which is joined only for an error. */
class JsonCopier {
  readonly #options: CopyOptions;
  readonly #path: (string | number)[] = [];
  /** The objects that contain the current one. */
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
    if (this.#ancestors.includes(value)) throw this.#createError('an object that contains itself', 'Leave it out.');
    if (this.#ancestors.length >= MAX_DEPTH)
      throw this.#createError('nested too deeply', `Use ${MAX_DEPTH} levels at most.`);
    this.#ancestors.push(value);
    const copy = Array.isArray(value) ? this.#copyList(value) : this.#copyFields(value);
    this.#ancestors.pop();
    return copy;
  }

  #copyList(list: readonly unknown[]): unknown[] {
    // By index, because `map` skips holes.
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

  #createError(problem: string, fix: string): ConfigError {
    const { where, name } = this.#options;
    const path = this.#path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    return new ConfigError(`${where}: ${name}${path} is ${problem}, which JSON cannot represent. ${fix}`);
  }
}

const MAX_DEPTH = 500;

/** Whether the fields of an instance are not its content: a `Map`, a `Buffer`, an object with `toJSON`. */
function hasHiddenContent(value: object): boolean {
  return ArrayBuffer.isView(value) || Symbol.iterator in value || 'toJSON' in value || 'then' in value;
}
