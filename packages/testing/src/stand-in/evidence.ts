import { isRelated } from './concepts.ts';
import type { Mention, Passage } from './mention.ts';
import { stem, stemsOf, wordsOf } from './words.ts';

/** What the arguments of a call may be taken from. */
export interface Evidence {
  /** The part of the question that asks for the call. */
  readonly clause: Passage;
  /** The whole question, and the mentions of its other parts. */
  readonly question: string;
  readonly around: readonly Mention[];
  /** What the results of other calls hold, one list a result. */
  readonly found: readonly (readonly Mention[])[];
  /** Stems of the tool's name: a text argument does not repeat them. */
  readonly topics: readonly string[];
}

/** Whether a clause means things that it does not name: "each city", "the files", "those orders". */
export function refersToAll(clause: Passage, words: readonly string[]): boolean {
  const spoken = wordsOf(clause.text);
  return spoken.some((word, index) => {
    if (!words.some((wanted) => isRelated(stem(word), wanted))) return false;
    if (spoken.slice(Math.max(0, index - 3), index).some((before) => POINTERS.has(before))) return true;
    return word.length > 3 && /[^s]s$/.test(word) && /^(?:the|my|our|his|her|their)$/.test(spoken[index - 1] ?? '');
  });
}

const POINTERS: ReadonlySet<string> = new Set('each every all any those these both them whichever'.split(' '));

/** Whether a clause speaks of several things that were said before, or found. */
export function meansMany({ text }: Passage): boolean {
  return /\b(?:each|every|all|both|them|those|these)\b/i.test(text);
}

/** How near one of these words stands to a mention, 0 being next to it; `undefined` where none does. */
export function nearness({ before, after, label }: Mention, words: readonly string[]): number | undefined {
  const isMeant = (word: string): boolean => words.some((wanted) => isRelated(stem(word), wanted));
  if (label.some(isMeant)) return 0;
  const distances = [before.findIndex(isMeant), after.findIndex(isMeant)].filter((distance) => distance !== -1);
  return distances.length === 0 ? undefined : Math.min(...distances);
}

/** The stems of a passage, without those of the things that it mentions. */
export function topicWords({ text, mentions }: Passage): readonly string[] {
  const things = new Set(mentions.flatMap((mention) => (mention.kind === 'reference' ? [] : stemsOf(mention.text))));
  return stemsOf(text).filter((word) => !things.has(word));
}
