import { currencyOf, SIGNS } from './currencies.ts';
import type { Mention, MentionKind } from './mention.ts';
import { nameIn, namePattern, wordPattern } from './names.ts';
import { wordsOf } from './words.ts';

interface Matcher {
  readonly kind: MentionKind;
  readonly pattern: RegExp;
  /** What is meant; `undefined` where it is none after all. The text is the whole one. */
  readonly read?: (match: RegExpExecArray, surroundings: Surroundings) => Found | undefined;
}

interface Surroundings {
  readonly text: string;
  /** Stems that name tools: at the start of a sentence they are no names. */
  readonly topics: ReadonlySet<string>;
}

interface Found {
  readonly text: string;
  /** Where it starts within the match. @defaultValue 0 */
  readonly offset?: number;
  readonly length?: number;
}

const NO_TOPICS: ReadonlySet<string> = new Set();

/** Everything in a text that could be an argument, in order. What one kind takes, the next one does not see. */
export function mentionsIn(text: string, topics: ReadonlySet<string> = NO_TOPICS): readonly Mention[] {
  const mentions: Mention[] = [];
  let rest = text;
  for (const { kind, pattern, read } of MATCHERS) {
    for (const match of rest.matchAll(pattern)) {
      const found = read === undefined ? { text: match[0] } : read(match, { text, topics });
      if (found === undefined) continue;
      const start = match.index + (found.offset ?? 0);
      const end = start + (found.length ?? match[0].length - (found.offset ?? 0));
      mentions.push({ kind, text: found.text, ...around(text, { start, end }), label: [], place: 'running' });
      rest = `${rest.slice(0, start)}${'•'.repeat(end - start)}${rest.slice(end)}`;
    }
  }
  return mentions.sort((left, right) => left.start - right.start);
}

/** In order: what is more certain comes first. */
const MATCHERS: readonly Matcher[] = [
  {
    kind: 'quoted',
    pattern: /"([^"\n]+)"|“([^”\n]+)”|«([^»\n]+)»|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)/g,
    read: quoted,
  },
  { kind: 'url', pattern: /https?:\/\/[^\s<>"')\]]*[^\s<>"')\].,;:!?]/g },
  { kind: 'email', pattern: /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g },
  {
    kind: 'file',
    pattern: /(?<![\w•])(?:~|\.{1,2})?\/?(?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.[a-z][a-z0-9]{0,4}(?!\w)/g,
    read: file,
  },
  { kind: 'file', pattern: /(?<![\w•/])(?:(?:~|\.{1,2})?\/[\w./-]*\w\/?|(?:[\w.-]+\/)+(?![\w•]))/g },
  { kind: 'file', pattern: /\b([\w-]+) (?:folder|directory)\b/g, read: folder },
  { kind: 'date', pattern: /\b\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?\b/g },
  { kind: 'date', pattern: /\b(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([A-Z][a-z]{2,8})\.?,? (\d{4})\b/g, read: dayFirst },
  { kind: 'date', pattern: /\b([A-Z][a-z]{2,8})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b/g, read: monthFirst },
  {
    kind: 'date',
    pattern:
      /\b(?:today|tonight|tomorrow|yesterday|(?:(?:next|last|this) (?:week|month|year))|(?:(?:next|last) )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b/g,
  },
  { kind: 'id', pattern: /#[\w-]+|\b(?=[A-Za-z])(?=[\w-]*\d)[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*\b/g, read: identifier },
  { kind: 'code', pattern: /[€$£¥](?=\s?\d)|(?<=\d\s?)[€$£¥]/g, read: ([sign]) => ({ text: SIGNS[sign] ?? sign }) },
  { kind: 'number', pattern: /(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?%?(?![\d])/g, read: digits },
  {
    kind: 'number',
    pattern: /\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty)\b/gi,
    read: spelled,
  },
  { kind: 'code', pattern: /\b[A-Z]{3}\b/g },
  { kind: 'code', pattern: /\b[a-z]+\b/gi, read: currencyWord },
  { kind: 'name', pattern: namePattern, read: (match, { text, topics }) => nameIn(match, { text, topics }) },
  {
    kind: 'reference',
    pattern:
      /\b(?:the (?:result|results|sum|product|total|difference|quotient|answer|number|amount|value)|it|that)\b/gi,
  },
  {
    kind: 'word',
    pattern: wordPattern,
    read: ([whole, word = '']) => ({ text: word, offset: whole.length - word.length }),
  },
];

function quoted([, ...groups]: RegExpExecArray): Found | undefined {
  const text = groups.find((group) => group !== undefined);
  return text === undefined ? undefined : { text };
}

function file([text]: RegExpExecArray): Found | undefined {
  return /^(?:e\.g|i\.e|a\.m|p\.m)$/i.test(text) ? undefined : { text };
}

function folder([, text = '']: RegExpExecArray): Found | undefined {
  return /^(?:the|this|that|my|a|an|each|every|which|current|same|your|our)$/i.test(text) ? undefined : { text };
}

function identifier([text]: RegExpExecArray): Found {
  return { text: text.replace(/^#/, '') };
}

function digits([text]: RegExpExecArray): Found {
  return { text: text.replace(/[,%]/g, '') };
}

const SPELLED: Readonly<Record<string, number>> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  twenty: 20,
};

function spelled([text]: RegExpExecArray): Found | undefined {
  const value = SPELLED[text.toLowerCase()];
  return value === undefined ? undefined : { text: String(value) };
}

function currencyWord([word]: RegExpExecArray): Found | undefined {
  const text = currencyOf(word);
  return text === undefined ? undefined : { text };
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

function dayFirst([, day = '', month = '', year = '']: RegExpExecArray): Found | undefined {
  return isoDate({ day, month, year });
}

function monthFirst([, month = '', day = '', year = '']: RegExpExecArray): Found | undefined {
  return isoDate({ day, month, year });
}

function isoDate({ day, month, year }: Readonly<Record<'day' | 'month' | 'year', string>>): Found | undefined {
  const number = MONTHS.indexOf(month.slice(0, 3).toLowerCase()) + 1;
  return number === 0 ? undefined : { text: `${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}` };
}

const NEAR = 3;

function around(
  text: string,
  { start, end }: Pick<Mention, 'start' | 'end'>,
): Pick<Mention, 'start' | 'end' | 'before' | 'after'> {
  const head =
    text
      .slice(0, start)
      .split(/[,.;()!?\n](?!\d)/)
      .at(-1) ?? '';
  const [tail = ''] = text.slice(end).split(/[,.;:()!?\n](?!\d)/, 1);
  return { start, end, before: wordsOf(head).slice(-NEAR).reverse(), after: wordsOf(tail).slice(0, NEAR) };
}
