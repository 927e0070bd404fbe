import { type Mention, runsOf } from './mention.ts';
import type { Slot } from './slot.ts';
import { wordsOf } from './words.ts';

type Role = 'from' | 'to';

/** Whether slots are two ends of something: `from` and `to`, `source` and `target`. */
export function hasRoles(slots: readonly Slot[]): boolean {
  return slots.some((slot) => roleOf(slot) !== undefined);
}

/** Gives each slot what plays its part in the sentence: "from Oslo to Lima", "250 EUR in NOK". The rest goes in order. */
export function byRole(
  slots: readonly Slot[],
  { mentions, text }: { readonly mentions: readonly Mention[]; readonly text: string },
): ReadonlyMap<Slot, readonly Mention[]> {
  const parts = new Map<Mention, Role>();
  for (const run of runsOf(text, mentions)) {
    const played = run[0] === undefined ? undefined : partOf(run[0]);
    if (played !== undefined) for (const mention of run) parts.set(mention, partOf(mention) ?? played);
  }
  const assigned = new Map<Slot, readonly Mention[]>();
  for (const slot of slots) {
    const role = roleOf(slot);
    const playing = role === undefined ? [] : mentions.filter((mention) => parts.get(mention) === role);
    if (playing.length > 0) assigned.set(slot, playing);
  }
  const left = mentions.filter((mention) => ![...assigned.values()].some((taken) => taken.includes(mention)));
  for (const slot of slots) {
    const next = assigned.has(slot) ? undefined : left.shift();
    if (next !== undefined) assigned.set(slot, [next]);
  }
  return assigned;
}

const FROM: ReadonlySet<string> = new Set('from source origin base departure start sender'.split(' '));
const TO: ReadonlySet<string> = new Set('to target destination arrival end into recipient receiver'.split(' '));

function roleOf({ path }: Slot): Role | undefined {
  const words = wordsOf(path.at(-1) ?? '');
  if (words.some((word) => FROM.has(word))) return 'from';
  return words.some((word) => TO.has(word)) ? 'to' : undefined;
}

function partOf({ before: [previous = ''], after: [next = ''] }: Mention): Role | undefined {
  if (previous === 'from' || /^\d/.test(previous) || /^\d/.test(next)) return 'from';
  return /^(?:to|into|in|as)$/.test(previous) ? 'to' : undefined;
}

/** The list that most likely is meant: one after a preposition rather than another, otherwise the first. */
export function bestRun(text: string, mentions: readonly Mention[]): readonly Mention[] {
  const runs = runsOf(text, mentions);
  return runs.find(([first]) => PREPOSITIONS.has(first?.before[0] ?? '')) ?? runs[0] ?? [];
}

const PREPOSITIONS: ReadonlySet<string> = new Set('in at for of near to from around'.split(' '));
