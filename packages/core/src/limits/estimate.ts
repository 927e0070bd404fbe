import { callArguments, type Message, textOf } from '../chat/message.ts';
import type { ChatReply } from '../chat/reply.ts';
import type { ChatRequest } from '../chat/request.ts';
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
  return bytesOf(textOf(message)) + calls.reduce((sum, call) => sum + bytesOf(callArguments(call)), 0);
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
export function usageOf({ usage, choices: [{ message }] }: ChatReply, { request, price }: Priced): Usage {
  const estimated = usage === undefined;
  const promptTokens = usage?.prompt_tokens ?? estimatePrompt(request);
  const completionTokens = usage?.completion_tokens ?? Math.ceil(written(message) / BYTES_A_TOKEN);
  const cachedTokens = usage?.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    requests: 1,
    promptTokens,
    cachedTokens,
    completionTokens,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens ?? 0,
    totalTokens: usage?.total_tokens ?? promptTokens + completionTokens,
    cost: costOf({ promptTokens, cachedTokens, completionTokens }, price),
    estimated,
  };
}

/** What an attempt may have used whose reply never came, or came to nothing. */
export function discardedUsage({ request, price }: Priced): Usage {
  const promptTokens = estimatePrompt(request);
  const counts = { promptTokens, cachedTokens: 0, completionTokens: 0 };
  const cost = costOf(counts, price);
  return { requests: 0, ...counts, reasoningTokens: 0, totalTokens: promptTokens, cost, estimated: true };
}
