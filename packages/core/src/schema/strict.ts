import { isRecord } from '../base/json.ts';
import { sliceWhole } from '../base/text.ts';
import { alternatives } from './alternatives.ts';
import { appendNotes, toNote } from './description.ts';
import type { JsonSchema } from './json-schema.ts';
import { COMMON_FORMATS, LIST_LENGTHS, NUMBER_LIMITS, OTHER_PROPERTIES, PROPERTIES } from './keywords.ts';
import { isAnnotationOnly, toList } from './merge.ts';
import { disagreements, findMergedDisagreements } from './null-branches.ts';
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
  /** What the schema was made of, and what reads the nulls of a reply. @defaultValue the schema */
  readonly original?: JsonSchema;
}

/**
 * The schema in the subset that OpenAI's structured outputs take (`strict: true`): every object closed, every property
 * required, what may be left out nullable; what the subset does not have is told in descriptions.
 */
export function strictForm(schema: JsonSchema, { original = schema }: StrictFormOptions = {}): StrictForm {
  const renderer = new Renderer(schema);
  const strict = renderer.root(schema);
  const isMerged = original !== schema;
  const merged = isMerged ? findMergedDisagreements(listObjectBranches(original) ?? [], original) : [];
  const reasons = [...renderer.reasons, ...disagreements(original), ...merged];
  return reasons.length === 0 ? { ok: true, schema: strict } : { ok: false, reasons };
}

interface Place {
  readonly pointer: string;
  /** Objects around it. */
  readonly depth: number;
}

/** Pointers only grow: one as long is of a schema that no model could fill. */
const LONGEST_POINTER = 4_000;

class Renderer {
  readonly reasons: StrictReason[] = [];
  readonly #root: JsonSchema;
  readonly #limits = new StrictLimits((pointer, reason) => this.#refuse(pointer, reason));

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  root({ $schema: _, $id: __, $defs, ...schema }: JsonSchema): JsonSchema {
    if (schema['type'] !== 'object' || schema['anyOf'] !== undefined || schema['oneOf'] !== undefined)
      this.#refuse('', 'the root is no single object');
    const strict = this.#schema(schema, { pointer: '', depth: 0 });
    if (!isRecord($defs)) return strict;
    const definitions = Object.entries($defs).map(([name, definition]) => {
      this.#limits.addText('', name);
      return [name, this.#schema(definition, { pointer: `/$defs/${escapePointer(name)}`, depth: 0 })] as const;
    });
    return { ...strict, $defs: Object.fromEntries(definitions) };
  }

  #refuse(pointer: string, reason: string): void {
    this.reasons.push({ pointer, reason });
  }

  #schema(schema: unknown, place: Place): JsonSchema {
    if (place.pointer.length > LONGEST_POINTER) {
      this.#refuse(`${sliceWhole(place.pointer, 0, 100)}…`, 'nested too deeply');
      return {};
    }
    if (!isRecord(schema)) {
      this.#refuse(place.pointer, schema === false ? 'no value is allowed' : 'any value is allowed');
      return {};
    }
    if (schema['$ref'] !== undefined) return this.#reference(schema, place);
    if (schema['allOf'] !== undefined) return this.#combination(schema, place);
    if (schema['anyOf'] !== undefined || schema['oneOf'] !== undefined) return this.#union(schema, place);
    const types = typesOf(schema);
    if (types.length === 0) {
      this.#refuse(place.pointer, 'any value is allowed');
      return {};
    }
    for (const type of types)
      if (!TYPES.has(type)) this.#refuse(place.pointer, `the type ${JSON.stringify(type)} is unknown`);
    for (const keyword of CONDITIONS)
      if (schema[keyword] !== undefined) this.#refuse(`${place.pointer}/${keyword}`, 'a condition');
    const { kept, description } = split(schema);
    const type = types.length === 1 ? types[0] : types;
    return {
      type,
      ...(description !== '' && { description }),
      ...this.#values(kept, types, place.pointer),
      ...(types.includes('object') && this.#object(schema, place)),
      ...(types.includes('array') && this.#array(schema, place)),
    };
  }

  /** Beside a reference there may be nothing else. */
  #reference(schema: JsonSchema, { pointer }: Place): JsonSchema {
    const { $ref, ...others } = schema;
    if (typeof $ref !== 'string' || !/^#(\/\$defs\/|$)/.test($ref)) {
      this.#refuse(pointer, 'a reference that points neither to the root nor into $defs');
    } else if (resolvePointer(this.#root, $ref) === undefined) this.#refuse(pointer, 'a reference that leads nowhere');
    if (Object.keys(others).some((keyword) => STRUCTURE.has(keyword) && !isAnnotationOnly({ [keyword]: true })))
      this.#refuse(pointer, 'a combination of several schemas');
    const { description } = split(others);
    return description === '' ? { $ref } : { description, anyOf: [{ $ref }] };
  }

  #combination({ allOf, ...others }: JsonSchema, place: Place): JsonSchema {
    const [single, ...more] = Array.isArray(allOf) ? allOf : [];
    if (more.length === 0 && isRecord(single)) return this.#schema({ ...single, ...others }, place);
    this.#refuse(`${place.pointer}/allOf`, 'a combination of several schemas');
    return {};
  }

  #union(schema: JsonSchema, place: Place): JsonSchema {
    const { description: _, ...undescribed } = schema;
    const { anyOf, oneOf, type: __, ...others } = schema;
    const keyword = anyOf === undefined ? 'oneOf' : 'anyOf';
    const given = anyOf ?? oneOf;
    if (!Array.isArray(given) || (anyOf !== undefined && oneOf !== undefined)) {
      this.#refuse(place.pointer, 'two unions at once');
      return {};
    }
    if (given.length === 0) this.#refuse(place.pointer, 'no value is allowed');
    // What stands beside the branches holds for each of them.
    const isAlone = Object.keys(others).every((each) => !STRUCTURE.has(each) || isAnnotationOnly({ [each]: true }));
    const { description } = split(isAlone ? others : { description: others['description'] });
    const branches = isAlone ? given : alternatives(undescribed, this.#root);
    const rendered = branches.map((branch, index) =>
      this.#schema(branch, { ...place, pointer: `${place.pointer}/${keyword}/${index}` }),
    );
    return { ...(description !== '' && { description }), anyOf: rendered };
  }

  #values(kept: JsonSchema, types: readonly unknown[], pointer: string): JsonSchema {
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

  #object({ properties, required, additionalProperties, ...rest }: JsonSchema, { pointer, depth }: Place): JsonSchema {
    const inner = depth + 1;
    if (!this.#limits.checkDepth(pointer, inner)) return {};
    if (additionalProperties !== undefined && additionalProperties !== false)
      this.#refuse(`${pointer}/additionalProperties`, 'properties of any name are allowed');
    for (const keyword of OTHER_PROPERTIES)
      if (rest[keyword] !== undefined) this.#refuse(`${pointer}/${keyword}`, 'properties of many names are allowed');
    if (!isRecord(properties)) {
      if (additionalProperties === undefined) this.#refuse(pointer, 'an object of any properties');
      return { properties: {}, required: [], additionalProperties: false };
    }
    const names = Object.keys(properties);
    const needed = new Set(toList(required));
    for (const name of needed)
      if (!names.includes(String(name))) this.#refuse(pointer, `"${name}" is required, and not among the properties`);
    const entries = names.map((name) => {
      const at = `${pointer}/properties/${escapePointer(name)}`;
      this.#limits.addProperty(at, name);
      const strict = this.#schema(properties[name], { pointer: at, depth: inner });
      return [name, needed.has(name) ? strict : nullable(strict)] as const;
    });
    return { properties: Object.fromEntries(entries), required: names, additionalProperties: false };
  }

  #array({ items, prefixItems }: JsonSchema, { pointer, depth }: Place): JsonSchema {
    if (prefixItems !== undefined || Array.isArray(items)) {
      this.#refuse(`${pointer}/${prefixItems === undefined ? 'items' : 'prefixItems'}`, 'a tuple');
      return {};
    }
    return { items: this.#schema(items, { pointer: `${pointer}/items`, depth }) };
  }
}

/** What a schema says of the type, or what its values have. */
function typesOf({ type, enum: values, const: constant, properties, items }: JsonSchema): readonly unknown[] {
  if (type !== undefined) return Array.isArray(type) ? type : [type];
  const all = Array.isArray(values) ? values : constant === undefined ? [] : [constant];
  if (all.length > 0) return [...new Set(all.map(getJsonType))];
  if (isRecord(properties)) return ['object'];
  return items === undefined ? [] : ['array'];
}

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** What an object has to be depends on what it is: the strict form has one form of each object. */
const CONDITIONS = ['if', 'then', 'else', 'dependentSchemas'];

function isOfType(value: unknown, type: unknown): boolean {
  return type === 'integer' ? Number.isInteger(value) : getJsonType(value) === type;
}

/** What stays a keyword, and everything else in words. */
function split(schema: JsonSchema): { readonly kept: JsonSchema; readonly description: string } {
  const kept: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (STRUCTURE.has(keyword)) continue;
    if (isKept(keyword, value)) kept[keyword] = value;
    else if (!isSaid(keyword, schema)) notes.push(toNote(keyword, value));
  }
  return { kept, description: appendNotes(schema['description'], notes) };
}

const INNER = [...PROPERTIES, 'items', 'prefixItems'];
const STRUCTURE: ReadonlySet<string> = new Set(['$schema', '$id', 'type', 'description', ...INNER]);

const KEPT: ReadonlySet<string> = new Set(['enum', 'const', 'title', ...NUMBER_LIMITS, ...LIST_LENGTHS]);

const FORMATS: ReadonlySet<unknown> = new Set(COMMON_FORMATS);

/** Patterns are compiled by Python. */
function isKept(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return FORMATS.has(value);
  if (keyword === 'pattern') return typeof value === 'string' && isPatternOf(value, 'python');
  return KEPT.has(keyword);
}

/** A format says what its pattern does. */
function isSaid(keyword: string, { format }: JsonSchema): boolean {
  return keyword === 'pattern' && FORMATS.has(format);
}

/** The same schema, and null. */
function nullable(schema: JsonSchema): JsonSchema {
  const { type, anyOf, enum: values, description } = schema;
  if (Array.isArray(anyOf)) {
    return anyOf.some(isNull) ? schema : { ...schema, anyOf: [...anyOf, { type: 'null' }] };
  }
  if (schema['const'] === null) return schema;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (types.includes('null') && (!Array.isArray(values) || values.includes(null)) && schema['const'] === undefined) {
    return schema;
  }
  const isPlain = types.every((each) => typeof each === 'string' && !NESTED.has(each)) && schema['const'] === undefined;
  if (isPlain) {
    const allTypes = types.includes('null') ? types : [...types, 'null'];
    return { ...schema, type: allTypes, ...(Array.isArray(values) && { enum: [...values, null] }) };
  }
  // What is said of the value is said of the whole: it stands at the property.
  const { description: _, ...inner } = schema;
  return { ...(description !== undefined && { description }), anyOf: [inner, { type: 'null' }] };
}

const NESTED: ReadonlySet<string> = new Set(['object', 'array']);

function isNull(branch: unknown): boolean {
  return typeof branch === 'object' && branch !== null && 'type' in branch && branch.type === 'null';
}
