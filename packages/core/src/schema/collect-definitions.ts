import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { resolvePointer } from './pointer.ts';
import { listSubschemas, mapSubschemas } from './subschemas.ts';

/**
 * Rewrites a schema so that each reference points to the root or into `$defs`, and each name in `$defs` needs no escape: servers
 * follow no other references. A target that is referenced by `$id`, `$anchor` or another path becomes a definition. A reference
 * without a target stays unchanged.
 */
export function collectDefinitions(root: JsonSchema): JsonSchema {
  return hasNoReferences(root) ? root : new DefinitionCollector(root).collect();
}

/** A shortcut: most schemas have no references. */
function hasNoReferences(schema: unknown): boolean {
  if (!isRecord(schema)) return true;
  const { $ref, $defs, definitions } = schema;
  if ($ref !== undefined || $defs !== undefined || definitions !== undefined) return false;
  return listSubschemas(schema).every(([, each]) => hasNoReferences(each));
}

class DefinitionCollector {
  readonly #root: JsonSchema;
  /** Schemas by `$id`, by `#` and `$anchor`, and by the path that a nested definition would have at the root. */
  readonly #byName = new Map<string, JsonSchema>();
  /** The reference of each target. */
  readonly #references = new Map<JsonSchema, string>();
  /** New references by old ones. One object may be defined under two names. */
  readonly #newReferences = new Map<string, string>();
  readonly #definitions: Record<string, unknown> = {};

  constructor(root: JsonSchema) {
    this.#root = root;
    this.#references.set(root, '#');
    this.#index(root);
  }

  collect(): JsonSchema {
    const { $defs, definitions, ...schema } = this.#root;
    const entries = Object.entries({ ...(isRecord(definitions) && definitions), ...(isRecord($defs) && $defs) });
    const definitionsByName = entries.map(([name, definition]) => {
      const own = this.#reserveName(name, definition);
      for (const keyword of ['$defs', 'definitions']) this.#newReferences.set(`#/${keyword}/${name}`, `#/$defs/${own}`);
      return [own, definition] as const;
    });
    for (const [name, definition] of definitionsByName) this.#definitions[name] = this.#rewrite(definition);
    const body = this.#rewrite(schema);
    const isSame =
      body === schema &&
      definitions === undefined &&
      Object.keys(this.#definitions).length === entries.length &&
      entries.every(([name, definition]) => this.#definitions[name] === definition);
    if (isSame) return this.#root;
    return { ...Object(body), ...(Object.keys(this.#definitions).length > 0 && { $defs: this.#definitions }) };
  }

  #index(schema: unknown): void {
    if (!isRecord(schema)) return;
    const { $id, $anchor, $defs, definitions } = schema;
    if (typeof $id === 'string') this.#byName.set($id, schema);
    if (typeof $anchor === 'string') this.#byName.set(`#${$anchor}`, schema);
    for (const [keyword, nested] of Object.entries({ $defs, definitions })) {
      for (const [name, definition] of Object.entries(isRecord(nested) ? nested : {}))
        if (isRecord(definition)) this.#byName.set(`#/${keyword}/${name}`, definition);
    }
    for (const [, inner] of listSubschemas(schema)) this.#index(inner);
  }

  #reserveName(name: string, definition: unknown): string {
    const plain = name.replace(/[^\w.-]/g, '_') || 'shared';
    let unused = plain;
    while (Object.hasOwn(this.#definitions, unused)) unused += '_';
    // Reserved before its references are rewritten: the definition may refer to itself.
    this.#definitions[unused] = true;
    if (isRecord(definition)) this.#references.set(definition, `#/$defs/${unused}`);
    return unused;
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
    const replacement = this.#newReferences.get(reference);
    if (replacement !== undefined) return replacement;
    const target = this.#findTarget(reference);
    if (target === undefined) return reference;
    const known = this.#references.get(target);
    if (known !== undefined) return known;
    const name = this.#reserveName(reference.split('/').at(-1) ?? '', target);
    this.#definitions[name] = this.#rewrite(target);
    return `#/$defs/${name}`;
  }

  #findTarget(reference: string): JsonSchema | undefined {
    const { $id } = this.#root;
    const isOwn = typeof $id === 'string' && reference.startsWith(`${$id}#`);
    const local = isOwn ? reference.slice($id.length) : reference;
    const target = resolvePointer(this.#root, local) ?? this.#byName.get(local);
    return isRecord(target) ? target : undefined;
  }
}
