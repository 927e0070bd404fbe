import type { Json } from '@pawl/core';
import { sliceStart } from '../compare/slice-start.ts';
import { isObject, readJson } from './json.ts';
import type { Mention, MentionKind } from './mention.ts';
import { mentionsIn } from './mentions.ts';
import { stemsOf } from './words.ts';

/** Everything in a result that could be the argument of a later call: fields of JSON, entries of lists, names in text. */
export function resultMentions(text: string): readonly Mention[] {
  const value = readJson(text);
  if (value === undefined || typeof value === 'string') return textMentions(typeof value === 'string' ? value : text);
  return fieldMentions(value, []);
}

function fieldMentions(value: Json, label: readonly string[]): readonly Mention[] {
  if (typeof value === 'number') return [mention({ kind: 'number', text: String(value), label, place: 'field' })];
  if (typeof value === 'string') {
    if (value.length > LONGEST_VALUE || value.includes('\n')) return textMentions(value);
    return [mention({ kind: kindOf(value), text: value, label, place: 'field' })];
  }
  if (Array.isArray(value)) return value.flatMap((element: Json) => fieldMentions(element, label));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, field]) => fieldMentions(field, [...stemsOf(key), ...label]));
}

/** Longer texts are read, not taken over. */
const LONGEST_VALUE = 80;

/** The start of a text, and of each line, is enough: what is looked for stands there, and looking takes time. */
const LONGEST_TEXT = 32_768;
const LONGEST_LINE = 500;

/** What a whole value looks like. */
function kindOf(value: string): MentionKind {
  const [first] = mentionsIn(value);
  if (first !== undefined && first.end - first.start === value.length) return first.kind;
  return /^\p{Lu}/u.test(value) ? 'name' : 'text';
}

function textMentions(text: string): readonly Mention[] {
  let section: readonly string[] = [];
  const lines = sliceStart(text, LONGEST_TEXT).split('\n');
  return lines.flatMap((whole) => {
    const line = sliceStart(whole, LONGEST_LINE);
    const [, heading] = /^#+\s+(.*)$/.exec(line) ?? /^([^:.]{2,60}):\s*$/.exec(line) ?? [];
    if (heading !== undefined) section = stemsOf(heading);
    if (heading !== undefined) return [];
    return listMentions(line, section) ?? pairMentions(line) ?? mentionsIn(line);
  });
}

/** `- Oslo (3 nights)`, `2. Lima: two days`, `| Cairo | 4 |`: the head is what the entry is about. */
function listMentions(line: string, section: readonly string[]): readonly Mention[] | undefined {
  const [, entry] = /^\s*(?:[-*•+]|\d+[.)]|\|)\s+(?:\[[ x]\]\s+)?(.+)$/.exec(line) ?? [];
  if (entry === undefined) return undefined;
  const bare = entry.replaceAll(/\*\*|__|`/g, '');
  const [head = ''] = bare.split(/\s*(?:[(:|,]|\s[–—-]\s|\s->\s)/, 1);
  const rest = mentionsIn(bare.slice(head.length));
  if (head.trim() === '') return rest;
  return [mention({ kind: kindOf(head.trim()), text: head.trim(), label: section, place: 'list' }), ...rest];
}

/** `City: Oslo`. */
function pairMentions(line: string): readonly Mention[] | undefined {
  const [, key, value] = /^\s*([\p{L}][\p{L} _-]{0,30}):\s+(\S.*)$/u.exec(line) ?? [];
  if (key === undefined || value === undefined) return undefined;
  const label = stemsOf(key);
  const inside = mentionsIn(value).map((found): Mention => ({ ...found, label, place: 'field' }));
  return inside.length > 0 ? inside : [mention({ kind: 'text', text: value.trim(), label, place: 'field' })];
}

function mention(given: Pick<Mention, 'kind' | 'text' | 'label' | 'place'>): Mention {
  return { start: 0, end: 0, before: [], after: [], ...given };
}
