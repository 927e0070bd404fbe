import type { ChatRequest, JsonObject, Message, ToolCall } from '@pawl/core';
import { sliceStart } from '../compare/slice-start.ts';
import { isObject, readJson } from './json.ts';
import { type CallOutcome, outcomeOf } from './outcome.ts';

/** A call, its arguments read. */
export interface Call {
  readonly name: string;
  readonly arguments: JsonObject;
}

/** A call that was answered. */
export interface MadeCall extends Call {
  readonly outcome: CallOutcome;
  /** Whether it was made since the question, and not for an earlier one. */
  readonly isCurrent: boolean;
  /** Whether it is of the last assistant message. */
  readonly isLatest: boolean;
  /** A person let it run with other arguments than these. */
  readonly isEdited: boolean;
}

/** What the stand-in knows: the last question, and every call that was answered. */
export interface Conversation {
  readonly question: string;
  /** The question before; `''` where there was none. */
  readonly earlierQuestion: string;
  readonly calls: readonly MadeCall[];
  /** Assistant turns since the question. */
  readonly turns: number;
  /** What was wrong with the last answer, where it was sent back. */
  readonly rejected: { readonly answer: string; readonly issues: string } | undefined;
  readonly callIds: readonly string[];
}

/** Reads a request's messages. The question is the last user message that is not a remark about the conversation itself. */
export function readConversation({ messages }: ChatRequest): Conversation {
  const asked = questionsIn(messages);
  const start = asked.at(-1) ?? -1;
  const earlier = asked.at(-2);
  return {
    question: textAt(messages, start),
    earlierQuestion: earlier === undefined ? '' : textAt(messages, earlier),
    calls: callsIn(messages, start),
    turns: messages.slice(start + 1).filter(({ role }) => role === 'assistant').length,
    rejected: rejectedIn(messages.slice(start + 1)),
    callIds: messages.flatMap((message) => toolCalls(message).map(({ id }) => id)),
  };
}

function questionsIn(messages: readonly Message[]): readonly number[] {
  return messages.flatMap((message, index) => {
    const text = textOf(message).trim();
    const isQuestion = message.role === 'user' && text !== '' && !(index > 0 && REMARK.test(text));
    return isQuestion ? [index] : [];
  });
}

/** What agents write in the user's name: that a reply was cut or unfit, that tools are off, to go on. */
const REMARK =
  /^(?:your (?:last |previous )?(?:reply|answer|response|output)\b|you called \w+ \d+ times|a limit of this run|continue[.!]?$|go on[.!]?$|proceed[.!]?$)/i;

function textAt(messages: readonly Message[], index: number): string {
  const message = messages[index];
  return message === undefined ? '' : sliceStart(textOf(message), LONGEST_QUESTION).trim();
}

/** Questions that are longer than this hold texts; what is wanted is said before them. */
const LONGEST_QUESTION = 2_000;

function textOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

function callsIn(messages: readonly Message[], start: number): readonly MadeCall[] {
  const results = new Map(
    messages.flatMap((message) => (message.role === 'tool' ? [[message.tool_call_id, textOf(message)] as const] : [])),
  );
  const latest = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages.flatMap((message, index) =>
    toolCalls(message).flatMap((call): readonly MadeCall[] => {
      const result = results.get(call.id);
      if (result === undefined) return [];
      const edited = EDITED.exec(result);
      return [
        {
          ...read(call),
          outcome: outcomeOf(result.slice(edited?.[0].length ?? 0)),
          isCurrent: index > start,
          isLatest: index === latest,
          isEdited: edited !== null,
        },
      ];
    }),
  );
}

/** Pawl's line above the result of a call that a person changed. */
const EDITED = /^A person approved this call with other arguments: .*\n/;

function toolCalls(message: Message): readonly ToolCall[] {
  return message.role === 'assistant' ? (message.tool_calls ?? []) : [];
}

function read(call: ToolCall): Call {
  if (call.type === 'custom') return { name: call.custom.name, arguments: { input: call.custom.input } };
  const value = readJson(call.function.arguments);
  return { name: call.function.name, arguments: isObject(value) ? value : {} };
}

function rejectedIn(since: readonly Message[]): Conversation['rejected'] {
  const last = since.at(-1);
  const answer = since.findLast(({ role }) => role === 'assistant');
  if (last?.role !== 'user' || answer === undefined || toolCalls(answer).length > 0) return undefined;
  return { answer: textOf(answer), issues: textOf(last) };
}
