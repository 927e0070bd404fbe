import { isRecord } from '../base/json.ts';
import { type AssistantMessage, callArguments, getMessageText, type Message } from '../chat/message.ts';
import { readReasoning } from '../chat/message-reader.ts';
import { readUsage } from '../chat/read-usage.ts';
import { RepairList } from '../chat/repair-list.ts';
import type { ChatRequest } from '../chat/request.ts';
import type { ChatResponse } from '../chat/response.ts';
import type { Usage } from '../event/usage.ts';
import type { Price } from '../model/chat-model.ts';
import { costOf } from './budget.ts';

/** English text has some four bytes a token, Chinese some three; the estimate errs on the side of more. */
const BYTES_A_TOKEN = 3.5;
const TOKENS_A_MESSAGE = 4;

/** The tokens of a prompt, roughly, for a reservation before the server counts them. */
export function estimatePrompt({ messages, tools = [] }: ChatRequest): number {
  const said = messages.reduce((sum, message) => sum + sizeOf(message, written), 0);
  // One by one: a turn may have a list of its own, of tools that others had. Between them are commas, around them brackets.
  const offered = tools.reduce((sum, tool) => sum + sizeOf(tool, (each) => bytesOf(JSON.stringify(each))), 0);
  const bytes = said + offered + Math.max(tools.length + 1, 2);
  return Math.ceil(bytes / BYTES_A_TOKEN) + messages.length * TOKENS_A_MESSAGE;
}

const sizes = new WeakMap<object, number>();

/** Measured once for each object: a conversation is estimated again each turn, and only grows. */
function sizeOf<T extends object>(object: T, measure: (object: T) => number): number {
  const known = sizes.get(object);
  if (known !== undefined) return known;
  const size = measure(object);
  sizes.set(object, size);
  return size;
}

function written(message: Message): number {
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  return bytesOf(getMessageText(message)) + calls.reduce((sum, call) => sum + bytesOf(callArguments(call)), 0);
}

const encoder = new TextEncoder();

/** In UTF-8: scripts that take more bytes take more tokens, too. */
function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

export interface Priced {
  readonly request: ChatRequest;
  readonly price: Price | undefined;
}

/** What a reply used: the server's own count, or an estimate that says that it is one. */
export function usageOf({ usage, choices: [{ message }] }: ChatResponse, { request, price }: Priced): Usage {
  if (!isRecord(usage)) {
    return { requests: 1, ...estimateCounts({ request, price, receivedBytes: measureGenerated(message) }) };
  }
  // A model written by hand may pass on what its server counts.
  const read = readUsage(usage, new RepairList());
  const counts = {
    inputTokens: read.prompt_tokens,
    cachedInputTokens: read.prompt_tokens_details?.cached_tokens ?? 0,
    outputTokens: read.completion_tokens,
  };
  return {
    requests: 1,
    ...counts,
    reasoningTokens: read.completion_tokens_details?.reasoning_tokens ?? 0,
    totalTokens: read.total_tokens,
    cost: costOf(counts, price),
    estimated: false,
  };
}

export interface DiscardedAttempt extends Priced {
  /** What had arrived of the response, in bytes of UTF-8. @defaultValue 0 */
  readonly receivedBytes?: number;
}

/** What an attempt may have used whose reply never came, or came to nothing. */
export function discardedUsage(attempt: DiscardedAttempt): Usage {
  return { requests: 0, ...estimateCounts(attempt) };
}

function estimateCounts({ request, price, receivedBytes = 0 }: DiscardedAttempt): Omit<Usage, 'requests'> {
  const inputTokens = estimatePrompt(request);
  const outputTokens = Math.ceil(receivedBytes / BYTES_A_TOKEN);
  const counts = { inputTokens, cachedInputTokens: 0, outputTokens };
  const totalTokens = inputTokens + outputTokens;
  return { ...counts, reasoningTokens: 0, totalTokens, cost: costOf(counts, price), estimated: true };
}

/** With the reasoning, which the server bills as well. */
function measureGenerated(message: AssistantMessage): number {
  const others = [message.refusal, isRecord(message) ? readReasoning(message) : ''];
  return others.reduce<number>((sum, text) => sum + bytesOf(text ?? ''), written(message));
}
