import { isRecord } from '../base/json.ts';
import { sliceWhole } from '../base/text.ts';
import { unicode } from '../base/unicode.ts';
import { stringifyWellFormed } from '../base/well-formed.ts';
import type { JsonSchema } from './json-schema.ts';
import { disagreements } from './null-branches.ts';
import { nullable } from './nullable.ts';
import { StrictLimits } from './strict-limits.ts';
import type { StrictReason } from './strict-reason.ts';

export type StrictForm =
  | { readonly ok: true; readonly schema: JsonSchema }
  | { readonly ok: false; readonly reasons: readonly StrictReason[] };

/**
 * The schema in the subset that OpenAI's structured outputs take (`strict: true`): every object closed, every property
 * required, what may be left out nullable; what the subset does not have is told in descriptions.
 */
export function strictForm(schema: JsonSchema): StrictForm {
  const renderer = new Renderer();
  const strict = renderer.root(schema);
  const reasons = [...renderer.reasons, ...disagreements(schema)];
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
  readonly #limits = new StrictLimits((pointer, reason) => this.#refuse(pointer, reason));

  root({ $schema: _, $id: __, $defs, ...schema }: JsonSchema): JsonSchema {
    if (schema['type'] !== 'object' || schema['anyOf'] !== undefined || schema['oneOf'] !== undefined)
      this.#refuse('', 'the root is no single object');
    const strict = this.#schema(schema, { pointer: '', depth: 0 });
    if (!isRecord($defs)) return strict;
    const definitions = Object.entries($defs).map(([name, definition]) => {
      this.#limits.addText('', name);
      return [name, this.#schema(definition, { pointer: `/$defs/${escaped(name)}`, depth: 0 })] as const;
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
    const { kept, description } = split(schema);
    const type = types.length === 1 ? types[0] : types;
    return {
      type,
      ...(description !== '' && { description }),
      ...this.#values(kept, place),
      ...(types.includes('object') && this.#object(schema, place)),
      ...(types.includes('array') && this.#array(schema, place)),
    };
  }

  /** Beside a reference there may be nothing else. */
  #reference(schema: JsonSchema, { pointer }: Place): JsonSchema {
    const { $ref, ...others } = schema;
    if (typeof $ref !== 'string' || !/^#(\/\$defs\/[^/]+)?$/.test($ref)) {
      this.#refuse(pointer, 'a reference that points neither to the root nor into $defs');
    }
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
    const { anyOf, oneOf, type: _, ...others } = schema;
    const keyword = anyOf === undefined ? 'oneOf' : 'anyOf';
    const branches = anyOf ?? oneOf;
    if (!Array.isArray(branches) || (anyOf !== undefined && oneOf !== undefined)) {
      this.#refuse(place.pointer, 'two unions at once');
      return {};
    }
    const { description } = split(others);
    const rendered = branches.map((branch, index) =>
      this.#schema(branch, { ...place, pointer: `${place.pointer}/${keyword}/${index}` }),
    );
    return { ...(description !== '' && { description }), anyOf: rendered };
  }

  #values(kept: JsonSchema, { pointer }: Place): JsonSchema {
    const values = kept['enum'] ?? (kept['const'] === undefined ? undefined : [kept['const']]);
    if (Array.isArray(values)) this.#limits.addValues(pointer, values);
    return kept;
  }

  #object({ properties, required, additionalProperties, ...rest }: JsonSchema, { pointer, depth }: Place): JsonSchema {
    const inner = depth + 1;
    if (!this.#limits.checkDepth(pointer, inner)) return {};
    if (additionalProperties !== undefined && additionalProperties !== false)
      this.#refuse(`${pointer}/additionalProperties`, 'properties of any name are allowed');
    for (const keyword of ['patternProperties', 'propertyNames'])
      if (rest[keyword] !== undefined) this.#refuse(`${pointer}/${keyword}`, 'properties of many names are allowed');
    if (!isRecord(properties)) {
      if (additionalProperties === undefined) this.#refuse(pointer, 'an object of any properties');
      return { properties: {}, required: [], additionalProperties: false };
    }
    const names = Object.keys(properties);
    const needed = new Set(Array.isArray(required) ? required : []);
    const entries = names.map((name) => {
      const at = `${pointer}/properties/${escaped(name)}`;
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

/** `~` and `/` as JSON Pointer has them. */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What a schema says of the type, or what its values have. */
function typesOf({ type, enum: values, const: constant, properties, items }: JsonSchema): readonly unknown[] {
  if (type !== undefined) return Array.isArray(type) ? type : [type];
  const all = Array.isArray(values) ? values : constant === undefined ? [] : [constant];
  if (all.length > 0) return [...new Set(all.map(typeOf))];
  if (isRecord(properties)) return ['object'];
  return items === undefined ? [] : ['array'];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** What stays a keyword, and everything else in words. */
function split(schema: JsonSchema): { readonly kept: JsonSchema; readonly description: string } {
  const kept: Record<string, unknown> = {};
  const notes: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (STRUCTURE.has(keyword)) continue;
    if (keyword === 'default') notes.push(`Default: ${stringifyWellFormed(value)}.`);
    else if (isKept(keyword, value)) kept[keyword] = value;
    else if (!isSaid(keyword, schema)) notes.push(`${keyword}: ${stringifyWellFormed(value)}.`);
  }
  const { description } = schema;
  const words = typeof description === 'string' ? description.trim() : '';
  const sentence = notes.length > 0 && unicode`[\p{L}\p{N}]$`.test(words) ? `${words}.` : words;
  return { kept, description: [sentence, ...notes].join(' ').trim() };
}

const STRUCTURE: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  'type',
  'description',
  'properties',
  'required',
  'additionalProperties',
  'patternProperties',
  'propertyNames',
  'items',
  'prefixItems',
]);

const KEPT: ReadonlySet<string> = new Set([
  'enum',
  'const',
  'title',
  'multipleOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
]);

const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
]);

/** Patterns that look around are refused by OpenAI's engine. */
function isKept(keyword: string, value: unknown): boolean {
  if (keyword === 'format') return FORMATS.has(value);
  if (keyword === 'pattern') return typeof value === 'string' && !/\(\?<?[=!]/.test(value);
  return KEPT.has(keyword);
}

/** A format says what its pattern does. */
function isSaid(keyword: string, { format }: JsonSchema): boolean {
  return keyword === 'pattern' && FORMATS.has(format);
}
