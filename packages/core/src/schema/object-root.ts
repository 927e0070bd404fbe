import { isRecord } from '../base/json.ts';
import { alternatives, valuesOf } from './alternatives.ts';
import { appendNotes, toNote } from './description.ts';
import type { JsonSchema } from './json-schema.ts';
import { PROPERTIES, PROPERTY_COUNTS } from './keywords.ts';
import { pickAnnotations, readValues, removeDuplicates, toList } from './merge.ts';
import { nameRoot, replaceRootReferences } from './root.ts';
import { uniteSchemas } from './unite.ts';

/** What servers refuse at the root beside `type: "object"`. */
const REFUSED = ['$ref', 'anyOf', 'oneOf', 'allOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'enum', 'const'];

export function isObjectRoot(schema: JsonSchema): boolean {
  return schema['type'] === 'object' && REFUSED.every((keyword) => schema[keyword] === undefined);
}

/**
 * A schema as one object schema, which every server takes at the root. Of a union that is the properties of all branches,
 * required what all require: it takes more than the schema, which therefore has to check what comes back.
 *
 * Gives the very same schema if it is one object already, and `undefined` if values pass that are no objects.
 */
export function toObjectRoot(given: JsonSchema): JsonSchema | undefined {
  if (isObjectRoot(given)) return given;
  const branches = listObjectBranches(given);
  if (branches === undefined) return undefined;
  const { definitions, reference } = nameRoot(given, 'root');
  const merged = { ...uniteSchemas(branches), ...pickAnnotations(given) };
  const kept = Object.entries(merged).filter(([keyword]) => !REFUSED.includes(keyword));
  const lost = Object.entries(merged).filter(([keyword]) => REFUSED.includes(keyword));
  const notes = [...lost.map(([keyword, value]) => toNote(keyword, value)), ...describeBranches(branches, given)];
  const description = appendNotes(merged['description'], notes);
  const root = { ...Object.fromEntries(kept), type: 'object', ...(description !== '' && { description }) };
  return {
    ...(reference === undefined ? root : replaceRootReferences(root, reference)),
    ...(definitions !== undefined && { $defs: definitions }),
  };
}

/** The objects that a schema takes: its branches, if each of them is one. */
export function listObjectBranches(schema: JsonSchema): readonly JsonSchema[] | undefined {
  const branches = alternatives(schema, schema).map(toObjects);
  return branches.length === 0 || branches.includes(undefined) ? undefined : branches.flatMap((each) => each ?? []);
}

const OF_OBJECTS = [...PROPERTIES, ...PROPERTY_COUNTS, 'dependentRequired'];

function toObjects(branch: JsonSchema): readonly JsonSchema[] | undefined {
  const types = toList(branch['type']);
  const values = readValues(branch);
  if (values !== undefined) {
    const { enum: _, const: __, ...rest } = branch;
    return values.every(isRecord) ? values.map((value) => ({ ...rest, ...toObjectSchema(value) })) : undefined;
  }
  const isObject =
    types.length === 0 ? OF_OBJECTS.some((keyword) => branch[keyword] !== undefined) : types.length === 1;
  return isObject && (types[0] ?? 'object') === 'object' ? [branch] : undefined;
}

function toObjectSchema(value: Readonly<Record<string, unknown>>): JsonSchema {
  const properties = Object.entries(value).map(([name, field]) => [name, { const: field }] as const);
  const required = Object.keys(value);
  return { type: 'object', properties: Object.fromEntries(properties), required, additionalProperties: false };
}

const MOST = { branches: 12, names: 16, words: 120, characters: 2_000 } as const;

/** Which properties belong together: nothing else says so where branches are one. */
function describeBranches(branches: readonly JsonSchema[], root: JsonSchema): readonly string[] {
  const texts = [...new Set(branches.map((branch) => describeBranch(branch, root)))];
  if (texts.length < 2 || texts.length > MOST.branches) return [];
  const note = `One of: ${texts.join(' | ')}.`;
  return note.length > MOST.characters ? [] : [note];
}

function describeBranch(branch: JsonSchema, root: JsonSchema): string {
  const { properties, required, title, description } = branch;
  const needed = toList(required);
  const named: JsonSchema = isRecord(properties) ? properties : {};
  const fields = removeDuplicates([...Object.keys(named), ...needed]).map((name) => {
    const values = valuesOf(named[String(name)], root)?.map((value) => JSON.stringify(value)) ?? [];
    return `${name}${needed.includes(name) ? '' : '?'}${values.length === 0 ? '' : `: ${values.join(' | ')}`}`;
  });
  const shown = fields.length > MOST.names ? [...fields.slice(0, MOST.names), '…'] : fields;
  const words = [title, description].find((each) => typeof each === 'string' && each.length <= MOST.words);
  return `{ ${shown.join(', ')} }${words === undefined ? '' : ` (${words})`}`;
}
