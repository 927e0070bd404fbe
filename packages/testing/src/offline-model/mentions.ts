import type { Json } from '@pawl/core/chat';
import { isObject, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';
import { COMMON, OPENERS, splitWords, toStem } from './words.ts';

/** `word`: lower case in the place of a name. `text`: any words. */
export type Kind = PatternKind | 'text';
type PatternKind = 'quoted' | 'url' | 'email' | 'file' | 'id' | 'code' | 'number' | 'name' | 'word';

/** A part of a text that can be the value of an argument. */
export interface Mention {
  readonly kind: Kind;
  /** Without quotes and signs; a number in digits. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /**
   * Up to three words on each side within the same punctuation, nearest first; for a result, also the words of its key.
   */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const NOTHING: Mention = { kind: 'text', text: '', start: 0, end: 0, before: [], after: [] };

/** The most specific kind first: a match is hidden from later patterns. */
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

/** Finds everything in a text that can be an argument, in order. `topics` are stems that name tools, not things. */
export function findMentions(text: string, topics: readonly string[] = []): readonly Mention[] {
  const mentions: Mention[] = [];
  let rest = text;
  for (const [kind, pattern] of Object.entries(PATTERNS) as [Kind, RegExp][]) {
    // Its keys are kinds.
    for (const { 0: whole, index } of rest.matchAll(pattern)) {
      const isFirst = /(?:^|[.?!:;\n])\s*$/.test(text.slice(0, index));
      const meant = kind === 'name' || kind === 'word' ? withoutOpeners(whole, isFirst, topics) : whole;
      if (meant === '') continue;
      const [start, end] = [index + whole.length - meant.length, index + whole.length];
      mentions.push({
        ...NOTHING,
        kind,
        text: cleanText(kind, meant),
        start,
        end,
        ...readAdjacentWords(text, start, end),
      });
      rest = `${rest.slice(0, start)}${'•'.repeat(end - start)}${rest.slice(end)}`;
    }
  }
  return mentions.sort((left, right) => left.start - right.start);
}

/** Removes leading words that are capitalised for another reason than being a name. */
function withoutOpeners(name: string, isFirst: boolean, topics: readonly string[]): string {
  const [first = '', ...others] = name.split(' ');
  const lowerCase = first.toLowerCase();
  const isOther = COMMON.has(lowerCase) || (isFirst && (OPENERS.has(lowerCase) || topics.includes(toStem(lowerCase))));
  return isOther ? withoutOpeners(others.join(' '), isFirst, topics) : name;
}

const SIGNS: Readonly<Record<string, string>> = { '€': 'EUR', $: 'USD', '£': 'GBP', '¥': 'JPY' };

function cleanText(kind: Kind, text: string): string {
  if (kind === 'quoted') return text.slice(1, -1);
  return kind === 'number' || kind === 'id' ? text.replaceAll(/[,%#]/g, '') : (SIGNS[text] ?? text);
}

function readAdjacentWords(text: string, start: number, end: number): Pick<Mention, 'before' | 'after'> {
  const [head = ''] = /[^,.;()!?\n]*$/.exec(text.slice(0, start)) ?? [];
  const [tail = ''] = /^[^,.;:()!?\n]*/.exec(text.slice(end)) ?? [];
  return { before: splitWords(head).slice(-3).reverse(), after: splitWords(tail).slice(0, 3) };
}

/** Finds the values in a result: the fields of JSON, and mentions in list entries or running text. */
export function findResultMentions(value: Json, before: readonly string[] = []): readonly Mention[] {
  if (Array.isArray(value)) return value.flatMap((each: Json) => findResultMentions(each, before));
  if (isObject(value))
    return Object.entries(value).flatMap(([key, each]) => findResultMentions(each, [...splitWords(key), ...before]));
  const text = String(value ?? '');
  const json = before.length === 0 ? readJson(text) : undefined;
  if (typeof json === 'object' && json !== null) return findResultMentions(json);
  if (before.length > 0 && !text.includes('\n')) {
    const [{ kind, start, end } = NOTHING] = findMentions(text);
    return [{ ...NOTHING, kind: end - start === text.length ? kind : 'text', text, before }];
  }
  const lines = sliceStart(text, 32_768).split('\n');
  const entries = lines.filter((line) => /^\s*(?:[-*•+]|\d+[.)])\s/.test(line));
  return (entries.length > 0 ? entries : lines).flatMap((line) => findMentions(sliceStart(line, 500)));
}
