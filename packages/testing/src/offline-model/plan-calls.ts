import { correctObject } from './correct-object.ts';
import { type Evidence, fill, type OfferedTool } from './fill.ts';
import { findMentions, findResultMentions, type Mention } from './mentions.ts';
import { type Conversation, type FinishedCall, isSameCall, type PlannedCall } from './read-conversation.ts';
import { isRelated, listStems, OPENERS } from './words.ts';

/** A part of the question that needs a tool. Mentions in other parts count as found. */
interface Task extends Evidence {
  readonly tool: OfferedTool;
}

/** A call and its corrections. */
export interface CallProgress {
  readonly tries: readonly FinishedCall[];
  /** The call to make next. */
  readonly next: PlannedCall | undefined;
}

/**
 * Plans all calls from the whole conversation, so no state is kept between requests. Tasks that the question alone can
 * fill start first, in parallel; a task that needs results starts when all earlier calls have ended.
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
  // Calls of the conversation that are not in this plan.
  const others = conversation.calls.filter((made) => made.isCurrent && !own.includes(made));
  return [...others.map((made) => ({ tries: [made], next: undefined })), ...ours];
}

/** Follows a call through at most two corrections. Ignores failures before the last question. */
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

/** Splits the question into tasks, in order. A part that needs no tool joins the previous part, else the next one. */
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

/** "Read a.txt, then add 2 and 3": a new part begins after a full stop, and after a comma or "and" before an opener. */
function splitParts(text: string, topics: readonly string[]): readonly string[] {
  const next = [...Array.from(OPENERS, (word) => `${word}\\b`), ...topics].join('|');
  const soft = `(?:,\\s*(?:and\\s+|also\\s+)*|\\s+(?:and|or)\\s+(?:also\\s+)?)(?=${next})`;
  const separator = new RegExp(`[.?!;]+(?:\\s+|$)|\\n+|,?\\s+(?:and\\s+)?(?:then|finally)\\b,?\\s*|${soft}`);
  return text.split(separator).filter((part) => /\w/.test(part));
}

/** Chooses tools by the words that a text shares with their names, fields and descriptions. Often returns none. */
function pickTools(text: string, tools: readonly OfferedTool[]): readonly OfferedTool[] {
  const picked: OfferedTool[] = [];
  let words = listWantedWords(text);
  for (;;) {
    const weighTool = (tool: OfferedTool): number => words.reduce((total, term) => total + weighTerm(term, tool), 0);
    const left = tools.filter((tool) => !picked.includes(tool));
    const [best] = left.toSorted((one, other) => weighTool(other) - weighTool(one));
    if (best === undefined || weighTool(best) < (tools.length === 1 ? 1 : 2)) return picked;
    picked.push(best);
    words = words.filter((term) => weighTerm(term, best) < 1);
  }
}

function weighTerm(term: string, { nameWords, otherWords }: OfferedTool): number {
  if (nameWords.includes(term)) return 3;
  if (nameWords.some((known) => isRelated(term, known))) return 2;
  return otherWords.includes(term) ? 1 : 0;
}

/** The words of a text, plus a term for each thing in it. The words inside things do not count. */
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
