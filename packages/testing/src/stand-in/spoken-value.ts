import type { Json } from '@pawl/core';
import { isImplied } from './concepts.ts';
import type { Passage } from './mention.ts';
import type { Slot } from './slot.ts';
import { isCommon, isOpener, stem, wordsOf } from './words.ts';

/** The one of several values that a text names; `undefined` where it names none. */
export function spokenChoice(values: readonly Json[], text: string): Json | undefined {
  const spoken = ` ${wordsOf(text).map(stem).join(' ')} `;
  return values.find((value) => {
    const words = wordsOf(String(value)).map(stem).join(' ');
    return words !== '' && spoken.includes(` ${words} `);
  });
}

/** What a text says to a yes-or-no question; `undefined` where it says nothing. */
export function spokenBoolean(words: readonly string[], text: string): boolean | undefined {
  const spoken = wordsOf(text);
  const index = spoken.findIndex((word) => words.some((asked) => isImplied(asked, stem(word))));
  if (index === -1) return undefined;
  return !spoken.slice(Math.max(0, index - 2), index).some((word) => NEGATIONS.has(word));
}

const NEGATIONS: ReadonlySet<string> = new Set('no not without don never dont isn'.split(' '));

/** The text that a clause gives a slot by its name: `reason: it was broken`, "because it was broken". */
export function namedText({ words, path }: Slot, { text }: Passage): string | undefined {
  const [name = ''] = path.slice(-1);
  const label = wordsOf(name).join('[ _-]?');
  const patterns = [
    new RegExp(`\\b${label}\\s*[:=]\\s*["“']?([^"”'\\n;]+?)["”']?(?=[.;\\n]|$)`, 'i'),
    new RegExp(`\\b${label} (?:is|of|as|called|named|saying|that)\\s+["“']?([^"”'\\n;,]+?)["”']?(?=[.,;\\n]|$)`, 'i'),
    ...(words.includes(stem('reason')) ? [/\b(?:because|due to|since)\s+(?:of\s+)?([^.;\n]+)/i] : []),
    ...(words.includes(stem('subject')) ? [/\babout\s+([^.:;,\n]+)/i] : []),
  ];
  for (const pattern of patterns) {
    const [, value] = pattern.exec(text) ?? [];
    if (value !== undefined) return value.trim();
  }
  return undefined;
}

/** What is left of a clause as a text of its own: after a colon, after "for" or "saying", or behind the words of the wish. */
export function remainder(clause: Passage, topics: readonly string[]): string | undefined {
  const text = clause.text.replace(/[.?!\s]+$/, '');
  const [, after] =
    /:\s+(\S.*)$/s.exec(text) ?? /\b(?:saying|says|that says|about|regarding|for)\s+(\S.*)$/is.exec(text) ?? [];
  if (after !== undefined) return after;
  const words = text.split(/\s+/);
  const isWish = (word: string): boolean => {
    const [bare = ''] = wordsOf(word);
    return isCommon(bare) || isOpener(bare) || topics.includes(stem(bare));
  };
  const start = words.findIndex((word) => !isWish(word));
  return start === -1 ? undefined : words.slice(start).join(' ');
}
