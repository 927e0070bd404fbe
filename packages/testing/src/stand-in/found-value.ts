import { admits } from './admit.ts';
import { type Evidence, meansMany, nearness, refersToAll, topicWords } from './evidence.ts';
import type { Mention } from './mention.ts';
import type { Slot } from './slot.ts';
import { stemsOf } from './words.ts';

/** What results have for a slot: one value, or several where several are meant. Empty where they have nothing that fits. */
export function foundValues(slot: Slot, evidence: Evidence): readonly Mention[] {
  const fitting = distinct(evidence.found.flat().filter((mention) => admits(slot.shape, mention)));
  if (slot.shape.type === 'number') return foundNumbers(slot, { fitting, evidence });
  if (slot.shape.type !== 'string') return [];
  if (slot.shape.lane === 'file') return narrowed(relevantFiles(fitting, evidence), evidence);
  return foundTexts(slot, { fitting, evidence });
}

interface Fitting {
  readonly fitting: readonly Mention[];
  readonly evidence: Evidence;
}

/** Numbers that go by the slot's name, or by a word of the clause; without such, all of them, if the slot takes any number. */
function foundNumbers({ words, shape }: Slot, { fitting, evidence }: Fitting): readonly Mention[] {
  const named = fitting.filter((mention) => nearness(mention, words) !== undefined);
  if (named.length > 0) return named;
  const asked = topicWords(evidence.clause);
  const spoken = fitting.filter((mention) => nearness(mention, asked) !== undefined);
  if (spoken.length > 0) return spoken;
  const isBounded = shape.type === 'number' && shape.minimum !== undefined && shape.maximum !== undefined;
  const isMeant = evidence.clause.mentions.some(({ kind }) => kind === 'reference');
  return isBounded && !isMeant ? [] : fitting;
}

/** The number that "it" or "the sum" stands for: the last one, or the one of that name. */
export function referredNumber(reference: Mention, evidence: Evidence): Mention | undefined {
  const numbers = evidence.found.flat().filter(({ kind }) => kind === 'number');
  const words = stemsOf(reference.text);
  return numbers.findLast(({ label }) => label.some((word) => words.includes(word))) ?? numbers.at(-1);
}

/** Fields of that name first, then entries of lists, then other fields, then running text. */
function foundTexts(slot: Slot, { fitting, evidence }: Fitting): readonly Mention[] {
  const { question, clause } = evidence;
  const said = new Set(question.toLowerCase().match(/[\p{L}\p{M}]+/gu));
  const isNews = ({ text }: Mention): boolean =>
    !text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => said.has(word));
  const news = fitting.filter((mention) => mention.kind !== 'name' || isNews(mention));
  const wanted = [...slot.words, ...topicWords(clause)];
  const isNamed = ({ label }: Mention): boolean => nearness({ ...NOWHERE, label }, slot.words) !== undefined;
  const isNear = ({ label }: Mention): boolean => nearness({ ...NOWHERE, label }, wanted) !== undefined;
  const listed = news.filter(({ place }) => place === 'list');
  const fields = news.filter(({ place }) => place === 'field');
  const running = news.filter(({ place }) => place === 'running');
  const isAll = meansMany(clause) || refersToAll(clause, slot.words);
  const tiers = [fields.filter(isNamed), listed.filter(isNear), listed, fields, running];
  const tier = tiers.find((mentions) => mentions.length > 0) ?? [];
  const chosen = narrowed(tier, evidence);
  return isAll || tier.every(({ place }) => place === 'list') ? chosen : chosen.slice(0, 1);
}

const NOWHERE: Mention = { kind: 'text', text: '', start: 0, end: 0, before: [], after: [], label: [], place: 'field' };

/** Files whose names share a word with the question; without such, the first few, unless all are meant. */
function relevantFiles(files: readonly Mention[], { question, clause }: Evidence): readonly Mention[] {
  if (meansMany(clause)) return files;
  const asked = stemsOf(question);
  const relevant = files.filter(({ text }) =>
    stemsOf(text.replaceAll(/\.\w+$/g, '')).some((word) => asked.includes(word)),
  );
  return relevant.length > 0 ? relevant : files.slice(0, FEW);
}

const FEW = 5;

/** "The first", "the last": one of them. */
function narrowed(mentions: readonly Mention[], { clause }: Evidence): readonly Mention[] {
  if (mentions.length < 2) return mentions;
  if (/\bfirst(?! \d)\b/i.test(clause.text)) return mentions.slice(0, 1);
  if (/\b(?:second)\b/i.test(clause.text)) return mentions.slice(1, 2);
  return /\b(?:the|my) (?:last|latest|newest)\b/i.test(clause.text) ? mentions.slice(-1) : mentions;
}

/** Numbers may repeat: two cities can have the same temperature. */
function distinct(mentions: readonly Mention[]): readonly Mention[] {
  const seen = new Set<string>();
  return mentions.filter(({ kind, text }) => {
    if (kind === 'number') return true;
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}
