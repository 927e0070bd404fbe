import type { Passage } from './mention.ts';
import { mentionsIn } from './mentions.ts';
import { isOpener, stem } from './words.ts';

/** The parts of a question that ask for one thing each: "Read a.txt, then add 2 and 3" has two. */
export function clausesOf(question: string, topics: ReadonlySet<string>): readonly Passage[] {
  const texts: string[] = [];
  let start = 0;
  for (const { index, 0: separator } of masked(question).matchAll(SEPARATOR)) {
    const rest = question.slice(index + separator.length);
    if (index < start || (!HARD.test(separator) && !opensClause(rest, topics))) continue;
    texts.push(question.slice(start, index));
    start = index + separator.length;
  }
  return [...texts, question.slice(start)].filter((text) => /\w/.test(text)).map((text) => passageOf(text, topics));
}

export function passageOf(text: string, topics: ReadonlySet<string>): Passage {
  return { text: text.trim(), mentions: mentionsIn(text.trim(), topics) };
}

const SEPARATOR =
  /[.?!;]+(?:\s+|$)|\n+|,?\s+(?:and\s+)?(?:then|afterwards|finally)\b,?\s*|,\s*(?:and\s+|also\s+)*|\s+(?:and|or)\s+(?:also\s+)?/gi;

const HARD = /[.?!;\n]|\b(?:then|afterwards|finally)\b/i;

/** The same text, with dots and commas inside names of files and quotes out of the way. */
function masked(text: string): string {
  let rest = text;
  for (const { kind, start, end } of mentionsIn(text)) {
    if (kind === 'word' || kind === 'reference' || kind === 'name') continue;
    rest = `${rest.slice(0, start)}${'x'.repeat(end - start)}${rest.slice(end)}`;
  }
  return rest;
}

function opensClause(text: string, topics: ReadonlySet<string>): boolean {
  const [word = ''] = /^\p{L}+/u.exec(text) ?? [];
  return word !== '' && (isOpener(word.toLowerCase()) || (word === word.toLowerCase() && topics.has(stem(word))));
}
