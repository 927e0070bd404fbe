import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { listAlternatives } from './list-alternatives.ts';
import { getOwn, isAnnotationOnly, toList } from './merge.ts';

/** Finds the path of a part that makes the whole schema impossible to satisfy; `undefined` if a value may pass. */
export function findImpossible(root: JsonSchema): string | undefined {
  return new ImpossibleSearch(root).findIn(root, '');
}

class ImpossibleSearch {
  readonly #root: JsonSchema;
  /** The schemas that are being searched. A schema that refers to itself counts as possible. */
  readonly #enclosing = new Set<unknown>();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  findIn(schema: unknown, path: string): string | undefined {
    if (schema === false) return path;
    if (!isRecord(schema) || this.#enclosing.has(schema)) return undefined;
    this.#enclosing.add(schema);
    const impossible = this.#findInBranches(listAlternatives(schema, this.#root), path);
    this.#enclosing.delete(schema);
    return impossible;
  }

  /** Finds a path only if every branch is impossible. A reference without a target has no branches and allows any value. */
  #findInBranches(branches: readonly JsonSchema[], path: string): string | undefined {
    const places = branches.map((branch) => this.#findInBranch(branch, path));
    return places.includes(undefined) ? undefined : places[0];
  }

  #findInBranch(branch: JsonSchema, path: string): string | undefined {
    const { not, enum: values, type, properties, required, prefixItems, items, minItems } = branch;
    if (isRecord(not) && isAnnotationOnly(not)) return path;
    if (Array.isArray(values) && values.length === 0) return path;
    const fields: JsonSchema = isRecord(properties) ? properties : {};
    if (type === 'object')
      return this.#findFirst(toList(required).map((name) => [getOwn(fields, String(name)), `${path}.${name}`]));
    if (type !== 'array') return undefined;
    const length = Number(minItems ?? 0);
    const first = toList(prefixItems).slice(0, length);
    const more = length > first.length ? [items] : [];
    return this.#findFirst([...first, ...more].map((each) => [each, `${path}[]`]));
  }

  #findFirst(parts: readonly (readonly [schema: unknown, path: string])[]): string | undefined {
    for (const [schema, path] of parts) {
      const place = this.findIn(schema, path);
      if (place !== undefined) return place;
    }
    return undefined;
  }
}
