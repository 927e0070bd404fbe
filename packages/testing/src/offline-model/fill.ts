import type { JsonObject } from '@pawl/core';
import type { FunctionObject, Json, JsonSchema } from '@pawl/core/chat';
import { sampleSchema } from '../schema/arbitrary.ts';
import {
  listOptions,
  listValues,
  readProperties,
  readType,
  resolve,
  type SchemaPosition,
  toSchema,
} from '../schema/resolve.ts';
import type { Kind, Mention } from './mentions.ts';
import { isRelated, listStems, splitWords, toStem } from './words.ts';

/** Texts and mentions that can fill the fields of an object. */
export interface Evidence {
  readonly text: string;
  readonly mentions: readonly Mention[];
  /** Mentions in the rest of the question and in results. */
  readonly found: readonly Mention[];
  /** Fills text fields in place of words of `text`. */
  readonly summary?: string;
}

interface FilledRows {
  /** Several rows if a field has several mentions. */
  readonly rows: readonly JsonObject[];
  /** Whether every required field has a value from the evidence. */
  readonly isWhole: boolean;
}

/** Specific kinds choose first; fields that accept anything get the rest. */
const ORDER: readonly Kind[] = ['file', 'url', 'email', 'code', 'number', 'name', 'id', 'quoted', 'text'];

/** Fills an object from the evidence. The generator of `schemaModel` fills required fields without a mention. */
export function fill(schema: JsonSchema, evidence: Evidence, place?: SchemaPosition): FilledRows {
  const { root, depth } = place ?? { root: schema, depth: 0 };
  const fields = listFields(schema, root);
  const owners = assignOwners(fields, evidence);
  const taken = new Set(owners.keys());
  const values = new Map<Field, readonly Json[]>();
  const open = fields.filter((field) => field.isRequired && ![...owners.values()].includes(field));
  const withoutTaken = (all: readonly Mention[]): readonly Mention[] => all.filter((mention) => !taken.has(mention));
  const rankField = ({ kinds: [first = 'text'] }: Field): number => ORDER.indexOf(first);
  for (const field of fields.toSorted((one, other) => rankField(one) - rankField(other))) {
    const rivals = open.filter((other) => rankField(other) === rankField(field) && !values.has(other)).length;
    const named = evidence.mentions.filter((mention) => owners.get(mention) === field);
    const rest = { ...evidence, mentions: withoutTaken(evidence.mentions), found: withoutTaken(evidence.found) };
    const mentions = named.length > 0 ? named : chooseMentions(field, rest, rivals);
    for (const mention of mentions) taken.add(mention);
    const found = mentions.map(({ text }) => (field.kinds[0] === 'number' ? Number(text) : text));
    const given = found.length > 0 ? found : findSpokenValues(field, evidence, { root, depth: depth + 1 });
    if (given.length > 0) values.set(field, field.kinds[0] === 'number' ? given : [...new Set(given)]);
  }
  const count = Math.max(1, ...[...values].map(([{ isList }, { length }]) => (isList ? 1 : length)));
  const rows = Array.from({ length: Math.min(16, count) }, (_, row) => {
    const entries = fields.flatMap((field): [string, Json][] => {
      const given = values.get(field);
      const value = field.isList ? given : (given?.[row] ?? given?.[0]);
      if (value === undefined && !field.isRequired) return [];
      return [[field.name, value ?? sampleSchema(field.property, 0, root)]];
    });
    return Object.fromEntries(entries);
  });
  // In a narrow range a generated value is good enough.
  const isKnown = (field: Field): boolean =>
    values.has(field) || field.kinds.length === 0 || Number(field.schema['maximum']) < 1_000;
  return { rows, isWhole: open.every(isKnown) };
}

/** Assigns mentions to the fields whose names stand next to them: "10 days", also "orders 42 and 43". */
function assignOwners(fields: readonly Field[], { text, mentions }: Evidence): ReadonlyMap<Mention, Field> {
  const owners = new Map<Mention, Field>();
  let owner: Field | undefined;
  let end = 0;
  for (const mention of mentions) {
    const near = fields.filter((field) => canTake(field, mention) && measureDistance(field, mention) < MAX_DISTANCE);
    const [named] = near.sort((one, other) => measureDistance(one, mention) - measureDistance(other, mention));
    const isListed = /^(?:,?\s+|,|\s*(?:and|or)\s+)+$/.test(text.slice(end, mention.start));
    owner = named ?? (isListed && owner !== undefined && canTake(owner, mention) ? owner : undefined);
    if (owner !== undefined) owners.set(mention, owner);
    end = mention.end;
  }
  return owners;
}

/**
 * Chooses mentions from the text, else from `found`. `rivals` counts the open fields of the same kind, including this
 * one.
 */
function chooseMentions(field: Field, evidence: Evidence, rivals: number): readonly Mention[] {
  const isNumber = field.kinds[0] === 'number';
  const filterFree = (mentions: readonly Mention[]): readonly Mention[] => {
    const free = mentions.filter((mention) => canTake(field, mention));
    const sure = free.filter(({ kind }) => kind !== 'word' && (isNumber || kind !== 'number'));
    return sure.length > 0 ? sure : free;
  };
  const own = filterFree(evidence.mentions);
  if (!field.isRequired) return [];
  // Several fields share the mentions: "pay Ada 20"; "add 2 and 3, 4 and 5" are two calls.
  if (own.length > 0 && rivals > 1)
    return own.filter((_, at) => at % rivals === 0).slice(0, Math.max(1, Math.floor(own.length / rivals)));
  const start = own.findIndex(({ before: [word = ''] }) => /^(?:in|at|for|of|near|to|from)$/.test(word));
  if (own.length > 0) return own.slice(field.isList ? 0 : Math.max(0, start));
  const isMany = field.isList || /\b(?:each|every|all|both|them|those|these)\b/i.test(evidence.text);
  const found = filterFree(evidence.found);
  const named = found.filter((each) => measureDistance(field, each) < MAX_DISTANCE);
  const chosen = named.length > 0 ? named : found;
  return isMany && !isNumber ? chosen : chosen.slice(0, 1);
}

const MAX_DISTANCE = 3;

/** The number of words between a mention and a word of the field; `MAX_DISTANCE` if none is near. */
function measureDistance({ name, words, kinds }: Field, { before, after, kind }: Mention): number {
  const isMeant = (word: string): boolean => words.some((known) => isRelated(toStem(word), known));
  if (name === 'to') return /^(?:to|into|in|as)$/.test(before[0] ?? '') ? 0 : MAX_DISTANCE;
  if (kind === 'word' || kinds[0] === 'text') return MAX_DISTANCE;
  const sides = kinds[0] === 'number' ? [before, after] : [before.slice(0, 2)];
  return Math.min(...sides.map((side) => (side.some(isMeant) ? side.findIndex(isMeant) : MAX_DISTANCE)));
}

/** The values of fields that need no mention: choices that the text names, free text, objects. */
function findSpokenValues(field: Field, evidence: Evidence, place: SchemaPosition): readonly Json[] {
  const { name, words, choices, schema, isRequired, kinds } = field;
  if (readType(schema) === 'object' && place.depth < 4) {
    const { rows, isWhole } = fill(schema, evidence, place);
    return isWhole ? rows : [];
  }
  const spoken = splitWords(evidence.text).map(toStem);
  if (choices.includes(true)) {
    const index = spoken.findIndex((word) => words.includes(word));
    const isDenied = /^(?:no|not|without)$/.test(spoken[index - 1] ?? '');
    return index === -1 ? (isRequired ? [false] : []) : [!isDenied];
  }
  const isSpoken = (choice: Json): boolean =>
    ` ${spoken.join(' ')} `.includes(` ${splitWords(String(choice)).map(toStem).join(' ')} `);
  if (kinds[0] !== 'text') return choices.filter(isSpoken);
  const label = name === 'subject' ? 'about' : splitWords(name).join('\\W*');
  const { text, summary } = evidence;
  const [, named] = new RegExp(`\\b${label}(?:\\s*[:=]| is| as)?\\s+["“]?([^"”\\n.;:,]+)`, 'i').exec(text) ?? [];
  const [, after] = /:\s+(\S.*)$/s.exec(text) ?? /\b(?:saying|about|for)\s+(\S.*)$/is.exec(text) ?? [];
  return [summary ?? named?.trim() ?? (isRequired ? (after ?? text) : [])].flat();
}

/** A function of the request, with the stems of its words. */
export interface OfferedTool extends FunctionObject {
  /** Stems of the name; `otherWords` are those of the fields and the description. */
  readonly nameWords: readonly string[];
  readonly otherWords: readonly string[];
}

export function indexTool(offered: FunctionObject): OfferedTool {
  const { name, description = '', parameters: schema = {} } = offered;
  const names = listFields(schema, schema).flatMap((field) => [field.name, ...field.choices.map(String)]);
  const otherWords = listStems([...names, description].join(' '));
  return { ...offered, nameWords: listStems(name), otherWords };
}

/** A field of an object schema. */
interface Field {
  readonly name: string;
  readonly words: readonly string[];
  /** The schema of the field as declared. */
  readonly property: JsonSchema;
  /** The resolved schema of the value, or of each item of a list. */
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  readonly isList: boolean;
  /** The values of an enum or a boolean. */
  readonly choices: readonly Json[];
  /** The kinds of mentions that it accepts, best first. Empty for objects and choices. */
  readonly kinds: readonly Kind[];
}

function listFields(object: JsonSchema, root: JsonSchema): readonly Field[] {
  const { required, properties = {} } = resolveOption(object, root);
  return Object.entries(readProperties({ properties })).map(([name, property]) => {
    const value = resolveOption(property, root);
    const isList = readType(value) === 'array';
    const schema = isList ? resolveOption(toSchema(value['items']), root) : value;
    const choices = readType(schema) === 'boolean' ? [true, false] : listValues(schema);
    const isRequired = Array.isArray(required) && required.includes(name) && value['default'] === undefined;
    const kinds = choices.length > 0 ? [] : listKinds(name, schema);
    // These words fit any value.
    const words = splitWords(name.replace(/max|min|number|count|limit/i, '')).map(toStem);
    return { name, words, property, schema, isRequired, isList, choices, kinds };
  });
}

/** Resolves references, and takes the first option that is not null. */
function resolveOption(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const found = resolve(schema, { root });
  const option = listOptions(found).find(({ type }) => type !== 'null');
  return option === undefined ? found : resolve(option, { root });
}

function listKinds(name: string, schema: JsonSchema): readonly Kind[] {
  const { type, format, minLength, maxLength, pattern, description } = schema;
  if (type === 'number' || type === 'integer') return ['number', 'id'];
  if (type !== 'string' && type !== undefined) return [];
  const isCode = (minLength === maxLength && Number(maxLength) <= 3) || /^\^\[A-Z\]\{[23]\}\$$/.test(String(pattern));
  for (const source of [isCode ? 'currency' : format, name, description]) {
    const words = splitWords(String(source));
    const found = KINDS.find(([known]) => words.some((word) => known.test(word)));
    if (found !== undefined) return found[1];
  }
  return ['quoted', 'name', 'id', 'code', 'email', 'url', 'file', 'number', 'word'];
}

/** The kinds of a text field, by words of its format, name or description. */
const KINDS: readonly (readonly [RegExp, readonly Kind[]])[] = [
  [/^(?:path|file|filename|dir|directory|folder)s?$/, ['file', 'quoted']],
  [/^(?:email|mail|cc|bcc)s?$/, ['email']],
  [/^(?:currency|iata)$/, ['code']],
  [/^(?:city|cities|town|country|place|location|person|name|user|customer|author)s?$/, ['name', 'quoted', 'word']],
  [/^(?:query|q|text|message|body|content|prompt|question|topic|subject|title|input|note|reason)$/, ['text', 'quoted']],
];

/** Whether a mention can be the value of a field. Bounds and patterns are ignored: the tool reports their violation. */
function canTake({ kinds, schema }: Field, { kind, text }: Mention): boolean {
  const { minLength = 0, maxLength = text.length } = schema;
  const isLong = text.length >= Number(minLength) && text.length <= Number(maxLength);
  return kinds.includes(kind) && isLong && !(kinds[0] === 'number' && Number.isNaN(Number(text)));
}
