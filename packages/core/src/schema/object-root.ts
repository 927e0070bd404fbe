import { isRecord } from '../base/json.ts';
import type { JsonSchema } from './json-schema.ts';
import { PROPERTIES, PROPERTY_COUNTS } from './keywords.ts';
import { listAllowedValues, listAlternatives } from './list-alternatives.ts';
import { pickAnnotations, readEnumValues, removeDuplicates, toList } from './merge.ts';
import { nameRoot, replaceRootReferences } from './named-root.ts';
import { appendNotes, toNote } from './notes.ts';
import { uniteSchemas } from './unite.ts';

/** Keywords that servers refuse at the root. */
const REFUSED_AT_ROOT = [
  '$ref',
  'anyOf',
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentSchemas',
  'enum',
  'const',
];

export function isObjectRoot(schema: JsonSchema): boolean {
  return schema['type'] === 'object' && REFUSED_AT_ROOT.every((keyword) => schema[keyword] === undefined);
}

/**
 * Converts a schema to one object schema, which every server accepts at the root. A union becomes an object with the properties of
 * all branches, of which those are required that all branches require. It allows more values than the schema, so the schema must
 * still validate the model's values.
 *
 * Returns the same schema if it is an object already, and `undefined` if it allows values that are not objects.
 */
export function toObjectRoot(schema: JsonSchema): JsonSchema | undefined {
  if (isObjectRoot(schema)) return schema;
  const branches = listObjectBranches(schema);
  if (branches === undefined) return undefined;
  const { definitions, reference } = nameRoot(schema, 'root');
  const merged = { ...uniteSchemas(branches), ...pickAnnotations(schema) };
  const kept = Object.entries(merged).filter(([keyword]) => !REFUSED_AT_ROOT.includes(keyword));
  const removed = Object.entries(merged).filter(([keyword]) => REFUSED_AT_ROOT.includes(keyword));
  const notes = [...removed.map(([keyword, value]) => toNote(keyword, value)), ...describeBranches(branches, schema)];
  const description = appendNotes(merged['description'], notes);
  const root = { ...Object.fromEntries(kept), type: 'object', ...(description !== '' && { description }) };
  return {
    ...(reference === undefined ? root : replaceRootReferences(root, reference)),
    ...(definitions !== undefined && { $defs: definitions }),
  };
}

/** Lists the branches of a schema if all of them are objects; otherwise `undefined`. */
export function listObjectBranches(schema: JsonSchema): readonly JsonSchema[] | undefined {
  const branches = listAlternatives(schema, schema).map(listObjects);
  return branches.length === 0 || branches.includes(undefined) ? undefined : branches.flatMap((each) => each ?? []);
}

const OBJECT_KEYWORDS = [...PROPERTIES, ...PROPERTY_COUNTS, 'dependentRequired'];

function listObjects(branch: JsonSchema): readonly JsonSchema[] | undefined {
  const types = toList(branch['type']);
  const values = readEnumValues(branch);
  if (values !== undefined) {
    const { enum: _, const: __, ...rest } = branch;
    return values.every(isRecord) ? values.map((value) => ({ ...rest, ...toObjectSchema(value) })) : undefined;
  }
  const isObject =
    types.length === 0 ? OBJECT_KEYWORDS.some((keyword) => branch[keyword] !== undefined) : types.length === 1;
  return isObject && (types[0] ?? 'object') === 'object' ? [branch] : undefined;
}

function toObjectSchema(value: Readonly<Record<string, unknown>>): JsonSchema {
  const properties = Object.entries(value).map(([name, field]) => [name, { const: field }] as const);
  const required = Object.keys(value);
  return { type: 'object', properties: Object.fromEntries(properties), required, additionalProperties: false };
}

const MAX_DESCRIBED = { branches: 12, names: 16, label: 120, characters: 2_000 } as const;

/** Describes which properties belong together, since a merged object does not show it. */
function describeBranches(branches: readonly JsonSchema[], root: JsonSchema): readonly string[] {
  const texts = [...new Set(branches.map((branch) => describeBranch(branch, root)))];
  if (texts.length < 2 || texts.length > MAX_DESCRIBED.branches) return [];
  const note = `One of: ${texts.join(' | ')}.`;
  return note.length > MAX_DESCRIBED.characters ? [] : [note];
}

function describeBranch(branch: JsonSchema, root: JsonSchema): string {
  const { properties, required, title, description } = branch;
  const requiredNames = toList(required);
  const schemas: JsonSchema = isRecord(properties) ? properties : {};
  const fields = removeDuplicates([...Object.keys(schemas), ...requiredNames]).map((name) => {
    const values = listAllowedValues(schemas[String(name)], root)?.map((value) => JSON.stringify(value)) ?? [];
    return `${name}${requiredNames.includes(name) ? '' : '?'}${values.length === 0 ? '' : `: ${values.join(' | ')}`}`;
  });
  const shown = fields.length > MAX_DESCRIBED.names ? [...fields.slice(0, MAX_DESCRIBED.names), '…'] : fields;
  const label = [title, description].find((each) => typeof each === 'string' && each.length <= MAX_DESCRIBED.label);
  return `{ ${shown.join(', ')} }${label === undefined ? '' : ` (${label})`}`;
}
