import { compileUnicode } from '../base/compile-unicode.ts';
import { isRecord } from '../base/json.ts';
import type { Tool } from '../tool/tool.ts';

/** Tools, made ready to be searched by words. */
export interface ToolIndex {
  /** Their names, the best first. Those that the query names come before all others; those that fit no word are left out. */
  best(query: string, most: number): readonly string[];
}

type Searched = Pick<Tool, 'name' | 'description' | 'jsonSchema'>;

/** Ranks tools by Okapi BM25 over the words of name, description and properties. Of equals the first of the list comes first. */
export function toolIndex(tools: readonly Searched[]): ToolIndex {
  const worth = worthOf(tools.map(countsOf));
  return {
    best(query, most) {
      const scores = scored(new Set(wordsOf(query)), worth);
      const ranked = [...scores].sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b);
      const names = [...namedIn(query, tools), ...ranked.flatMap(([at]) => tools[at]?.name ?? [])];
      return [...new Set(names)].slice(0, most);
    },
  };
}

/** What a word says about the tools that have it: by word, by the tool's place in the list. */
type Worth = ReadonlyMap<string, ReadonlyMap<number, number>>;

// The usual ones: how soon a word that is repeated says no more, and how much a long text is held against it.
const SATURATION = 1.2;
const LENGTH_SHARE = 0.75;

function worthOf(counts: readonly ReadonlyMap<string, number>[]): Worth {
  const having = new Map<string, Map<number, number>>();
  const lengths = counts.map((words) => words.values().reduce((sum, count) => sum + count, 0));
  const average = lengths.reduce((sum, length) => sum + length, 0) / counts.length;
  counts.forEach((words, at) => {
    const length = 1 - LENGTH_SHARE + LENGTH_SHARE * ((lengths[at] ?? 0) / average);
    for (const [word, count] of words) {
      const among = having.get(word) ?? new Map<number, number>();
      having.set(word, among.set(at, (count * (SATURATION + 1)) / (count + SATURATION * length)));
    }
  });
  for (const among of having.values()) {
    const rarity = Math.log(1 + (counts.length - among.size + 0.5) / (among.size + 0.5));
    for (const [at, share] of among) among.set(at, share * rarity);
  }
  return having;
}

function scored(asked: ReadonlySet<string>, worth: Worth): ReadonlyMap<number, number> {
  const scores = new Map<number, number>();
  for (const word of asked) {
    const best = new Map<number, number>();
    for (const [known, among] of worth) {
      const likeness = likenessOf(word, known);
      if (likeness === 0) continue;
      for (const [at, value] of among) best.set(at, Math.max(best.get(at) ?? 0, value * likeness));
    }
    for (const [at, value] of best) scores.set(at, (scores.get(at) ?? 0) + value);
  }
  return scores;
}

const LEAST_BEGINNING = 4;

/** `invoice` is half of `invoices`, and of `invoicing` nothing: no language's endings are known here. */
function likenessOf(word: string, known: string): number {
  if (word === known) return 1;
  const [short, long] = word.length < known.length ? [word, known] : [known, word];
  return short.length >= LEAST_BEGINNING && long.startsWith(short) ? 0.5 : 0;
}

// A name says more of a tool than the same word somewhere in its description.
const NAME = 3;

function countsOf({ name, description, jsonSchema }: Searched): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (text: string, weight: number): void => {
    for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + weight);
  };
  count(name, NAME);
  count(description ?? '', 1);
  for (const property of propertiesOf(jsonSchema)) count(property, 1);
  return counts;
}

/** Also those of objects within. */
function propertiesOf(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(propertiesOf);
  if (!isRecord(schema)) return [];
  const { properties } = schema;
  return [...(isRecord(properties) ? Object.keys(properties) : []), ...Object.values(schema).flatMap(propertiesOf)];
}

/** Names that are the whole query, or stand in it; there a plain word such as `send` is a word. */
function namedIn(query: string, tools: readonly Searched[]): readonly string[] {
  const pieces = query.toLowerCase().split(/[^a-z0-9_-]+/);
  const whole = query.trim().toLowerCase();
  const isNamed = ({ name }: Searched): boolean => {
    const lower = name.toLowerCase();
    return lower === whole || (pieces.includes(lower) && wordsOf(name).length > 1);
  };
  return tools.filter(isNamed).map(({ name }) => name);
}

/** Words that stand in every description, and would make each tool fit a little. */
const LITTLE = new Set(
  'a an and any are as at be by can for from how i in is it its me my of on or so that the this to use what when with you your'.split(
    ' ',
  ),
);

function wordsOf(text: string): readonly string[] {
  const parted = text
    .normalize('NFKC')
    .replace(compileUnicode`(?<=[\p{Ll}\p{N}])(?=\p{Lu})`, ' ') // getWeather
    .replace(compileUnicode`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}]`, ' $& '); // Written without spaces: sign by sign.
  const words = parted.toLowerCase().match(compileUnicode`[\p{L}\p{M}\p{N}]+`) ?? [];
  return words.filter((word) => !LITTLE.has(word));
}
