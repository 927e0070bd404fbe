import { isRecord } from '../base/json.ts';
import { alternatives } from './alternatives.ts';
import type { JsonSchema } from './json-schema.ts';
import { getOwn, isAnnotationOnly, toList } from './merge.ts';

/** Where a schema asks for what no value is, so that none passes the whole; `undefined` if some value may pass. */
export function findImpossible(root: JsonSchema): string | undefined {
  return new Search(root).placeIn(root, '');
}

class Search {
  readonly #root: JsonSchema;
  /** A schema that refers to itself is taken for possible. */
  readonly #around = new Set<unknown>();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  placeIn(schema: unknown, path: string): string | undefined {
    if (schema === false) return path;
    if (!isRecord(schema) || this.#around.has(schema)) return undefined;
    this.#around.add(schema);
    const found = this.#placeInAny(alternatives(schema, this.#root), path);
    this.#around.delete(schema);
    return found;
  }

  /** Each of several is impossible. A reference that leads nowhere has no alternatives, and may be anything. */
  #placeInAny(branches: readonly JsonSchema[], path: string): string | undefined {
    const places = branches.map((branch) => this.#placeInOne(branch, path));
    return places.includes(undefined) ? undefined : places[0];
  }

  #placeInOne(branch: JsonSchema, path: string): string | undefined {
    const { not, enum: values, type, properties, required, prefixItems, items, minItems } = branch;
    if (isRecord(not) && isAnnotationOnly(not)) return path;
    if (Array.isArray(values) && values.length === 0) return path;
    const fields: JsonSchema = isRecord(properties) ? properties : {};
    if (type === 'object')
      return this.#first(toList(required).map((name) => [getOwn(fields, String(name)), `${path}.${name}`]));
    if (type !== 'array') return undefined;
    const least = Number(minItems ?? 0);
    const first = toList(prefixItems).slice(0, least);
    const more = least > first.length ? [items] : [];
    return this.#first([...first, ...more].map((each) => [each, `${path}[]`]));
  }

  #first(parts: readonly (readonly [schema: unknown, path: string])[]): string | undefined {
    for (const [schema, path] of parts) {
      const place = this.placeIn(schema, path);
      if (place !== undefined) return place;
    }
    return undefined;
  }
}
