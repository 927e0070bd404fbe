import type { JsonObject } from '@pawl/core';
import type { AssistantMessage, ChatRequest, JsonSchema, ToolCall } from '@pawl/core/chat';
import { isObject, readJson } from '../base/json.ts';
import { correctObject } from './correct-object.ts';
import { fill, indexTool, type OfferedTool } from './fill.ts';
import { DISCLAIMER, formatAnswer, formatFinding } from './format-answer.ts';
import { findMentions, findResultMentions } from './mentions.ts';
import { type CallProgress, planCalls } from './plan-calls.ts';
import { type Conversation, isSameCall, type PlannedCall, readConversation, readText } from './read-conversation.ts';

/**
 * Answers a request by rules over words and schemas. It is not a language model, and every text answer ends by saying
 * so.
 *
 * - Chooses tools by their names and descriptions.
 * - Fills arguments from the question, from results, and with the generator of `schemaModel`.
 * - Corrects calls after errors, never repeats a call that succeeded, and always reaches an answer.
 * - Pure: the same request always gets the same response.
 */
export function offlineModel(request: ChatRequest): AssistantMessage {
  const { tools: given = [], tool_choice: choice, parallel_tool_calls: isParallel, response_format: format } = request;
  const conversation = readConversation(request);
  const forced = typeof choice === 'object' && choice?.type === 'function' ? choice.function.name : undefined;
  const functions = given.flatMap((tool) => (tool.type === 'function' ? indexTool(tool.function) : []));
  const offered = functions.filter(({ name }) => forced === undefined || name === forced);
  const tools = offered.filter((tool) => !isAnswerTool(tool));
  const answerTool = choice === 'none' ? undefined : offered.find(isAnswerTool);
  const isForced = typeof choice === 'object' || choice === 'required';
  const progress = planCalls(conversation, tools, isForced && answerTool === undefined);
  // After 100 messages for one question the model answers in any case.
  const isEnding = choice === 'none' || conversation.since.length >= 100;
  const due = isEnding ? [] : progress.flatMap(({ next }) => next ?? []);
  const distinct = due.filter((call) => due.find((other) => isSameCall(call, other)) === call);
  const calls = distinct.slice(0, isParallel === false ? 1 : undefined);
  const lines = [...new Set(progress.map(formatFinding))];
  const createOutput = (schema: JsonSchema): JsonObject => buildOutput(schema, conversation, progress);
  if (calls.length === 0 && answerTool !== undefined)
    calls.push({ name: answerTool.name, arguments: createOutput(answerTool.parameters ?? {}) });
  if (calls.length > 0) return { role: 'assistant', content: null, tool_calls: withIds(calls, conversation) };
  const isOutput = format?.type === 'json_schema';
  const json = isOutput ? createOutput(format.json_schema.schema ?? {}) : { answer: lines, note: DISCLAIMER };
  const names = tools.map(({ name }) => name);
  const isText = format === undefined || format.type === 'text';
  const content = isText ? formatAnswer(lines, conversation.question, names) : JSON.stringify(json);
  return { role: 'assistant', content };
}

/** The tool that Pawl offers for the final answer if a server does not support `response_format` with tools. */
function isAnswerTool({ name, description = '' }: OfferedTool): boolean {
  return /^final_answer_*$/.test(name) && /^Gives the final answer\b/.test(description);
}

/** Creates structured output from results and the question. Corrects refused output by its issues. */
function buildOutput(
  schema: JsonSchema,
  { since, question }: Conversation,
  pursuits: readonly CallProgress[],
): JsonObject {
  const [refused = '', issues = ''] = since.slice(-2).map(readText);
  const last = readJson(refused);
  const corrected = since.at(-1)?.role === 'user' && isObject(last) ? correctObject(last, issues) : undefined;
  if (corrected !== undefined) return corrected;
  const done = pursuits.flatMap(({ tries }) => tries.filter(({ outcome }) => outcome === 'succeeded'));
  const found = done.flatMap((made) => [...findResultMentions(made.arguments), ...findResultMentions(made.text)]);
  const text = [...done.map((made) => made.text), question].join('\n');
  const mentions = [...found, ...findMentions(question)];
  return fill(schema, { text, mentions, found: [], summary: pursuits.map(formatFinding).join('\n') }).rows[0] ?? {};
}

/** Counts ids over the whole conversation and skips ids that are in use. */
function withIds(calls: readonly PlannedCall[], { callIds }: Conversation): readonly ToolCall[] {
  const taken = callIds.map((id) => Number(/^call_(\d{1,9})$/.exec(id)?.[1] ?? 0));
  const last = Math.max(callIds.length, ...taken);
  return calls.map(({ name, arguments: given }, index) => {
    const called = { name, arguments: JSON.stringify(given) };
    return { id: `call_${last + index + 1}`, type: 'function', function: called };
  });
}
