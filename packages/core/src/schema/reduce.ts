import { isRecord } from '../base/json.ts';
import { alternatives } from './alternatives.ts';
import { addNotes } from './description.ts';
import type { JsonSchema } from './json-schema.ts';
import { intersectSchemas, isAnnotationOnly, keepIfSame, pickAnnotations, removeDuplicates, toList } from './merge.ts';
import { resolvePointer } from './pointer.ts';
import { omitKeywords } from './reduce-keywords.ts';
import { sayType, splitByType } from './reduce-types.ts';
import { nameRoot } from './root.ts';
import type { SchemaSupport } from './schema-support.ts';
import { listSubschemas, mapSubschemas } from './subschemas.ts';

/**
 * A schema with nothing in it that a server does not take: said in another way if there is one, otherwise in the description.
 * Gives the very same schema if it has nothing of the kind.
 */
export function reduceSchema(schema: JsonSchema, support: SchemaSupport): JsonSchema {
  const named = support.references === 'any' ? schema : removeRootReferences(schema);
  return keepIfSame(schema, new Reducer(named, support).root());
}

function removeRootReferences(given: JsonSchema): JsonSchema {
  const { schema, definitions, reference } = nameRoot(given, 'root');
  return reference === undefined ? given : { ...schema, $defs: definitions };
}

class Reducer {
  readonly #root: JsonSchema;
  readonly #support: SchemaSupport;
  readonly #recursive = new Map<string, boolean>();

  constructor(root: JsonSchema, support: SchemaSupport) {
    this.#root = root;
    this.#support = support;
  }

  root(): JsonSchema {
    const { $defs, ...schema } = this.#root;
    const reduced = this.#schema(schema);
    if (!isRecord($defs)) return reduced;
    const definitions = Object.entries($defs).map(([name, each]) => [name, this.#reduceInner(each)] as const);
    if (this.#support.references !== 'inline')
      return { ...reduced, $defs: keepIfSame($defs, Object.fromEntries(definitions)) };
    const kept = definitions.filter(([name]) => this.#isRecursive(`#/$defs/${name}`));
    return kept.length === 0 ? reduced : { ...reduced, $defs: Object.fromEntries(kept) };
  }

  #reduceInner(schema: unknown): unknown {
    if (isRecord(schema)) return this.#schema(schema);
    return this.#support.booleanSchemas || typeof schema !== 'boolean'
      ? schema
      : this.#schema(schema ? {} : { not: {} });
  }

  #schema(given: JsonSchema): JsonSchema {
    if (given['$ref'] !== undefined && this.#support.references === 'inline') return this.#reference(given);
    const isUnion = UNION.some((keyword) => given[keyword] !== undefined);
    if (isUnion && this.#support.unions === 'any-of') return this.#union(given);
    const branches = isUnion ? undefined : splitByType(given, this.#support);
    if (branches !== undefined) return this.#anyOf(given, branches);
    return keepIfSame(given, this.#leaf(given));
  }

  #reference({ $ref, ...beside }: JsonSchema): JsonSchema {
    const target = typeof $ref === 'string' ? resolvePointer(this.#root, $ref) : undefined;
    if (typeof $ref === 'string' && isRecord(target) && !this.#isRecursive($ref)) {
      const { description: _, title: __, ...rest } = target;
      return this.#schema(intersectSchemas({ ...pickAnnotations(target), ...beside }, rest) ?? rest);
    }
    const { description } = beside;
    return description === undefined ? { $ref } : { description, anyOf: [{ $ref }] };
  }

  #isRecursive(reference: string): boolean {
    const known = this.#recursive.get(reference);
    if (known !== undefined) return known;
    const isFound = collectReferences(resolvePointer(this.#root, reference), this.#root).has(reference);
    this.#recursive.set(reference, isFound);
    return isFound;
  }

  #union(given: JsonSchema): JsonSchema {
    const { title: _, description: __, default: ___, ...schema } = given;
    const { anyOf, oneOf, type, ...beside } = schema;
    const plain = Array.isArray(anyOf ?? oneOf) && Object.keys(beside).length === 0;
    const branches = plain ? distributeType(toList(anyOf ?? oneOf), type) : alternatives(schema, this.#root);
    const [single, ...more] = branches;
    if (single !== undefined && more.length === 0 && isRecord(single))
      return this.#schema({ ...single, ...pickAnnotations(given) });
    return this.#anyOf(given, branches);
  }

  #anyOf(given: JsonSchema, branches: readonly unknown[]): JsonSchema {
    const { default: usual } = given;
    const notes = usual === undefined ? [] : [`Default: ${JSON.stringify(usual)}.`];
    const reduced = branches.map((branch) => this.#reduceInner(branch));
    // A union in a union is one.
    const arms = reduced.flatMap((arm) =>
      isRecord(arm) && Object.keys(arm).length === 1 && Array.isArray(arm['anyOf']) ? arm['anyOf'] : [arm],
    );
    return addNotes({ ...pickAnnotations(given), anyOf: removeDuplicates(arms) }, notes);
  }

  #leaf(given: JsonSchema): JsonSchema {
    const { schema, notes } = omitKeywords(given, this.#support);
    const { additionalProperties: more } = schema;
    const mapped = mapSubschemas(this.#removeNever(schema), (each) => this.#reduceInner(each));
    // Every server knows what an object is that is closed, or open.
    const inner = typeof more === 'boolean' ? { ...mapped, additionalProperties: more } : mapped;
    return addNotes(sayType(inner, this.#support), notes);
  }

  /** A property that must not be there is not named where that can't be said. */
  #removeNever(schema: JsonSchema): JsonSchema {
    const { properties, items } = schema;
    const saysNever = this.#support.booleanSchemas && !this.#support.omittedKeywords.includes('not');
    if (saysNever) return schema;
    const kept = Object.entries(isRecord(properties) ? properties : {}).filter(([, each]) => !isNever(each));
    const named = isRecord(properties) ? keepIfSame(properties, Object.fromEntries(kept)) : properties;
    const entries = Object.entries({ ...schema, properties: named, items: isNever(items) ? undefined : items });
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
}

/** Whether a schema refers to a part of itself that refers to it again. */
export function isRecursive(root: JsonSchema): boolean {
  return [...collectReferences(root, root)].some((reference) =>
    collectReferences(resolvePointer(root, reference), root).has(reference),
  );
}

/** The references in a schema, and in what they lead to. */
function collectReferences(schema: unknown, root: JsonSchema): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (each: unknown): void => {
    if (!isRecord(each)) return;
    const { $ref } = each;
    if (typeof $ref === 'string' && !reached.has($ref)) {
      reached.add($ref);
      visit(resolvePointer(root, $ref));
    }
    for (const [, inner] of listSubschemas(each)) visit(inner);
  };
  visit(schema);
  return reached;
}

const UNION = ['anyOf', 'oneOf', 'allOf', 'if', 'dependentSchemas'];

function isNever(schema: unknown): boolean {
  if (schema === false) return true;
  const not = isRecord(schema) ? schema['not'] : undefined;
  return isRecord(not) && isAnnotationOnly(not);
}

/** The type of a union goes into those of its branches that have none. */
function distributeType(branches: readonly unknown[], type: unknown): readonly unknown[] {
  if (type === undefined) return branches;
  const isTyped = ({ type: own, $ref, anyOf, oneOf, const: constant, enum: values }: JsonSchema): boolean =>
    [own, $ref, anyOf, oneOf, constant, values].some((each) => each !== undefined);
  return branches.map((branch) => (isRecord(branch) && !isTyped(branch) ? { type, ...branch } : branch));
}
