import type { AssistantMessage, ChatRequest, FunctionToolCall } from '@pawl/core';
import { answerText, CONFESSION, findings } from './answer.ts';
import { answerTool, isAnswerTool } from './answer-tool.ts';
import { type Call, type Conversation, readConversation } from './conversation.ts';
import { forcedCall } from './forced-call.ts';
import { isObject } from './json.ts';
import { type OfferedTool, offeredTools } from './offered-tool.ts';
import { outputOf } from './output.ts';
import { type Plan, planCalls } from './plan.ts';
import { isSameCall } from './pursue.ts';
import { shapeOf } from './schema-shape.ts';

/** What a reply is decided by: the conversation, and where it stands. */
interface Standing {
  readonly conversation: Conversation;
  readonly tools: readonly OfferedTool[];
  readonly plan: Plan;
}

/**
 * Answers a request in place of a language model, which it is not: it follows rules over words and schemas.
 *
 * It picks tools by their names and descriptions, fills arguments from the question and from results, calls side by side
 * what does not depend on each other, corrects calls after errors, and ends every answer in text by saying what it is. Pure:
 * the same request always gets the same reply. A call that succeeded is never repeated, and every question comes to an end.
 */
export function standIn(request: ChatRequest): AssistantMessage {
  const conversation = readConversation(request);
  const tools = usableTools(request);
  const standing: Standing = { conversation, tools, plan: planCalls(conversation, tools) };
  const calls = wantedCalls(request, standing);
  const answer = calls.length === 0 ? answerCall(request, standing) : undefined;
  const made = answer === undefined ? calls : [answer];
  if (made.length === 0) return { role: 'assistant', content: contentOf(request, standing) };
  return { role: 'assistant', content: null, tool_calls: withIds(made, conversation) };
}

/** The functions of the request, or the one that it insists on. */
function usableTools({ tools = [], tool_choice: choice }: ChatRequest): readonly OfferedTool[] {
  const offered = offeredTools(tools.filter((tool) => tool.type !== 'function' || !isAnswerTool(tool.function)));
  const named = typeof choice === 'object' && choice?.type === 'function' ? choice.function?.name : undefined;
  return named === undefined ? offered : offered.filter(({ name }) => name === named);
}

/** After so many turns for one question there is an answer, whatever it is. */
const MOST_TURNS = 16;

function wantedCalls(request: ChatRequest, { conversation, tools, plan }: Standing): readonly Call[] {
  const { tool_choice: choice, parallel_tool_calls: isParallel } = request;
  if (choice === 'none' || conversation.turns >= MOST_TURNS) return [];
  const open = plan.pursuits.flatMap((pursuit) => (pursuit.type === 'open' ? [pursuit.call] : []));
  const calls = open.filter((call, index) => open.findIndex((other) => isSameCall(other, call)) === index);
  const isForced = choice === 'required' || (typeof choice === 'object' && choice !== null);
  const isDue =
    isForced &&
    answerTool(request) === undefined &&
    calls.length === 0 &&
    !conversation.calls.some(({ isCurrent }) => isCurrent);
  const due = isDue ? forcedCall(conversation.question, tools) : undefined;
  const wanted = due === undefined ? calls : [due];
  return isParallel === false ? wanted.slice(0, 1) : wanted;
}

/** The answer as the call of the tool that is for it. */
function answerCall(request: ChatRequest, { plan, conversation }: Standing): Call | undefined {
  const tool = answerTool(request);
  if (tool === undefined) return undefined;
  const lines = findings(plan, conversation).join('\n');
  const output = outputOf(shapeOf(tool.parameters ?? {}, { name: tool.name }), { plan, conversation, findings: lines });
  return { name: tool.name, arguments: isObject(output) ? output : {} };
}

/** Ids count over the whole conversation; those that others have taken are passed over. */
function withIds(calls: readonly Call[], { callIds }: Conversation): readonly FunctionToolCall[] {
  const taken = new Set(callIds);
  let count = callIds.length;
  return calls.map(({ name, arguments: given }) => {
    do count++;
    while (taken.has(`call_${count}`));
    return { id: `call_${count}`, type: 'function', function: { name, arguments: JSON.stringify(given) } };
  });
}

function contentOf({ response_format: format }: ChatRequest, { plan, conversation, tools }: Standing): string {
  const lines = findings(plan, conversation);
  switch (format?.type) {
    case 'json_schema': {
      const shape = shapeOf(format.json_schema.schema ?? {}, { name: format.json_schema.name });
      return JSON.stringify(outputOf(shape, { plan, conversation, findings: lines.join('\n') }));
    }
    case 'json_object':
      return JSON.stringify({ answer: lines, note: CONFESSION });
    case 'text':
    case undefined:
      return answerText({ plan, conversation }, { tools: tools.map(({ name }) => name) });
  }
}
