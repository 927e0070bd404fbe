import type { JsonObject } from '@pawl/core';
import type { FunctionObject, Json, JsonSchema } from '@pawl/core/chat';
import { sampleOf } from '../schema/arbitrary.ts';
import { optionsOf, type Place, propertiesOf, resolve, schemaIn, typeOf, valuesOf } from '../schema/resolve.ts';
import type { Kind, Mention } from './mentions.ts';
import { isRelated, stem, stemsOf, wordsOf } from './words.ts';

/** What the fields of an object may be filled with. */
export interface Evidence {
  readonly text: string;
  readonly mentions: readonly Mention[];
  /** What the rest of the question and results hold. */
  readonly found: readonly Mention[];
  /** What fields for a text get in place of the words of `text`. */
  readonly summary?: string;
}

interface Filling {
  /** Several where the evidence has several things for one field. */
  readonly rows: readonly JsonObject[];
  /** Whether the evidence has something for every field that needs it. */
  readonly isWhole: boolean;
}

/** What is easily told apart comes first; what takes anything gets what is left. */
const ORDER: readonly Kind[] = ['file', 'url', 'email', 'code', 'number', 'name', 'id', 'quoted', 'text'];

/** Fills an object with what the evidence mentions; the generator gives what is required and not mentioned. */
export function fill(schema: JsonSchema, evidence: Evidence, place?: Place): Filling {
  const { root, depth } = place ?? { root: schema, depth: 0 };
  const fields = fieldsOf(schema, root);
  const owners = ownersOf(fields, evidence);
  const taken = new Set(owners.keys());
  const values = new Map<Field, readonly Json[]>();
  const open = fields.filter((field) => field.isRequired && ![...owners.values()].includes(field));
  const left = (all: readonly Mention[]): readonly Mention[] => all.filter((mention) => !taken.has(mention));
  const rankOf = ({ kinds: [first = 'text'] }: Field): number => ORDER.indexOf(first);
  for (const field of fields.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    const rivals = open.filter((other) => rankOf(other) === rankOf(field) && !values.has(other)).length;
    const named = evidence.mentions.filter((mention) => owners.get(mention) === field);
    const rest = { ...evidence, mentions: left(evidence.mentions), found: left(evidence.found) };
    const mentions = named.length > 0 ? named : mentionsFor(field, rest, rivals);
    for (const mention of mentions) taken.add(mention);
    const found = mentions.map(({ text }) => (field.kinds[0] === 'number' ? Number(text) : text));
    const given = found.length > 0 ? found : spokenValues(field, evidence, { root, depth: depth + 1 });
    if (given.length > 0) values.set(field, field.kinds[0] === 'number' ? given : [...new Set(given)]);
  }
  const count = Math.max(1, ...[...values].map(([{ isList }, { length }]) => (isList ? 1 : length)));
  const rows = Array.from({ length: Math.min(16, count) }, (_, row) => {
    const entries = fields.flatMap((field): [string, Json][] => {
      const given = values.get(field);
      const value = field.isList ? given : (given?.[row] ?? given?.[0]);
      if (value === undefined && !field.isRequired) return [];
      return [[field.name, value ?? sampleOf(field.property, 0, root)]];
    });
    return Object.fromEntries(entries);
  });
  // Within a narrow range the generator's value is as good as any other.
  const isKnown = (field: Field): boolean =>
    values.has(field) || field.kinds.length === 0 || Number(field.schema['maximum']) < 1_000;
  return { rows, isWhole: open.every(isKnown) };
}

/** What stands next to the name of a field is its own: "10 days", also "orders 42 and 43". */
function ownersOf(fields: readonly Field[], { text, mentions }: Evidence): ReadonlyMap<Mention, Field> {
  const owners = new Map<Mention, Field>();
  let owner: Field | undefined;
  let end = 0;
  for (const mention of mentions) {
    const near = fields.filter((field) => takes(field, mention) && distance(field, mention) < FAR);
    const [named] = near.sort((one, other) => distance(one, mention) - distance(other, mention));
    const isListed = /^(?:,?\s+|,|\s*(?:and|or)\s+)+$/.test(text.slice(end, mention.start));
    owner = named ?? (isListed && owner !== undefined && takes(owner, mention) ? owner : undefined);
    if (owner !== undefined) owners.set(mention, owner);
    end = mention.end;
  }
  return owners;
}

/** What a field gets of the text itself, or else of `found`. `rivals`: fields that want the same kind, this one among them. */
function mentionsFor(field: Field, evidence: Evidence, rivals: number): readonly Mention[] {
  const isNumber = field.kinds[0] === 'number';
  const freeOf = (mentions: readonly Mention[]): readonly Mention[] => {
    const free = mentions.filter((mention) => takes(field, mention));
    const sure = free.filter(({ kind }) => kind !== 'word' && (isNumber || kind !== 'number'));
    return sure.length > 0 ? sure : free;
  };
  const own = freeOf(evidence.mentions);
  if (!field.isRequired) return [];
  // Of several fields each takes its share: "pay Ada 20"; "add 2 and 3, 4 and 5" are two calls.
  if (own.length > 0 && rivals > 1)
    return own.filter((_, at) => at % rivals === 0).slice(0, Math.max(1, Math.floor(own.length / rivals)));
  const start = own.findIndex(({ before: [word = ''] }) => /^(?:in|at|for|of|near|to|from)$/.test(word));
  if (own.length > 0) return own.slice(field.isList ? 0 : Math.max(0, start));
  const isMany = field.isList || /\b(?:each|every|all|both|them|those|these)\b/i.test(evidence.text);
  const found = freeOf(evidence.found);
  const named = found.filter((each) => distance(field, each) < FAR);
  const chosen = named.length > 0 ? named : found;
  return isMany && !isNumber ? chosen : chosen.slice(0, 1);
}

const FAR = 3;

/** How many words lie between a mention and a word for the field; `FAR` where none is near. */
function distance({ name, words, kinds }: Field, { before, after, kind }: Mention): number {
  const isMeant = (word: string): boolean => words.some((known) => isRelated(stem(word), known));
  if (name === 'to') return /^(?:to|into|in|as)$/.test(before[0] ?? '') ? 0 : FAR;
  if (kind === 'word' || kinds[0] === 'text') return FAR;
  const sides = kinds[0] === 'number' ? [before, after] : [before.slice(0, 2)];
  return Math.min(...sides.map((side) => (side.some(isMeant) ? side.findIndex(isMeant) : FAR)));
}

/** The values of fields that take no mention: choices that the text names, its own words, objects. */
function spokenValues(field: Field, evidence: Evidence, place: Place): readonly Json[] {
  const { name, words, choices, schema, isRequired, kinds } = field;
  if (typeOf(schema) === 'object' && place.depth < 4) {
    const { rows, isWhole } = fill(schema, evidence, place);
    return isWhole ? rows : [];
  }
  const spoken = wordsOf(evidence.text).map(stem);
  if (choices.includes(true)) {
    const index = spoken.findIndex((word) => words.includes(word));
    const isDenied = /^(?:no|not|without)$/.test(spoken[index - 1] ?? '');
    return index === -1 ? (isRequired ? [false] : []) : [!isDenied];
  }
  const isSpoken = (choice: Json): boolean =>
    ` ${spoken.join(' ')} `.includes(` ${wordsOf(String(choice)).map(stem).join(' ')} `);
  if (kinds[0] !== 'text') return choices.filter(isSpoken);
  const label = name === 'subject' ? 'about' : wordsOf(name).join('\\W*');
  const { text, summary } = evidence;
  const [, named] = new RegExp(`\\b${label}(?:\\s*[:=]| is| as)?\\s+["“]?([^"”\\n.;:,]+)`, 'i').exec(text) ?? [];
  const [, after] = /:\s+(\S.*)$/s.exec(text) ?? /\b(?:saying|about|for)\s+(\S.*)$/is.exec(text) ?? [];
  return [summary ?? named?.trim() ?? (isRequired ? (after ?? text) : [])].flat();
}

/** A function of the request. */
export interface OfferedTool extends FunctionObject {
  /** Stems of the name, and of the fields and the description. */
  readonly nameWords: readonly string[];
  readonly otherWords: readonly string[];
}

export function offeredTool(offered: FunctionObject): OfferedTool {
  const { name, description = '', parameters: schema = {} } = offered;
  const names = fieldsOf(schema, schema).flatMap((field) => [field.name, ...field.choices.map(String)]);
  const otherWords = stemsOf([...names, description].join(' '));
  return { ...offered, nameWords: stemsOf(name), otherWords };
}

/** A value that an object's schema asks for. */
interface Field {
  readonly name: string;
  readonly words: readonly string[];
  /** As it stands in the object's schema. */
  readonly property: JsonSchema;
  /** Of the value, or of each element of a list, behind references. */
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
  readonly isList: boolean;
  /** The values that an enum or a boolean leaves to choose from. */
  readonly choices: readonly Json[];
  /** What it can be filled with, best first. Empty for objects and choices. */
  readonly kinds: readonly Kind[];
}

function fieldsOf(object: JsonSchema, root: JsonSchema): readonly Field[] {
  const { required, properties = {} } = settled(object, root);
  return Object.entries(propertiesOf({ properties })).map(([name, property]) => {
    const value = settled(property, root);
    const isList = typeOf(value) === 'array';
    const schema = isList ? settled(schemaIn(value['items']), root) : value;
    const choices = typeOf(schema) === 'boolean' ? [true, false] : valuesOf(schema);
    const isRequired = Array.isArray(required) && required.includes(name) && value['default'] === undefined;
    const kinds = choices.length > 0 ? [] : kindsOf(name, schema);
    // Parts of names that fit any value say nothing.
    const words = wordsOf(name.replace(/max|min|number|count|limit/i, '')).map(stem);
    return { name, words, property, schema, isRequired, isList, choices, kinds };
  });
}

/** The schema behind references. Of options, the first that is not null counts. */
function settled(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const found = resolve(schema, { root });
  const option = optionsOf(found).find(({ type }) => type !== 'null');
  return option === undefined ? found : resolve(option, { root });
}

function kindsOf(name: string, schema: JsonSchema): readonly Kind[] {
  const { type, format, minLength, maxLength, pattern, description } = schema;
  if (type === 'number' || type === 'integer') return ['number', 'id'];
  if (type !== 'string' && type !== undefined) return [];
  const isCode = (minLength === maxLength && Number(maxLength) <= 3) || /^\^\[A-Z\]\{[23]\}\$$/.test(String(pattern));
  for (const source of [isCode ? 'currency' : format, name, description]) {
    const words = wordsOf(String(source));
    const found = KINDS.find(([known]) => words.some((word) => known.test(word)));
    if (found !== undefined) return found[1];
  }
  return ['quoted', 'name', 'id', 'code', 'email', 'url', 'file', 'number', 'word'];
}

/** What a text is for, by the words of its format, its name or its description. */
const KINDS: readonly (readonly [RegExp, readonly Kind[]])[] = [
  [/^(?:path|file|filename|dir|directory|folder)s?$/, ['file', 'quoted']],
  [/^(?:email|mail|cc|bcc)s?$/, ['email']],
  [/^(?:currency|iata)$/, ['code']],
  [/^(?:city|cities|town|country|place|location|person|name|user|customer|author)s?$/, ['name', 'quoted', 'word']],
  [/^(?:query|q|text|message|body|content|prompt|question|topic|subject|title|input|note|reason)$/, ['text', 'quoted']],
];

/** Whether a mention can be the value of a field. Bounds and patterns do not count: the tool complains of those by itself. */
function takes({ kinds, schema }: Field, { kind, text }: Mention): boolean {
  const { minLength = 0, maxLength = text.length } = schema;
  const isLong = text.length >= Number(minLength) && text.length <= Number(maxLength);
  return kinds.includes(kind) && isLong && !(kinds[0] === 'number' && Number.isNaN(Number(text)));
}
