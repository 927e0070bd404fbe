import { isRelated } from './concepts.ts';
import type { Call, Conversation } from './conversation.ts';
import type { Evidence } from './evidence.ts';
import { type Filling, fill } from './fill.ts';
import type { Mention } from './mention.ts';
import type { OfferedTool } from './offered-tool.ts';
import { isSameCall, type Pursuit, pursue } from './pursue.ts';
import { resultMentions } from './result-mentions.ts';
import { type Task, tasksOf } from './tasks.ts';

/** Where the conversation stands: every call that the question comes to, and what nothing was found for. */
export interface Plan {
  readonly pursuits: readonly Pursuit[];
  /** Tasks that cannot be called: no argument fits, also after all results are there. */
  readonly unfilled: readonly { readonly tool: string; readonly missing: readonly string[] }[];
}

/**
 * Works out all calls anew from the whole conversation, so that nothing has to be remembered between requests.
 *
 * What the question alone can fill comes first, side by side; a task that needs results waits until all before it is settled.
 */
export function planCalls(conversation: Conversation, tools: readonly OfferedTool[]): Plan {
  const planning = new Planning(conversation, tools);
  const tasks = tasksOf(conversation, tools);
  for (const task of tasks) planning.tryDirectly(task);
  for (const task of tasks) planning.tryWithResults(task);
  planning.correctOthers();
  return { pursuits: planning.inOrder(tasks), unfilled: planning.unfilled };
}

class Planning {
  readonly #conversation: Conversation;
  readonly #tools: readonly OfferedTool[];
  readonly #pursuits = new Map<Task, readonly Pursuit[]>();
  readonly #others: Pursuit[] = [];
  #unfilled: Plan['unfilled'] = [];

  constructor(conversation: Conversation, tools: readonly OfferedTool[]) {
    this.#conversation = conversation;
    this.#tools = tools;
  }

  get unfilled(): Plan['unfilled'] {
    return this.#unfilled;
  }

  inOrder(tasks: readonly Task[]): readonly Pursuit[] {
    const ordered = [...this.#others, ...tasks.flatMap((task) => this.#pursuits.get(task) ?? [])];
    return ordered.filter((pursuit, index) => ordered.findIndex((other) => isSamePursuit(other, pursuit)) === index);
  }

  tryDirectly(task: Task): void {
    const { rows, missing } = this.#fill(task, []);
    if (missing.length === 0) this.#pursue(task, rows);
  }

  tryWithResults(task: Task): void {
    if (this.#pursuits.has(task) || !this.#isSettled()) return;
    const filling = this.#fill(task, this.#results());
    const producer = filling.missing.length === 0 ? undefined : this.#producerFor(task);
    if (producer === undefined) {
      this.#conclude(task, filling);
      return;
    }
    this.#pursue(producer, this.#fill(producer, []).rows);
    this.#others.push(...(this.#pursuits.get(producer) ?? []));
    if (this.#isSettled()) this.#conclude(task, this.#fill(task, this.#results()));
  }

  /** Calls of the last turn that failed and are none of ours: somebody else made them, and they can be corrected too. */
  correctOthers(): void {
    const ours = [...this.#pursuits.values()].flat().flatMap(({ tries }) => tries);
    for (const made of this.#conversation.calls) {
      if (!made.isCurrent || made.outcome.type !== 'failed' || ours.some((own) => isSameCall(own, made))) continue;
      const pursuit = this.#pursuitOf(made);
      const isLeft = made.isLatest || pursuit.type !== 'open';
      if (isLeft && !this.#others.some((other) => isSamePursuit(other, pursuit))) this.#others.push(pursuit);
      ours.push(...pursuit.tries);
    }
  }

  #fill({ tool, clause, around }: Task, found: Evidence['found']): Filling {
    const { question } = this.#conversation;
    return fill(tool.fields, { clause, question, around, found, topics: tool.nameWords });
  }

  #pursue(task: Task, rows: Filling['rows']): void {
    this.#pursuits.set(
      task,
      rows.map((row) => this.#pursuitOf({ name: task.tool.name, arguments: row })),
    );
  }

  #pursuitOf({ name, arguments: given }: Call): Pursuit {
    const tools = this.#tools.map((tool) => tool.name);
    return pursue({ name, arguments: given }, { conversation: this.#conversation, tools });
  }

  #isSettled(): boolean {
    return [...this.#pursuits.values()].flat().every(({ type }) => type !== 'open');
  }

  /** The results of this question's calls; without any, those of earlier questions, the newest alone. */
  #results(): readonly (readonly Mention[])[] {
    const own = [...this.#pursuits.values()].flat();
    const texts = own.flatMap((pursuit) => (pursuit.type === 'done' ? [pursuit.result] : []));
    if (own.length > 0) return texts.map(resultMentions);
    const earlier = this.#conversation.calls.findLast(
      ({ isCurrent, outcome }) => !isCurrent && outcome.type === 'succeeded',
    );
    return earlier?.outcome.type === 'succeeded' ? [resultMentions(earlier.outcome.text)] : [];
  }

  /** Another tool whose results may hold what is missing, and that can be called right away: `list_files` for a path. */
  #producerFor(task: Task): Task | undefined {
    const used = new Set([...this.#pursuits.keys()].map(({ tool }) => tool));
    const lacking = new Set(this.#fill(task, []).missing);
    const wanted = task.tool.fields.filter(({ name }) => lacking.has(name)).flatMap(({ words }) => words);
    return this.#tools
      .filter((tool) => tool !== task.tool && !used.has(tool) && LOOKING.test(tool.name))
      .filter(({ nameWords }) => nameWords.some((word) => wanted.some((other) => isRelated(word, other))))
      .map((tool): Task => ({ ...task, tool }))
      .find((producer) => this.#fill(producer, []).missing.length === 0);
  }

  /** Calls the task, or gives it up. */
  #conclude(task: Task, { rows, missing }: Filling): void {
    if (missing.length === 0) this.#pursue(task, rows);
    else this.#unfilled = [...this.#unfilled, { tool: task.tool.name, missing }];
  }
}

/** Tools that only look: nothing else is called unasked. */
const LOOKING = /^(?:list|find|search|get|read|fetch|look_?up|show|query)/i;

function isSamePursuit(left: Pursuit, right: Pursuit): boolean {
  const [first, second] = [left, right].map((pursuit) =>
    pursuit.type === 'open' ? pursuit.call : pursuit.tries.at(-1),
  );
  return left.type === right.type && first !== undefined && second !== undefined && isSameCall(first, second);
}
