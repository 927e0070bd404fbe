import { isCommon, isOpener, stem } from './words.ts';

const CAPITALISED = "\\p{Lu}[\\p{L}\\p{M}'’-]*";

/** One or more capitalised words, with small ones between them: "Rio de Janeiro". */
export const namePattern: RegExp = new RegExp(
  `(?<![\\p{L}\\p{N}•])${CAPITALISED}(?: (?:(?:de|da|do|of|van|von|del|la|le|al) )*${CAPITALISED})*`,
  'gu',
);

/** A lower-case word after a preposition, where a name may stand, also in a list. */
export const wordPattern: RegExp =
  /(?:\b(?:in|for|at|near|from|to|of)|(?<=\b(?:in|for|at|near|from|to|of) [\p{Ll}, ]{2,60})(?:,|\band|\bor)) ((?!(?:the|a|an|my|our|your|his|her|its|their|each|every|all|any|some|this|that|these|those|it|me|us|you|them|what|which|how|and|or|then|tell|get|give|in|for|at|to|from|of|next|last|days?|total|celsius|fahrenheit)\b)\p{Ll}{3,})\b/gu;

/** A name without what does not belong to it; `undefined` where nothing is left. */
export function nameIn(
  { 0: whole, index }: RegExpExecArray,
  { text, topics }: { readonly text: string; readonly topics: ReadonlySet<string> },
): { readonly text: string; readonly offset: number; readonly length: number } | undefined {
  const words = whole.split(' ');
  const next = text.slice(index + whole.length);
  let first = 0;
  if (startsSentence(text, index) && isSentenceWord(words, { next, topics })) first = 1;
  while (first < words.length && isNoName(words[first] ?? '')) first++;
  const kept = words.slice(first).join(' ');
  const name = kept.replace(/['’]s?$/, '');
  if (name === '') return undefined;
  return { text: name, offset: whole.length - kept.length, length: name.length };
}

function startsSentence(text: string, index: number): boolean {
  return /(?:^|[.?!:;]\s+|\n\s*|["“(]\s*)$/.test(text.slice(0, index));
}

/** The first word of a sentence is capitalised anyway: it is a name only where it stands like one. */
function isSentenceWord(
  words: readonly string[],
  { next, topics }: { readonly next: string; readonly topics: ReadonlySet<string> },
): boolean {
  const first = (words[0] ?? '').toLowerCase();
  if (isCommon(first) || isOpener(first) || topics.has(stem(first))) return true;
  if (words.length > 1) return false;
  const [, following = ''] = /^ (\p{L}+)/u.exec(next) ?? [];
  if (following === '') return /^ \S/.test(next);
  return !(topics.has(stem(following)) || /^(?:and|or|is|was|has|to)$/.test(following));
}

function isNoName(word: string): boolean {
  const lower = word.toLowerCase();
  return isCommon(lower) || /^(?:i['’]\p{L}+|mon|celsius|fahrenheit)$/iu.test(word) || TIMES.test(word);
}

const TIMES =
  /^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|june|july|august|september|october|november|december)s?$/i;
