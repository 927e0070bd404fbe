import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { listAlternatives } from './list-alternatives.ts';
import { intersectSchemas, isAnnotationOnly, keepIfSame, pickAnnotations, removeDuplicates, toList } from './merge.ts';
import { nameRoot } from './named-root.ts';
import { addNotes } from './notes.ts';
import { resolvePointer } from './pointer.ts';
import { omitKeywords } from './reduce-keywords.ts';
import { convertType, splitByType } from './reduce-types.ts';
import type { SchemaSupport } from './schema-support.ts';
import { listSubschemas, mapSubschemas } from './subschemas.ts';

/**
 * Removes everything from a schema that a server does not support. A rule moves to another supported form if there is one, otherwise
 * to the description. Returns the same schema if nothing has to change.
 */
export function reduceSchema(schema: JsonSchema, support: SchemaSupport): JsonSchema {
  const named = support.references === 'any' ? schema : removeRootReferences(schema);
  return keepIfSame(schema, new SchemaReducer(named, support).reduceRoot());
}

function removeRootReferences(root: JsonSchema): JsonSchema {
  const { schema, definitions, reference } = nameRoot(root, 'root');
  return reference === undefined ? root : { ...schema, $defs: definitions };
}

class SchemaReducer {
  readonly #root: JsonSchema;
  readonly #support: SchemaSupport;
  readonly #recursive = new Map<string, boolean>();

  constructor(reduceRoot: JsonSchema, support: SchemaSupport) {
    this.#root = reduceRoot;
    this.#support = support;
  }

  reduceRoot(): JsonSchema {
    const { $defs, ...schema } = this.#root;
    const reduced = this.#reduceNode(schema);
    if (!isRecord($defs)) return reduced;
    const definitions = Object.entries($defs).map(([name, each]) => [name, this.#reduceSubschema(each)] as const);
    if (this.#support.references !== 'inline')
      return { ...reduced, $defs: keepIfSame($defs, Object.fromEntries(definitions)) };
    const kept = definitions.filter(([name]) => this.#isRecursive(`#/$defs/${name}`));
    return kept.length === 0 ? reduced : { ...reduced, $defs: Object.fromEntries(kept) };
  }

  #reduceSubschema(schema: unknown): unknown {
    if (isRecord(schema)) return this.#reduceNode(schema);
    return this.#support.booleanSchemas || typeof schema !== 'boolean'
      ? schema
      : this.#reduceNode(schema ? {} : { not: {} });
  }

  #reduceNode(schema: JsonSchema): JsonSchema {
    if (schema['$ref'] !== undefined && this.#support.references === 'inline') return this.#reduceReference(schema);
    const isUnion = UNION_KEYWORDS.some((keyword) => schema[keyword] !== undefined);
    if (isUnion && this.#support.unions === 'any-of') return this.#reduceUnion(schema);
    const branches = isUnion ? undefined : splitByType(schema, this.#support);
    if (branches !== undefined) return this.#reduceAnyOf(schema, branches);
    return keepIfSame(schema, this.#reduceLeaf(schema));
  }

  #reduceReference({ $ref, ...others }: JsonSchema): JsonSchema {
    const target = typeof $ref === 'string' ? resolvePointer(this.#root, $ref) : undefined;
    if (typeof $ref === 'string' && isRecord(target) && !this.#isRecursive($ref)) {
      const { description: _, title: __, ...rest } = target;
      return this.#reduceNode(intersectSchemas({ ...pickAnnotations(target), ...others }, rest) ?? rest);
    }
    const { description } = others;
    return description === undefined ? { $ref } : { description, anyOf: [{ $ref }] };
  }

  #isRecursive(reference: string): boolean {
    const known = this.#recursive.get(reference);
    if (known !== undefined) return known;
    const isFound = collectReferences(resolvePointer(this.#root, reference), this.#root).has(reference);
    this.#recursive.set(reference, isFound);
    return isFound;
  }

  #reduceUnion(union: JsonSchema): JsonSchema {
    const { title: _, description: __, default: ___, ...schema } = union;
    const { anyOf, oneOf, type, ...others } = schema;
    const plain = Array.isArray(anyOf ?? oneOf) && Object.keys(others).length === 0;
    const branches = plain ? distributeType(toList(anyOf ?? oneOf), type) : listAlternatives(schema, this.#root);
    const [single, ...more] = branches;
    if (single !== undefined && more.length === 0 && isRecord(single))
      return this.#reduceNode({ ...single, ...pickAnnotations(union) });
    return this.#reduceAnyOf(union, branches);
  }

  #reduceAnyOf(union: JsonSchema, branches: readonly unknown[]): JsonSchema {
    const { default: defaultValue } = union;
    const notes = defaultValue === undefined ? [] : [`Default: ${JSON.stringify(defaultValue)}.`];
    const reduced = branches.map((branch) => this.#reduceSubschema(branch));
    // A union directly inside a union is flattened.
    const flat = reduced.flatMap((branch) =>
      isRecord(branch) && Object.keys(branch).length === 1 && Array.isArray(branch['anyOf'])
        ? branch['anyOf']
        : [branch],
    );
    return addNotes({ ...pickAnnotations(union), anyOf: removeDuplicates(flat) }, notes);
  }

  #reduceLeaf(leaf: JsonSchema): JsonSchema {
    const { schema, notes } = omitKeywords(leaf, this.#support);
    const { additionalProperties: more } = schema;
    const mapped = mapSubschemas(this.#removeNever(schema), (each) => this.#reduceSubschema(each));
    // Every server supports a boolean here.
    const inner = typeof more === 'boolean' ? { ...mapped, additionalProperties: more } : mapped;
    return addNotes(convertType(inner, this.#support), notes);
  }

  /** Removes properties that are never allowed, for servers that have no form for them. */
  #removeNever(schema: JsonSchema): JsonSchema {
    const { properties, items } = schema;
    const hasNever = this.#support.booleanSchemas && !this.#support.omittedKeywords.includes('not');
    if (hasNever) return schema;
    const kept = Object.entries(isRecord(properties) ? properties : {}).filter(([, each]) => !isNever(each));
    const allowed = isRecord(properties) ? keepIfSame(properties, Object.fromEntries(kept)) : properties;
    const entries = Object.entries({ ...schema, properties: allowed, items: isNever(items) ? undefined : items });
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
}

/** Whether a schema has a reference that leads back to itself. */
export function isRecursive(root: JsonSchema): boolean {
  return [...collectReferences(root, root)].some((reference) =>
    collectReferences(resolvePointer(root, reference), root).has(reference),
  );
}

/** Collects the references in a schema and in their targets. */
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

const UNION_KEYWORDS = ['anyOf', 'oneOf', 'allOf', 'if', 'dependentSchemas'];

function isNever(schema: unknown): boolean {
  if (schema === false) return true;
  const not = isRecord(schema) ? schema['not'] : undefined;
  return isRecord(not) && isAnnotationOnly(not);
}

/** Moves the type of a union into the branches that have no type of their own. */
function distributeType(branches: readonly unknown[], type: unknown): readonly unknown[] {
  if (type === undefined) return branches;
  const isTyped = ({ type: own, $ref, anyOf, oneOf, const: constant, enum: values }: JsonSchema): boolean =>
    [own, $ref, anyOf, oneOf, constant, values].some((each) => each !== undefined);
  return branches.map((branch) => (isRecord(branch) && !isTyped(branch) ? { type, ...branch } : branch));
}
