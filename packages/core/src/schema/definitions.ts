import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { resolvePointer } from './pointer.ts';
import { listSubschemas, mapSubschemas } from './subschemas.ts';

/**
 * The same schema with each reference leading to its root or into its `$defs`, whose names need no escape: servers follow no
 * others. What references name by `$id`, by `$anchor` or by any other place becomes a definition. A reference that
 * leads nowhere stays as it is.
 */
export function collectDefinitions(root: JsonSchema): JsonSchema {
  return hasNoReferences(root) ? root : new Collector(root).collect();
}

/** Most schemas refer to nothing. */
function hasNoReferences(schema: unknown): boolean {
  if (!isRecord(schema)) return true;
  const { $ref, $defs, definitions } = schema;
  if ($ref !== undefined || $defs !== undefined || definitions !== undefined) return false;
  return listSubschemas(schema).every(([, each]) => hasNoReferences(each));
}

class Collector {
  readonly #root: JsonSchema;
  /** By `$id`, by `#` and `$anchor`, and by where nested definitions would be at the root. */
  readonly #named = new Map<string, JsonSchema>();
  /** References by what they lead to. */
  readonly #references = new Map<JsonSchema, string>();
  /** What references to definitions are now: one object may stand under two names. */
  readonly #renamed = new Map<string, string>();
  readonly #definitions: Record<string, unknown> = {};

  constructor(root: JsonSchema) {
    this.#root = root;
    this.#references.set(root, '#');
    this.#index(root);
  }

  collect(): JsonSchema {
    const { $defs, definitions, ...schema } = this.#root;
    const given = Object.entries({ ...(isRecord(definitions) && definitions), ...(isRecord($defs) && $defs) });
    const named = given.map(([name, definition]) => {
      const own = this.#takeName(name, definition);
      for (const keyword of ['$defs', 'definitions']) this.#renamed.set(`#/${keyword}/${name}`, `#/$defs/${own}`);
      return [own, definition] as const;
    });
    for (const [name, definition] of named) this.#definitions[name] = this.#rewrite(definition);
    const body = this.#rewrite(schema);
    const isSame =
      body === schema &&
      definitions === undefined &&
      Object.keys(this.#definitions).length === given.length &&
      given.every(([name, definition]) => this.#definitions[name] === definition);
    if (isSame) return this.#root;
    return { ...Object(body), ...(Object.keys(this.#definitions).length > 0 && { $defs: this.#definitions }) };
  }

  #index(schema: unknown): void {
    if (!isRecord(schema)) return;
    const { $id, $anchor, $defs, definitions } = schema;
    if (typeof $id === 'string') this.#named.set($id, schema);
    if (typeof $anchor === 'string') this.#named.set(`#${$anchor}`, schema);
    for (const [keyword, nested] of Object.entries({ $defs, definitions })) {
      for (const [name, definition] of Object.entries(isRecord(nested) ? nested : {}))
        if (isRecord(definition)) this.#named.set(`#/${keyword}/${name}`, definition);
    }
    for (const [, inner] of listSubschemas(schema)) this.#index(inner);
  }

  /** Takes the name. */
  #takeName(name: string, definition: unknown): string {
    const plain = name.replace(/[^\w.-]/g, '_') || 'shared';
    let free = plain;
    while (Object.hasOwn(this.#definitions, free)) free += '_';
    // There already while its own references are looked at: it may be one of them.
    this.#definitions[free] = true;
    if (isRecord(definition)) this.#references.set(definition, `#/$defs/${free}`);
    return free;
  }

  #rewrite(schema: unknown): unknown {
    if (!isRecord(schema)) return schema;
    const { $defs: _, definitions: __, ...rest } = schema;
    const isNested = schema['$defs'] !== undefined || schema['definitions'] !== undefined;
    const mapped = mapSubschemas(isNested ? rest : schema, (each) => this.#rewrite(each));
    const { $ref } = mapped;
    const reference = typeof $ref === 'string' ? this.#redirect($ref) : $ref;
    return reference === $ref ? mapped : { ...mapped, $ref: reference };
  }

  #redirect(reference: string): string {
    const renamed = this.#renamed.get(reference);
    if (renamed !== undefined) return renamed;
    const target = this.#findTarget(reference);
    if (target === undefined) return reference;
    const known = this.#references.get(target);
    if (known !== undefined) return known;
    const name = this.#takeName(reference.split('/').at(-1) ?? '', target);
    this.#definitions[name] = this.#rewrite(target);
    return `#/$defs/${name}`;
  }

  #findTarget(reference: string): JsonSchema | undefined {
    const { $id } = this.#root;
    const isOwn = typeof $id === 'string' && reference.startsWith(`${$id}#`);
    const local = isOwn ? reference.slice($id.length) : reference;
    const target = resolvePointer(this.#root, local) ?? this.#named.get(local);
    return isRecord(target) ? target : undefined;
  }
}
