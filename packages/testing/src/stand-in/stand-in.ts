import type { JsonObject } from '@pawl/core';
import type { AssistantMessage, ChatRequest, JsonSchema, ToolCall } from '@pawl/core/chat';
import { isObject, readJson } from '../base/json.ts';
import { answerText, CONFESSION, findingOf } from './answer.ts';
import { type Call, type Conversation, isSameCall, readConversation, textOf } from './conversation.ts';
import { correctedObject } from './correct.ts';
import { fill, type OfferedTool, offeredTool } from './fill.ts';
import { mentionsIn, resultMentions } from './mentions.ts';
import { type Pursuit, planCalls } from './plan.ts';

/**
 * Answers a request in place of a language model, which it is not: it follows rules over words and schemas.
 *
 * It picks tools by their names and descriptions, fills arguments from the question, from results and by the generator of
 * `schemaModel`, corrects calls after errors, and ends every answer in text by saying what it is. Pure: the same request
 * always gets the same reply. A call that succeeded is never repeated, and every question comes to an end.
 */
export function offlineModel(request: ChatRequest): AssistantMessage {
  const { tools: given = [], tool_choice: choice, parallel_tool_calls: isParallel, response_format: format } = request;
  const conversation = readConversation(request);
  const forced = typeof choice === 'object' && choice?.type === 'function' ? choice.function.name : undefined;
  const functions = given.flatMap((tool) => (tool.type === 'function' ? offeredTool(tool.function) : []));
  const offered = functions.filter(({ name }) => forced === undefined || name === forced);
  const tools = offered.filter((tool) => !isAnswerTool(tool));
  const answerTool = choice === 'none' ? undefined : offered.find(isAnswerTool);
  const isForced = typeof choice === 'object' || choice === 'required';
  const pursuits = planCalls(conversation, tools, isForced && answerTool === undefined);
  // After so many messages for one question there is an answer, whatever it is.
  const isEnding = choice === 'none' || conversation.since.length >= 100;
  const due = isEnding ? [] : pursuits.flatMap(({ next }) => next ?? []);
  const distinct = due.filter((call) => due.find((other) => isSameCall(call, other)) === call);
  const calls = distinct.slice(0, isParallel === false ? 1 : undefined);
  const lines = [...new Set(pursuits.map(findingOf))];
  const outputFor = (schema: JsonSchema): JsonObject => outputOf(schema, conversation, pursuits);
  if (calls.length === 0 && answerTool !== undefined)
    calls.push({ name: answerTool.name, arguments: outputFor(answerTool.parameters ?? {}) });
  if (calls.length > 0) return { role: 'assistant', content: null, tool_calls: withIds(calls, conversation) };
  const isOutput = format?.type === 'json_schema';
  const json = isOutput ? outputFor(format.json_schema.schema ?? {}) : { answer: lines, note: CONFESSION };
  const names = tools.map(({ name }) => name);
  const isText = format === undefined || format.type === 'text';
  const content = isText ? answerText(lines, conversation.question, names) : JSON.stringify(json);
  return { role: 'assistant', content };
}

/** The tool that Pawl offers for the answer to servers that take no `response_format` beside tools. */
function isAnswerTool({ name, description = '' }: OfferedTool): boolean {
  return /^final_answer_*$/.test(name) && /^Gives the final answer\b/.test(description);
}

/** An answer in the form of a schema, from the results and the question. A refused one is corrected by its issues. */
function outputOf(schema: JsonSchema, { since, question }: Conversation, pursuits: readonly Pursuit[]): JsonObject {
  const [refused = '', issues = ''] = since.slice(-2).map(textOf);
  const last = readJson(refused);
  const corrected = since.at(-1)?.role === 'user' && isObject(last) ? correctedObject(last, issues) : undefined;
  if (corrected !== undefined) return corrected;
  const done = pursuits.flatMap(({ tries }) => tries.filter(({ outcome }) => outcome === 'succeeded'));
  const found = done.flatMap((made) => [...resultMentions(made.arguments), ...resultMentions(made.text)]);
  const text = [...done.map((made) => made.text), question].join('\n');
  const mentions = [...found, ...mentionsIn(question)];
  return fill(schema, { text, mentions, found: [], summary: pursuits.map(findingOf).join('\n') }).rows[0] ?? {};
}

/** Ids count over the whole conversation; those that others have taken are passed over. */
function withIds(calls: readonly Call[], { callIds }: Conversation): readonly ToolCall[] {
  const taken = callIds.map((id) => Number(/^call_(\d{1,9})$/.exec(id)?.[1] ?? 0));
  const last = Math.max(callIds.length, ...taken);
  return calls.map(({ name, arguments: given }, index) => {
    const called = { name, arguments: JSON.stringify(given) };
    return { id: `call_${last + index + 1}`, type: 'function', function: called };
  });
}
