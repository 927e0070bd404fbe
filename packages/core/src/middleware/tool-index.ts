import { compileUnicode } from '../base/compile-unicode.ts';
import { isRecord } from '../base/json.ts';
import type { Tool } from '../tool/tool.ts';

/** An index of tools for a search by words. */
export interface ToolIndex {
  /** Returns the names of matching tools, the best match first. Tools that the query names come before all others. */
  search(query: string, maxResults: number): readonly string[];
}

type SearchableTool = Pick<Tool, 'name' | 'description' | 'jsonSchema'>;

/** Builds an index that ranks tools by Okapi BM25 over the words of name, description and properties. Equal scores keep the list's order. */
export function buildToolIndex(tools: readonly SearchableTool[]): ToolIndex {
  const termScores = scoreTerms(tools.map(countTerms));
  return {
    search(query, maxResults) {
      const scores = scoreTools(new Set(listTerms(query)), termScores);
      const ranked = [...scores].sort(([a, scoreA], [b, scoreB]) => scoreB - scoreA || a - b);
      const names = [...findNamedTools(query, tools), ...ranked.flatMap(([position]) => tools[position]?.name ?? [])];
      return [...new Set(names)].slice(0, maxResults);
    },
  };
}

/** The scores of words: by word, then by the position of a tool in the list. */
type TermScores = ReadonlyMap<string, ReadonlyMap<number, number>>;

// The usual constants of BM25: k1 (saturation of repeated words) and b (penalty for long texts).
const SATURATION = 1.2;
const LENGTH_SHARE = 0.75;

function scoreTerms(counts: readonly ReadonlyMap<string, number>[]): TermScores {
  const scores = new Map<string, Map<number, number>>();
  const lengths = counts.map((words) => words.values().reduce((sum, count) => sum + count, 0));
  const average = lengths.reduce((sum, length) => sum + length, 0) / counts.length;
  counts.forEach((words, position) => {
    const length = 1 - LENGTH_SHARE + LENGTH_SHARE * ((lengths[position] ?? 0) / average);
    for (const [term, count] of words) {
      const byTool = scores.get(term) ?? new Map<number, number>();
      scores.set(term, byTool.set(position, (count * (SATURATION + 1)) / (count + SATURATION * length)));
    }
  });
  for (const byTool of scores.values()) {
    const rarity = Math.log(1 + (counts.length - byTool.size + 0.5) / (byTool.size + 0.5));
    for (const [position, score] of byTool) byTool.set(position, score * rarity);
  }
  return scores;
}

function scoreTools(query: ReadonlySet<string>, termScores: TermScores): ReadonlyMap<number, number> {
  const scores = new Map<number, number>();
  for (const term of query) {
    const best = new Map<number, number>();
    for (const [indexed, byTool] of termScores) {
      const similarity = compareTerms(term, indexed);
      if (similarity === 0) continue;
      for (const [position, score] of byTool) best.set(position, Math.max(best.get(position) ?? 0, score * similarity));
    }
    for (const [position, score] of best) scores.set(position, (scores.get(position) ?? 0) + score);
  }
  return scores;
}

const MIN_PREFIX_LENGTH = 4;

/** Returns the similarity of two words: 1 if equal, 0.5 if one is a prefix of the other, otherwise 0. Word stems are not detected. */
function compareTerms(term: string, indexed: string): number {
  if (term === indexed) return 1;
  const [short, long] = term.length < indexed.length ? [term, indexed] : [indexed, term];
  return short.length >= MIN_PREFIX_LENGTH && long.startsWith(short) ? 0.5 : 0;
}

// A word in a name counts more than the same word in a description.
const NAME_WEIGHT = 3;

function countTerms({ name, description, jsonSchema }: SearchableTool): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (text: string, weight: number): void => {
    for (const term of listTerms(text)) counts.set(term, (counts.get(term) ?? 0) + weight);
  };
  count(name, NAME_WEIGHT);
  count(description ?? '', 1);
  for (const property of listPropertyNames(jsonSchema)) count(property, 1);
  return counts;
}

/** Lists the names of properties, including those of nested objects. */
function listPropertyNames(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(listPropertyNames);
  if (!isRecord(schema)) return [];
  const { properties } = schema;
  return [
    ...(isRecord(properties) ? Object.keys(properties) : []),
    ...Object.values(schema).flatMap(listPropertyNames),
  ];
}

/** Finds tools whose name is the query or part of it. In a longer query, a name of one word counts as a word, not as a name. */
function findNamedTools(query: string, tools: readonly SearchableTool[]): readonly string[] {
  const parts = query.toLowerCase().split(/[^a-z0-9_-]+/);
  const whole = query.trim().toLowerCase();
  const isNamed = ({ name }: SearchableTool): boolean => {
    const lower = name.toLowerCase();
    return lower === whole || (parts.includes(lower) && listTerms(name).length > 1);
  };
  return tools.filter(isNamed).map(({ name }) => name);
}

/** Words that occur in most descriptions, and would match every tool. */
const STOP_WORDS = new Set(
  'a an and any are as at be by can for from how i in is it its me my of on or so that the this to use what when with you your'.split(
    ' ',
  ),
);

function listTerms(text: string): readonly string[] {
  const separated = text
    .normalize('NFKC')
    .replace(compileUnicode`(?<=[\p{Ll}\p{N}])(?=\p{Lu})`, ' ') // getWeather
    .replace(compileUnicode`[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}]`, ' $& '); // These scripts have no spaces between words: each character is a word.
  const words = separated.toLowerCase().match(compileUnicode`[\p{L}\p{M}\p{N}]+`) ?? [];
  return words.filter((word) => !STOP_WORDS.has(word));
}
