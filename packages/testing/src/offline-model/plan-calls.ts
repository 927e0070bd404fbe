import { correctObject } from './correct-object.ts';
import { type Evidence, fill, type OfferedTool } from './fill.ts';
import { findMentions, findResultMentions, type Mention } from './mentions.ts';
import { type Conversation, type FinishedCall, isSameCall, type PlannedCall } from './read-conversation.ts';
import { isRelated, listStems, OPENERS } from './words.ts';

/** One thing that the question wants of a tool. What the other parts of the question mention counts as found. */
interface Task extends Evidence {
  readonly tool: OfferedTool;
}

/** A call with its corrections. */
export interface CallProgress {
  readonly tries: readonly FinishedCall[];
  /** The call that is still to be made. */
  readonly next: PlannedCall | undefined;
}

/**
 * Works out all calls anew from the whole conversation, so that nothing has to be remembered between requests. What the
 * question alone fills comes first, side by side; a task that needs results waits until everything before it has ended.
 */
export function planCalls(
  conversation: Conversation,
  tools: readonly OfferedTool[],
  isForced: boolean,
): CallProgress[] {
  const tasks = listTasks(conversation.question, tools, isForced);
  const pursuits = new Map<Task, readonly CallProgress[]>();
  const start = (task: Task, results: readonly Mention[] | undefined): void => {
    const { rows, isWhole } = fill(task.tool.parameters ?? {}, { ...task, found: [...task.found, ...(results ?? [])] });
    const started = rows.map((row) => followCorrections({ name: task.tool.name, arguments: row }, conversation));
    if (isWhole || results !== undefined) pursuits.set(task, started);
  };
  for (const task of tasks) start(task, undefined);
  for (const task of tasks) {
    const before = [...pursuits.values()].flat();
    if (before.some(({ next }) => next !== undefined)) break;
    const done = before.flatMap(({ tries }) => tries.filter(({ outcome }) => outcome === 'succeeded'));
    const results = done.flatMap(({ text }) => findResultMentions(text));
    if (!pursuits.has(task)) start(task, results);
  }
  const ours = tasks.flatMap((task) => pursuits.get(task) ?? []);
  const own = ours.flatMap(({ tries }) => tries);
  // Somebody else chose the other calls.
  const others = conversation.calls.filter((made) => made.isCurrent && !own.includes(made));
  return [...others.map((made) => ({ tries: [made], next: undefined })), ...ours];
}

/** Follows a call through its corrections, two at the most. A failure before the last question does not count. */
function followCorrections(call: PlannedCall, { calls }: Conversation): CallProgress {
  const tries: FinishedCall[] = [];
  let next: PlannedCall | undefined = call;
  while (next !== undefined && tries.length < 3) {
    const wanted: PlannedCall = next;
    const made = calls.findLast((each) => isSameCall(each, wanted) && (each.isCurrent || each.outcome === 'succeeded'));
    if (made === undefined) return { tries, next };
    tries.push(made);
    const changed = made.outcome === 'failed' ? correctObject(made.arguments, made.text) : undefined;
    next = changed && { name: made.name, arguments: changed };
  }
  return { tries, next: undefined };
}

/** The tasks of the question, in its order. A part that asks for no tool belongs to the one before it, or else after it. */
function listTasks(question: string, tools: readonly OfferedTool[], isForced: boolean): readonly Task[] {
  const topics = tools.flatMap(({ nameWords }) => nameWords);
  const parts: { readonly text: string; readonly picked: readonly OfferedTool[] }[] = [];
  for (const text of splitParts(question, topics)) {
    const picked = pickTools(text, tools);
    const last = parts.at(-1);
    if (last === undefined || (last.picked.length > 0 && picked.length > 0)) parts.push({ text, picked });
    else parts.splice(-1, 1, { text: `${last.text}. ${text}`, picked: [...last.picked, ...picked] });
  }
  const isNone = parts.every(({ picked }) => picked.length === 0);
  return parts.flatMap(({ text, picked }) => {
    const others = parts.flatMap((other) => (other.text === text ? [] : findMentions(other.text, topics)));
    const found = others.filter(({ kind }) => kind !== 'number' && kind !== 'word');
    const mentions = findMentions(text, topics);
    return (isForced && isNone ? tools.slice(0, 1) : picked).map((tool) => ({ tool, text, mentions, found }));
  });
}

/** "Read a.txt, then add 2 and 3": a new part begins behind a full stop, and where a comma or "and" has an opener behind it. */
function splitParts(text: string, topics: readonly string[]): readonly string[] {
  const next = [...Array.from(OPENERS, (word) => `${word}\\b`), ...topics].join('|');
  const soft = `(?:,\\s*(?:and\\s+|also\\s+)*|\\s+(?:and|or)\\s+(?:also\\s+)?)(?=${next})`;
  const separator = new RegExp(`[.?!;]+(?:\\s+|$)|\\n+|,?\\s+(?:and\\s+)?(?:then|finally)\\b,?\\s*|${soft}`);
  return text.split(separator).filter((part) => /\w/.test(part));
}

/** The tools that a text asks for by the words that it shares with their names, fields and descriptions. Often none. */
function pickTools(text: string, tools: readonly OfferedTool[]): readonly OfferedTool[] {
  const picked: OfferedTool[] = [];
  let words = listWantedWords(text);
  for (;;) {
    const weighTool = (tool: OfferedTool): number => words.reduce((total, word) => total + weighWord(word, tool), 0);
    const left = tools.filter((tool) => !picked.includes(tool));
    const [best] = left.toSorted((one, other) => weighTool(other) - weighTool(one));
    if (best === undefined || weighTool(best) < (tools.length === 1 ? 1 : 2)) return picked;
    picked.push(best);
    words = words.filter((word) => weighWord(word, best) < 1);
  }
}

function weighWord(word: string, { nameWords, otherWords }: OfferedTool): number {
  if (nameWords.includes(word)) return 3;
  if (nameWords.some((known) => isRelated(word, known))) return 2;
  return otherWords.includes(word) ? 1 : 0;
}

/** The words of a text, and those for the things in it, whose own parts are no words. */
function listWantedWords(text: string): readonly string[] {
  const things = findMentions(text).filter(({ kind }) => THINGS[kind] !== undefined);
  const rest = things.reduceRight((left, { start, end }) => `${left.slice(0, start)} ${left.slice(end)}`, text);
  return listStems([rest, ...things.map(({ kind }) => THINGS[kind])].join(' '));
}

const THINGS: Readonly<Record<string, string>> = {
  file: 'file',
  email: 'email',
  code: 'currency',
  url: '',
  quoted: '',
};
