import { clausesOf, passageOf } from './clauses.ts';
import type { Conversation } from './conversation.ts';
import { nearness } from './evidence.ts';
import type { Mention, Passage } from './mention.ts';
import type { OfferedTool } from './offered-tool.ts';
import { topicsOf } from './offered-tool.ts';
import { pickTools } from './pick-tools.ts';

/** One thing that the question asks a tool for. */
export interface Task {
  readonly tool: OfferedTool;
  readonly clause: Passage;
  /** The mentions of the question's other clauses. */
  readonly around: readonly Mention[];
}

/** The question's wishes, in its order. A clause that names no tool belongs to the one before it, or else after it. */
export function tasksOf(conversation: Conversation, tools: readonly OfferedTool[]): readonly Task[] {
  const topics = topicsOf(tools);
  const clauses = clausesOf(conversation.question, topics);
  const picks = clauses.map((clause) => pickTools(clause, tools));
  const merged = mergedClauses(clauses, { isPicked: (index) => (picks[index]?.length ?? 0) > 0, topics });
  if (picks.every((picked) => picked.length === 0)) return followUp(conversation, tools);
  const pickedTools = picks.filter((picked) => picked.length > 0);
  return merged.flatMap((clause, index) => {
    const around = merged.flatMap((other) => (other === clause ? [] : other.mentions));
    const picked = pickedTools[index] ?? [];
    return picked.map((tool) => ({ tool, clause: withoutOthers(clause, { tool, picked }), around }));
  });
}

/** A clause without the numbers that go by the name of another tool's argument: "the price of book 7 in NOK". */
function withoutOthers(
  clause: Passage,
  { tool, picked }: { readonly tool: OfferedTool; readonly picked: readonly OfferedTool[] },
): Passage {
  const isOf = (mention: Mention, { fields }: OfferedTool): boolean =>
    fields.some(({ words }) => nearness(mention, words) === 0);
  const mentions = clause.mentions.filter(
    (mention) => mention.kind !== 'number' || isOf(mention, tool) || !picked.some((other) => isOf(mention, other)),
  );
  return { ...clause, mentions };
}

interface Merging {
  readonly isPicked: (index: number) => boolean;
  readonly topics: ReadonlySet<string>;
}

function mergedClauses(clauses: readonly Passage[], { isPicked, topics }: Merging): readonly Passage[] {
  const texts: string[] = [];
  let leading = '';
  for (const [index, { text }] of clauses.entries()) {
    if (isPicked(index)) {
      texts.push(leading + text);
      leading = '';
    } else if (texts.length > 0) texts.push(`${texts.pop()}. ${text}`);
    else leading += `${text}. `;
  }
  return texts.map((text) => passageOf(text, topics));
}

/** "And in Lima?" asks for what the question before it asked for. */
function followUp({ question, earlierQuestion }: Conversation, tools: readonly OfferedTool[]): readonly Task[] {
  if (earlierQuestion === '' || !/^(?:and|or|also|now|what about|how about|same|again)\b/i.test(question)) return [];
  const topics = topicsOf(tools);
  const clause = passageOf(question, topics);
  const picked = clausesOf(earlierQuestion, topics).flatMap((earlier) => pickTools(earlier, tools));
  const around = passageOf(earlierQuestion, topics).mentions;
  return [...new Set(picked)].map((tool) => ({ tool, clause, around }));
}
