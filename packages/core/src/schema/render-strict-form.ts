import { isRecord } from '../base/json.ts';
import { sliceWhole } from '../base/text.ts';
import { findMergedNullConflicts, findNullConflicts } from './find-null-conflicts.ts';
import type { JsonSchema } from './json-schema.ts';
import { COMMON_FORMATS, LIST_LENGTHS, NUMBER_LIMITS, OTHER_PROPERTIES, PROPERTIES } from './keywords.ts';
import { listAlternatives } from './list-alternatives.ts';
import { isAnnotationOnly, toList } from './merge.ts';
import { appendNotes, toNote } from './notes.ts';
import { listObjectBranches } from './object-root.ts';
import { isPatternOf } from './patterns.ts';
import { escapePointer, resolvePointer } from './pointer.ts';
import { StrictLimits } from './strict-limits.ts';
import type { StrictReason } from './strict-reason.ts';
import { getJsonType } from './unite.ts';

export type StrictForm =
  | { readonly ok: true; readonly schema: JsonSchema }
  | { readonly ok: false; readonly reasons: readonly StrictReason[] };

export interface StrictFormOptions {
  /** The schema that `schema` was made from; it interprets the nulls in a response. @defaultValue the schema */
  readonly original?: JsonSchema;
}

/**
 * Renders a schema in the subset of OpenAI's structured outputs (`strict: true`): every object is closed, every property is
 * required, and optional properties are nullable. Other rules move to descriptions.
 */
export function renderStrictForm(schema: JsonSchema, { original = schema }: StrictFormOptions = {}): StrictForm {
  const renderer = new StrictRenderer(schema);
  const strict = renderer.renderRoot(schema);
  const isMerged = original !== schema;
  const merged = isMerged ? findMergedNullConflicts(listObjectBranches(original) ?? [], original) : [];
  const reasons = [...renderer.reasons, ...findNullConflicts(original), ...merged];
  return reasons.length === 0 ? { ok: true, schema: strict } : { ok: false, reasons };
}

interface Place {
  readonly pointer: string;
  /** The number of enclosing objects. */
  readonly depth: number;
}

/** Stops endless recursion: no model could fill a schema of this depth. */
const MAX_POINTER_LENGTH = 4_000;

class StrictRenderer {
  readonly reasons: StrictReason[] = [];
  readonly #root: JsonSchema;
  readonly #limits = new StrictLimits((pointer, reason) => this.#refuse(pointer, reason));

  constructor(renderRoot: JsonSchema) {
    this.#root = renderRoot;
  }

  renderRoot({ $schema: _, $id: __, $defs, ...schema }: JsonSchema): JsonSchema {
    if (schema['type'] !== 'object' || schema['anyOf'] !== undefined || schema['oneOf'] !== undefined)
      this.#refuse('', 'the root is not a single object');
    const strict = this.#renderSchema(schema, { pointer: '', depth: 0 });
    if (!isRecord($defs)) return strict;
    const definitions = Object.entries($defs).map(([name, definition]) => {
      this.#limits.addText('', name);
      return [name, this.#renderSchema(definition, { pointer: `/$defs/${escapePointer(name)}`, depth: 0 })] as const;
    });
    return { ...strict, $defs: Object.fromEntries(definitions) };
  }

  #refuse(pointer: string, reason: string): void {
    this.reasons.push({ pointer, reason });
  }

  #renderSchema(schema: unknown, place: Place): JsonSchema {
    if (place.pointer.length > MAX_POINTER_LENGTH) {
      this.#refuse(`${sliceWhole(place.pointer, 0, 100)}…`, 'nested too deeply');
      return {};
    }
    if (!isRecord(schema)) {
      this.#refuse(place.pointer, schema === false ? 'no value is allowed' : 'any value is allowed');
      return {};
    }
    if (schema['$ref'] !== undefined) return this.#renderReference(schema, place);
    if (schema['allOf'] !== undefined) return this.#renderAllOf(schema, place);
    if (schema['anyOf'] !== undefined || schema['oneOf'] !== undefined) return this.#renderUnion(schema, place);
    const types = listTypes(schema);
    if (types.length === 0) {
      this.#refuse(place.pointer, 'any value is allowed');
      return {};
    }
    for (const type of types)
      if (!TYPES.has(type)) this.#refuse(place.pointer, `the type ${JSON.stringify(type)} is unknown`);
    for (const keyword of CONDITION_KEYWORDS)
      if (schema[keyword] !== undefined) this.#refuse(`${place.pointer}/${keyword}`, 'a condition');
    const { kept, description } = splitKeywords(schema);
    const type = types.length === 1 ? types[0] : types;
    return {
      type,
      ...(description !== '' && { description }),
      ...this.#checkValues(kept, types, place.pointer),
      ...(types.includes('object') && this.#renderObject(schema, place)),
      ...(types.includes('array') && this.#renderArray(schema, place)),
    };
  }

  /** A strict reference has no keywords beside it. */
  #renderReference(schema: JsonSchema, { pointer }: Place): JsonSchema {
    const { $ref, ...others } = schema;
    if (typeof $ref !== 'string' || !/^#(\/\$defs\/|$)/.test($ref)) {
      this.#refuse(pointer, 'a reference that points neither to the root nor into $defs');
    } else if (resolvePointer(this.#root, $ref) === undefined) this.#refuse(pointer, 'a reference without a target');
    if (
      Object.keys(others).some((keyword) => STRUCTURE_KEYWORDS.has(keyword) && !isAnnotationOnly({ [keyword]: true }))
    )
      this.#refuse(pointer, 'a combination of several schemas');
    const { description } = splitKeywords(others);
    return description === '' ? { $ref } : { description, anyOf: [{ $ref }] };
  }

  #renderAllOf({ allOf, ...others }: JsonSchema, place: Place): JsonSchema {
    const [single, ...more] = Array.isArray(allOf) ? allOf : [];
    if (more.length === 0 && isRecord(single)) return this.#renderSchema({ ...single, ...others }, place);
    this.#refuse(`${place.pointer}/allOf`, 'a combination of several schemas');
    return {};
  }

  #renderUnion(schema: JsonSchema, place: Place): JsonSchema {
    const { description: _, ...withoutDescription } = schema;
    const { anyOf, oneOf, type: __, ...others } = schema;
    const keyword = anyOf === undefined ? 'oneOf' : 'anyOf';
    const listed = anyOf ?? oneOf;
    if (!Array.isArray(listed) || (anyOf !== undefined && oneOf !== undefined)) {
      this.#refuse(place.pointer, 'two unions in one schema');
      return {};
    }
    if (listed.length === 0) this.#refuse(place.pointer, 'no value is allowed');
    // Keywords beside the branches apply to each branch.
    const isAlone = Object.keys(others).every(
      (each) => !STRUCTURE_KEYWORDS.has(each) || isAnnotationOnly({ [each]: true }),
    );
    const { description } = splitKeywords(isAlone ? others : { description: others['description'] });
    const branches = isAlone ? listed : listAlternatives(withoutDescription, this.#root);
    const rendered = branches.map((branch, index) =>
      this.#renderSchema(branch, { ...place, pointer: `${place.pointer}/${keyword}/${index}` }),
    );
    return { ...(description !== '' && { description }), anyOf: rendered };
  }

  #checkValues(kept: JsonSchema, types: readonly unknown[], pointer: string): JsonSchema {
    const values = kept['enum'] ?? (kept['const'] === undefined ? undefined : [kept['const']]);
    if (!Array.isArray(values)) return kept;
    this.#limits.addValues(pointer, values);
    if (values.length === 0) this.#refuse(pointer, 'no value is allowed');
    const foreign = values.find((value) => !types.some((type) => isOfType(value, type)));
    if (foreign !== undefined)
      this.#refuse(pointer, `the value ${JSON.stringify(foreign)} is not of the type ${types.join(' or ')}`);
    if (values.some((value) => typeof value === 'object' && value !== null))
      this.#refuse(pointer, 'a value that is an object or an array');
    return kept;
  }

  #renderObject(
    { properties, required, additionalProperties, ...rest }: JsonSchema,
    { pointer, depth }: Place,
  ): JsonSchema {
    const innerDepth = depth + 1;
    if (!this.#limits.checkDepth(pointer, innerDepth)) return {};
    if (additionalProperties !== undefined && additionalProperties !== false)
      this.#refuse(`${pointer}/additionalProperties`, 'properties with any name are allowed');
    for (const keyword of OTHER_PROPERTIES)
      if (rest[keyword] !== undefined) this.#refuse(`${pointer}/${keyword}`, 'properties with many names are allowed');
    if (!isRecord(properties)) {
      if (additionalProperties === undefined) this.#refuse(pointer, 'an object with any properties');
      return { properties: {}, required: [], additionalProperties: false };
    }
    const names = Object.keys(properties);
    const requiredNames = new Set(toList(required));
    for (const name of requiredNames)
      if (!names.includes(String(name))) this.#refuse(pointer, `"${name}" is required but not a property`);
    const entries = names.map((name) => {
      const at = `${pointer}/properties/${escapePointer(name)}`;
      this.#limits.addProperty(at, name);
      const strict = this.#renderSchema(properties[name], { pointer: at, depth: innerDepth });
      return [name, requiredNames.has(name) ? strict : makeNullable(strict)] as const;
    });
    return { properties: Object.fromEntries(entries), required: names, additionalProperties: false };
  }

  #renderArray({ items, prefixItems }: JsonSchema, { pointer, depth }: Place): JsonSchema {
    if (prefixItems !== undefined || Array.isArray(items)) {
      this.#refuse(`${pointer}/${prefixItems === undefined ? 'items' : 'prefixItems'}`, 'a tuple');
      return {};
    }
    return { items: this.#renderSchema(items, { pointer: `${pointer}/items`, depth }) };
  }
}

/** Lists the types of a schema, or the types of its values. */
function listTypes({ type, enum: values, const: constant, properties, items }: JsonSchema): readonly unknown[] {
  if (type !== undefined) return Array.isArray(type) ? type : [type];
  const all = Array.isArray(values) ? values : constant === undefined ? [] : [constant];
  if (all.length > 0) return [...new Set(all.map(getJsonType))];
  if (isRecord(properties)) return ['object'];
  return items === undefined ? [] : ['array'];
}

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** Keywords that make an object's rules depend on its value. A strict object has fixed rules. */
const CONDITION_KEYWORDS = ['if', 'then', 'else', 'dependentSchemas'];

function isOfType(value: unknown, type: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : getJsonType(value) === type;
}

/** Splits a schema into the keywords that stay and a description of the others. */
function splitKeywords(schema: JsonSchema): { readonly kept: JsonSchema; readonly description: string } {
  const kept: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (STRUCTURE_KEYWORDS.has(keyword)) continue;
    if (isKept(keyword, value)) kept[keyword] = value;
    else if (!isImpliedByFormat(keyword, schema)) notes.push(toNote(keyword, value));
  }
  return { kept, description: appendNotes(schema['description'], notes) };
}

const STRUCTURAL = [...PROPERTIES, 'items', 'prefixItems'];
const STRUCTURE_KEYWORDS: ReadonlySet<string> = new Set(['$schema', '$id', 'type', 'description', ...STRUCTURAL]);

const KEPT_KEYWORDS: ReadonlySet<string> = new Set(['enum', 'const', 'title', ...NUMBER_LIMITS, ...LIST_LENGTHS]);

const FORMATS: ReadonlySet<unknown> = new Set(COMMON_FORMATS);

/** Whether a keyword stays in the strict form. The server compiles patterns with Python. */
function isKept(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return FORMATS.has(value);
  if (keyword === 'pattern') return typeof value === 'string' && isPatternOf(value, 'python');
  return KEPT_KEYWORDS.has(keyword);
}

/** Whether a pattern needs no note because a format implies it. */
function isImpliedByFormat(keyword: string, { format }: JsonSchema): boolean {
  return keyword === 'pattern' && FORMATS.has(format);
}

/** Makes a schema allow null. */
function makeNullable(schema: JsonSchema): JsonSchema {
  const { type, anyOf, enum: values, description } = schema;
  if (Array.isArray(anyOf)) {
    return anyOf.some(isNull) ? schema : { ...schema, anyOf: [...anyOf, { type: 'null' }] };
  }
  if (schema['const'] === null) return schema;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (types.includes('null') && (!Array.isArray(values) || values.includes(null)) && schema['const'] === undefined) {
    return schema;
  }
  const isPlain =
    types.every((each) => typeof each === 'string' && !NESTED_TYPES.has(each)) && schema['const'] === undefined;
  if (isPlain) {
    const allTypes = types.includes('null') ? types : [...types, 'null'];
    return { ...schema, type: allTypes, ...(Array.isArray(values) && { enum: [...values, null] }) };
  }
  // The description moves from the branch to the property.
  const { description: _, ...inner } = schema;
  return { ...(description !== undefined && { description }), anyOf: [inner, { type: 'null' }] };
}

const NESTED_TYPES: ReadonlySet<string> = new Set(['object', 'array']);

function isNull(branch: unknown): boolean {
  return typeof branch === 'object' && branch !== null && 'type' in branch && branch.type === 'null';
}
