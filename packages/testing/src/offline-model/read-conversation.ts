import type { JsonObject } from '@pawl/core';
import type { ChatRequest, Message, ToolCall } from '@pawl/core/chat';
import { isObject, isSameJson, readJson } from '../base/json.ts';
import { sliceStart } from '../base/slice-start.ts';

export interface PlannedCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/** A call with its result. Results have no error flag, so the outcome is read from the text. */
export interface FinishedCall extends PlannedCall {
  readonly outcome: 'succeeded' | 'failed' | 'denied';
  /** The result, or only the error message. */
  readonly text: string;
  /** Whether the call was made after the last question. */
  readonly isCurrent: boolean;
}

export interface Conversation {
  readonly question: string;
  readonly calls: readonly FinishedCall[];
  /** The messages after the question. */
  readonly since: readonly Message[];
  readonly callIds: readonly string[];
}

/**
 * Reads the messages. The question is the last user message that is not a message of the agent about the conversation.
 */
export function readConversation({ messages }: ChatRequest): Conversation {
  const start = messages.findLastIndex((message, index) => {
    const text = readText(message);
    return message.role === 'user' && text !== '' && !(index > 0 && REMARK.test(text));
  });
  const asked = messages[start];
  const results = new Map<string, string>();
  for (const message of messages) if (message.role === 'tool') results.set(message.tool_call_id, readText(message));
  const calls = messages.flatMap((message, index) =>
    listToolCalls(message).flatMap((call) => {
      const result = results.get(call.id)?.replace(EDITED, '');
      return result === undefined ? [] : [{ ...readCall(call), ...classifyResult(result), isCurrent: index > start }];
    }),
  );
  return {
    // A long question carries a document after the request itself.
    question: asked === undefined ? '' : sliceStart(readText(asked), 2_000),
    calls,
    since: messages.slice(start + 1),
    callIds: messages.flatMap((message) => listToolCalls(message).map(({ id }) => id)),
  };
}

const REMARK =
  /^(?:your (?:last |previous )?(?:reply|response|answer|output)\b|you called \w+ \d+ times|this run has reached a limit|continue[.!]?$)/i;

/** The line that Pawl writes above the result of a call whose arguments a person edited. */
const EDITED = /^A person approved this call with other arguments: .*\n/;

export function readText({ content }: Message): string {
  if (typeof content === 'string') return content.trim();
  const texts = (content ?? []).flatMap((part) => (part.type === 'text' ? part.text : []));
  return texts.join('\n').trim();
}

function listToolCalls(message: Message): readonly ToolCall[] {
  return message.role === 'assistant' ? (message.tool_calls ?? []) : [];
}

function readCall(call: ToolCall): PlannedCall {
  if (call.type === 'custom') return { name: call.custom.name, arguments: { input: call.custom.input } };
  const value = readJson(call.function.arguments);
  return { name: call.function.name, arguments: isObject(value) ? value : {} };
}

export function isSameCall(left: PlannedCall, right: PlannedCall): boolean {
  return left.name === right.name && isSameJson(left.arguments, right.arguments);
}

function classifyResult(text: string): Pick<FinishedCall, 'outcome' | 'text'> {
  const value = readJson(text);
  if (isObject(value)) {
    const { error = value['ok'] === false || value['success'] === false ? text : null } = value;
    const message = isObject(error) ? (error['message'] ?? JSON.stringify(error)) : error;
    return message ? { outcome: 'failed', text: String(message) } : { outcome: 'succeeded', text };
  }
  if (DENIED.test(text)) return { outcome: 'denied', text };
  // Longer texts are content, which may mention errors.
  return { outcome: text.length <= 1_000 && ERROR.test(text) ? 'failed' : 'succeeded', text };
}

const DENIED = /^(?:denied|rejected|cancell?ed|pending|not run|skipped|the outcome of this call is unknown)\b/i;

const ERROR =
  /^(?:[\w$.[\]-]+: (?:invalid|expected|must|should|required|missing|unrecognized|too \w+)\b|the arguments |\w*Error\b|no such|there is no [\w ]*["“\d]|unknown|can(?:no|')t|could not|unable|\w+ denied|E[A-Z]{4,}|timed out|missing|must be|failed|only \w+ (?:may|can)|(?:known|valid|allowed|supported) [\w ]+:)|did you mean|not found\b|does not exist|is not allowed/i;
