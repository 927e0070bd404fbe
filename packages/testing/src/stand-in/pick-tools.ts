import { admits } from './admit.ts';
import { isRelated } from './concepts.ts';
import type { Passage } from './mention.ts';
import type { OfferedTool } from './offered-tool.ts';
import { stemsOf } from './words.ts';

/** The tools that a clause asks for, by the words it shares with their names, parameters and descriptions. Often none. */
export function pickTools(clause: Passage, tools: readonly OfferedTool[]): readonly OfferedTool[] {
  const picked: OfferedTool[] = [];
  let words = wordsIn(clause);
  for (;;) {
    const best = bestMatch(words, { clause, tools: tools.filter((tool) => !picked.includes(tool)) });
    // A second tool for the same clause has to be named by it.
    const isEnough = picked.length === 0 ? best.words >= threshold(tools) : best.byName >= RELATED_NAME;
    if (best.tool === undefined || !isEnough) return picked;
    const { tool } = best;
    picked.push(tool);
    words = words.filter((word) => weightOf(word, tool).total < NAMED);
  }
}

/** Where there is one tool only, less is needed to mean it. */
function threshold(tools: readonly OfferedTool[]): number {
  return tools.length === 1 ? 1 : 2;
}

const RELATED_NAME = 2;

/** A word that a tool uses itself is used up by it; one that only means the same may ask for another tool. */
const NAMED = 1.5;

interface Match {
  readonly tool: OfferedTool | undefined;
  /** What its words weigh. */
  readonly words: number;
  readonly byName: number;
  /** With what its arguments weigh: among equals the tool that can be called wins. */
  readonly score: number;
}

function bestMatch(
  words: readonly string[],
  { clause, tools }: { readonly clause: Passage; readonly tools: readonly OfferedTool[] },
): Match {
  let best: Match = { tool: undefined, words: 0, byName: 0, score: Number.NEGATIVE_INFINITY };
  for (const tool of tools) {
    const weights = words.map((word) => weightOf(word, tool));
    const total = weights.reduce((sum, weight) => sum + weight.total, 0);
    if (total === 0) continue;
    const byName = weights.reduce((sum, weight) => sum + weight.byName, 0);
    const match: Match = { tool, words: total, byName, score: total + fitOf(tool, clause) };
    if (match.score > best.score) best = match;
  }
  return best;
}

function weightOf(word: string, tool: OfferedTool): { readonly total: number; readonly byName: number } {
  const related = (known: string): boolean => isRelated(word, known);
  const byName = tool.nameWords.includes(word) ? 3 : tool.nameWords.some(related) ? RELATED_NAME : 0;
  const byField = tool.fieldWords.includes(word) ? 1.5 : tool.fieldWords.some(related) ? 1 : 0;
  const byDescription = tool.descriptionWords.includes(word) ? 1.5 : tool.descriptionWords.some(related) ? 0.5 : 0;
  return { total: Math.max(byName, byField, byDescription), byName };
}

/** Half a point for each required argument that the clause has something for, and half a point less for each other. */
function fitOf({ fields }: OfferedTool, { mentions }: Passage): number {
  const left = [...mentions];
  let fit = 0;
  for (const { shape, isRequired } of fields) {
    if (!isRequired || (shape.type !== 'string' && shape.type !== 'number')) continue;
    const index = left.findIndex((mention) => admits(shape, mention));
    if (index !== -1) left.splice(index, 1);
    fit += index === -1 ? -0.5 : 0.5;
  }
  return fit;
}

/** The clause's own words, and those that stand for the things in it. */
function wordsIn({ text, mentions }: Passage): readonly string[] {
  const things = mentions.flatMap(({ kind }) => THINGS[kind] ?? []);
  const signs = SIGNS.flatMap(([pattern, word]) => (pattern.test(text) ? [word] : []));
  return [...new Set([...stemsOf(spoken(text, mentions)), ...things, ...signs])];
}

/** Without file names, addresses and quotes: their parts are no words of the question. */
function spoken(text: string, mentions: Passage['mentions']): string {
  let rest = text;
  for (const { kind, start, end } of mentions) {
    if (THINGS[kind] === undefined && kind !== 'quoted') continue;
    if (kind === 'code' && /[a-z]/.test(text.slice(start, end))) continue;
    rest = `${rest.slice(0, start)}${' '.repeat(end - start)}${rest.slice(end)}`;
  }
  return rest;
}

const THINGS: Readonly<Partial<Record<Passage['mentions'][number]['kind'], readonly string[]>>> = {
  file: ['fil'],
  url: ['url'],
  email: ['email'],
  code: ['currenci'],
};

const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/\d\s*\+\s*\d|\d plus \d/i, 'add'],
  [/\d\s*[*×x]\s*\d|\d times \d/i, 'multipli'],
  [/\d\s+[-−]\s+\d|\d minus \d/i, 'subtract'],
  [/\d\s*[/÷]\s*\d|\d divided by \d/i, 'divid'],
];
