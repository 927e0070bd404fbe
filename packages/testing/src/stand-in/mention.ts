/** What kind of thing a piece of text looks like. */
export type MentionKind =
  | 'quoted'
  | 'url'
  | 'email'
  | 'file'
  | 'date'
  | 'id'
  | 'number'
  /** Three capitals, or a currency by its name or sign. */
  | 'code'
  | 'name'
  /** A lower-case word where a name may stand: `oslo` in "weather in oslo". */
  | 'word'
  /** Something said before: `it`, `the result`. */
  | 'reference'
  /** A text of a result that looks like nothing else. */
  | 'text';

/** Something in a text that could be the value of an argument. */
export interface Mention {
  readonly kind: MentionKind;
  /** Without quotes and signs; a number in digits. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The words beside it, nearest first, lower case, as far as the next punctuation. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Stems of what a result calls it: a key, a heading. Empty in a question. */
  readonly label: readonly string[];
  /** How a result shows it: as a field, in a list, in running text. */
  readonly place: 'field' | 'list' | 'running';
}

/** A text with its mentions, in order. */
export interface Passage {
  readonly text: string;
  readonly mentions: readonly Mention[];
}

/** Whether two mentions stand in one list: "Oslo, Lima and Cairo", also "Ada 20 and Bob 500". */
export function isListed(text: string, { left, right }: { readonly left: Mention; readonly right: Mention }): boolean {
  if (!isAlike(left.kind, right.kind)) return false;
  const between = text.slice(left.end, right.start).replaceAll(/\d[\d.,]*/g, '');
  if (!/[,&/+]|\b(?:and|or|plus)\b/i.test(between) || /[.?!;]\s/.test(between)) return false;
  const words = between.match(/\p{L}+/gu) ?? [];
  return words.filter((word) => !LINKING.has(word.toLowerCase())).length <= 1;
}

function isAlike(left: MentionKind, right: MentionKind): boolean {
  return left === right || ALIKE.some((kinds) => kinds.includes(left) && kinds.includes(right));
}

const ALIKE: readonly (readonly MentionKind[])[] = [
  ['name', 'code', 'word', 'text'],
  ['number', 'id'],
];

const LINKING: ReadonlySet<string> = new Set('and or plus as well also for with in at the to of by'.split(' '));

/** Mentions of one kind, cut into lists. */
export function runsOf(text: string, mentions: readonly Mention[]): readonly (readonly Mention[])[] {
  const runs: Mention[][] = [];
  for (const mention of mentions) {
    const run = runs.at(-1);
    const left = run?.at(-1);
    if (run !== undefined && left !== undefined && isListed(text, { left, right: mention })) run.push(mention);
    else runs.push([mention]);
  }
  return runs;
}
