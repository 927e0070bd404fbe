import type { Json } from '@pawl/core/chat';
import { isObject, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import { COMMON, OPENERS, stem, wordsOf } from './words.ts';

/** `word`: in lower case where a name may stand. `text`: any words. */
export type Kind = PatternKind | 'text';
type PatternKind = 'quoted' | 'url' | 'email' | 'file' | 'id' | 'code' | 'number' | 'name' | 'word';

/** Something in a text that can be the value of an argument. */
export interface Mention {
  readonly kind: Kind;
  /** Without quotes and signs, a number in digits. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Up to three words on each side within the same punctuation, the nearest first; of a result, also the words of its key. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const NOTHING: Mention = { kind: 'text', text: '', start: 0, end: 0, before: [], after: [] };

/** The surest kind comes first: what one pattern takes, the next does not see. */
const PATTERNS: Readonly<Record<PatternKind, RegExp>> = {
  quoted: /"[^"\n]+"|“[^”\n]+”|`[^`\n]+`|(?<!\w)'[^'\n]+'(?!\w)/g,
  url: /https?:\/\/[^\s<>"')\]]*[^\s<>"')\].,;:!?]/g,
  email: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  file: /(?<![\w•])(?:(?:~|\.{1,2})?\/?(?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.[a-z][a-z0-9]{0,4}(?!\w)|(?:[\w.-]+\/)+)/g,
  id: /#[\w-]+|\b(?=[A-Za-z])(?=[\w-]*\d)[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*\b/g,
  code: /[€$£¥](?=\s?\d)|(?<=\d\s?)[€$£¥]|\b[A-Z]{3}\b/g,
  number: /(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?%?(?!\d)/g,
  name: /(?<![\p{L}\p{N}•])\p{Lu}[\p{L}\p{M}’-]*(?: (?:(?:de|da|do|of|van|von|del|la) )*\p{Lu}[\p{L}\p{M}’-]*)*/gu,
  word: /(?<=\b(?:in|for|at|near|from|to) )\p{Ll}{3,}\b/gu,
};

/** Everything in a text that can be an argument, in order. `topics`: stems that name tools and are no names of things. */
export function mentionsIn(text: string, topics: readonly string[] = []): readonly Mention[] {
  const mentions: Mention[] = [];
  let rest = text;
  for (const [kind, pattern] of Object.entries(PATTERNS) as [Kind, RegExp][]) {
    // Its keys are kinds.
    for (const { 0: whole, index } of rest.matchAll(pattern)) {
      const isFirst = /(?:^|[.?!:;\n])\s*$/.test(text.slice(0, index));
      const meant = kind === 'name' || kind === 'word' ? withoutOpeners(whole, isFirst, topics) : whole;
      if (meant === '') continue;
      const [start, end] = [index + whole.length - meant.length, index + whole.length];
      mentions.push({ ...NOTHING, kind, text: cleanText(kind, meant), start, end, ...wordsBeside(text, start, end) });
      rest = `${rest.slice(0, start)}${'•'.repeat(end - start)}${rest.slice(end)}`;
    }
  }
  return mentions.sort((left, right) => left.start - right.start);
}

/** A name without the words before it that are capitalised for another reason. */
function withoutOpeners(name: string, isFirst: boolean, topics: readonly string[]): string {
  const [first = '', ...others] = name.split(' ');
  const word = first.toLowerCase();
  const isOther = COMMON.has(word) || (isFirst && (OPENERS.has(word) || topics.includes(stem(word))));
  return isOther ? withoutOpeners(others.join(' '), isFirst, topics) : name;
}

const SIGNS: Readonly<Record<string, string>> = { '€': 'EUR', $: 'USD', '£': 'GBP', '¥': 'JPY' };

function cleanText(kind: Kind, text: string): string {
  if (kind === 'quoted') return text.slice(1, -1);
  return kind === 'number' || kind === 'id' ? text.replaceAll(/[,%#]/g, '') : (SIGNS[text] ?? text);
}

function wordsBeside(text: string, start: number, end: number): Pick<Mention, 'before' | 'after'> {
  const [head = ''] = /[^,.;()!?\n]*$/.exec(text.slice(0, start)) ?? [];
  const [tail = ''] = /^[^,.;:()!?\n]*/.exec(text.slice(end)) ?? [];
  return { before: wordsOf(head).slice(-3).reverse(), after: wordsOf(tail).slice(0, 3) };
}

/** What a result holds: the fields of JSON, the things in the entries of a list or in running text. */
export function resultMentions(value: Json, before: readonly string[] = []): readonly Mention[] {
  if (Array.isArray(value)) return value.flatMap((each: Json) => resultMentions(each, before));
  if (isObject(value))
    return Object.entries(value).flatMap(([key, each]) => resultMentions(each, [...wordsOf(key), ...before]));
  const text = String(value ?? '');
  const json = before.length === 0 ? readJson(text) : undefined;
  if (typeof json === 'object' && json !== null) return resultMentions(json);
  if (before.length > 0 && !text.includes('\n')) {
    const [{ kind, start, end } = NOTHING] = mentionsIn(text);
    return [{ ...NOTHING, kind: end - start === text.length ? kind : 'text', text, before }];
  }
  const lines = sliceStart(text, 32_768).split('\n');
  const entries = lines.filter((line) => /^\s*(?:[-*•+]|\d+[.)])\s/.test(line));
  return (entries.length > 0 ? entries : lines).flatMap((line) => mentionsIn(sliceStart(line, 500)));
}
